from django.db import migrations, models


def index(fields, name, **more):
    made = models.Index(fields=fields, name=name, **more)
    return migrations.AddIndex(model_name="sessionrow", index=made)


class Migration(migrations.Migration):
    dependencies = [("esker_sessions", "0006_numbers_of_earlier_sessions")]

    operations = [
        index(["clinic", "closed_at", "planned_at"], "sessions_by_end"),
        index(["clinic", "planned_at"], "sessions_by_plan"),
        index(["clinic", "patient"], "sessions_of_a_patient"),
        index(["clinic"], "emergencies", condition=models.Q(emergency_at__isnull=False)),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("esker_sessions", "0003_alarms_know_their_reading")]

    operations = [
        migrations.AddField(
            model_name="sessionrow",
            name="emergency_at",
            field=models.DateTimeField(null=True),
        ),
    ]

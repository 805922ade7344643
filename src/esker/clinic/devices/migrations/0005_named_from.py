from django.db import migrations, models
from django.db.models import F

from esker.clinic import tenancy


def as_before(apps, schema_editor):
    for clinic in apps.get_model("people", "Clinic").objects.values_list("pk", flat=True):
        with tenancy.scope(clinic):  # row-level security hides the rows from a plain migration
            apps.get_model("devices", "Pairing").objects.update(named_from=F("begins"))


class Migration(migrations.Migration):
    dependencies = [("devices", "0004_journal_in_time_order"), ("people", "0001_initial")]
    operations = [
        migrations.AddField("pairing", "named_from", models.DateTimeField(null=True)),
        migrations.RunPython(as_before, migrations.RunPython.noop),
        migrations.AlterField("pairing", "named_from", models.DateTimeField()),
    ]

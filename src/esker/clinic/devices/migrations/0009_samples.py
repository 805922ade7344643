"""One row of the journal for all that a monitor showed at one instant: writing a row is what costs."""

import json
from itertools import groupby

import django.db.models.deletion
from django.db import migrations, models

from esker.clinic import tenancy
from esker.clinic.devices.models import sample_id


def together(apps, schema_editor):
    for clinic in apps.get_model("people", "Clinic").objects.values_list("pk", flat=True):
        with tenancy.scope(clinic):  # row-level security hides the rows from a plain migration
            readings = apps.get_model("devices", "Reading").objects.filter(clinic=clinic)
            rows = list(readings.order_by("monitor", "observed_at", "message", "pk"))
            apps.get_model("devices", "Sample").objects.bulk_create(_samples(apps, rows))


def _samples(apps, rows):
    model = apps.get_model("devices", "Sample")
    for _, instant in groupby(rows, key=lambda row: (row.monitor, row.observed_at)):
        said = groupby(instant, key=lambda row: row.message)
        for further, part in enumerate(list(each) for _, each in said):
            one = part[0]
            yield model(
                clinic_id=one.clinic_id, monitor=one.monitor, observed_at=one.observed_at,
                uid=sample_id(one.monitor, one.observed_at) + (str(further) if further else ""),
                shown=json.dumps([[row.channel, row.method, row.value] for row in part]),
                received_at=one.received_at, patient=one.patient, wrong_clock=one.wrong_clock,
                message=one.message,
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("devices", "0008_journal_by_id")]
    operations = [
        migrations.CreateModel(
            name="Sample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=32)),
                ("monitor", models.CharField(max_length=200)),
                ("shown", models.TextField()),
                ("observed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("patient", models.CharField(default="", max_length=500)),
                ("wrong_clock", models.BooleanField(default=False)),
                ("message", models.CharField(max_length=32, null=True)),
                ("clinic", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.clinic")),
            ],
        ),
        migrations.RunPython(together, migrations.RunPython.noop),
        migrations.DeleteModel(name="Reading"),
        migrations.AddConstraint("sample", models.UniqueConstraint(fields=("clinic", "uid"), name="a_sample_once")),
        migrations.AddIndex("sample", models.Index(fields=["message"], name="journal_by_message")),
    ]

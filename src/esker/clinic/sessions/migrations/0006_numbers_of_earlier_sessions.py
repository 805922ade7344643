"""Sessions that were opened before a number was one person get theirs, from the ledger."""

import json

from django.db import migrations

from esker.clinic import tenancy
from esker.core.monitoring.pairing import identifier


def fill(apps, schema_editor):
    """Else a patient of before would be nobody's number, and could be treated as somebody else."""
    for clinic in apps.get_model("people", "Clinic").objects.values_list("pk", flat=True):
        with tenancy.scope(clinic):  # row-level security hides the rows from a plain migration
            _fill(apps, clinic)


def _fill(apps, clinic):
    entries = apps.get_model("ledger", "Entry").objects.filter(clinic_id=clinic)
    rows = apps.get_model("esker_sessions", "SessionRow").objects.filter(clinic_id=clinic, number="")
    for row in rows:
        opened = entries.get(stream=f"session:{row.session}", seq=1)
        row.number = identifier(json.loads(opened.body)["patient"]["mrn"])
        row.save(update_fields=["number"])


class Migration(migrations.Migration):
    dependencies = [
        ("esker_sessions", "0005_a_number_is_one_person"),
        ("ledger", "0001_initial"),
        ("people", "0001_initial"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

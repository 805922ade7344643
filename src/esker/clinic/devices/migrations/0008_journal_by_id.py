"""The ids of readings begin with their instant, so one index finds a reading and a span of time."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("devices", "0007_journal_without_foreign_keys")]
    operations = [migrations.RemoveIndex("reading", "journal_by_time")]

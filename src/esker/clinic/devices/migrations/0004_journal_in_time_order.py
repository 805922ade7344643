"""The journal's index begins with time, so that it grows at its end and a commit dirties less."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0003_message_keys")]
    operations = [
        migrations.RemoveIndex("reading", "journal_by_time"),
        migrations.AddIndex(
            "reading",
            models.Index(fields=["clinic", "observed_at", "monitor"], name="journal_by_time"),
        ),
    ]

from django.db import migrations, models
from django.db.models import F


def as_before(apps, schema_editor):
    apps.get_model("devices", "Pairing").objects.update(named_from=F("begins"))


class Migration(migrations.Migration):
    dependencies = [("devices", "0004_journal_in_time_order")]
    operations = [
        migrations.AddField("pairing", "named_from", models.DateTimeField(null=True)),
        migrations.RunPython(as_before, migrations.RunPython.noop),
        migrations.AlterField("pairing", "named_from", models.DateTimeField()),
    ]

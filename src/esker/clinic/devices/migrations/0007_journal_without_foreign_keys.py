"""The journal's rows say their clinic, and the database does not look it up for each of them."""

import django.db.models.deletion
from django.db import migrations, models


def clinic():
    return models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')


class Migration(migrations.Migration):
    dependencies = [("devices", "0006_listening")]
    operations = [
        migrations.AlterField("message", "clinic", clinic()),
        migrations.AlterField("reading", "clinic", clinic()),
    ]

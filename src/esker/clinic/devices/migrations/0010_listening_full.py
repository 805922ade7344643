"""A gateway without a free place still hears whom it has: that is said in other words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0009_samples")]
    operations = [
        migrations.AddField(
            model_name="listening", name="full_at", field=models.DateTimeField(null=True)
        ),
    ]

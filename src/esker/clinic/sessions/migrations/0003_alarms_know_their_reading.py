from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("esker_sessions", "0002_products_live_in_setup")]

    operations = [
        migrations.AddField(
            model_name="currentalarm",
            name="received_at",
            field=models.DateTimeField(null=True),
        ),
    ]

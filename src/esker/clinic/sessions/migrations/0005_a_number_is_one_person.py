from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("esker_sessions", "0004_an_open_emergency")]

    operations = [
        migrations.AddField(
            model_name="sessionrow",
            name="number",
            field=models.CharField(default="", max_length=600),
        ),
        migrations.AddIndex(
            model_name="sessionrow",
            index=models.Index(fields=["clinic", "number"], name="sessions_of_a_number"),
        ),
    ]

"""A message is known by its own key, so that one index tells duplicates and finds it again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0002_journal")]
    operations = [
        migrations.DeleteModel(name="Message"),
        migrations.AlterField(
            model_name='reading',
            name='message',
            field=models.CharField(max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name='reading',
            name='uid',
            field=models.CharField(max_length=32),
        ),
        migrations.AlterField(
            model_name='unread',
            name='message',
            field=models.CharField(max_length=32, null=True),
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('key', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('sender', models.CharField(max_length=200)),
                ('control_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField()),
                ('raw', models.BinaryField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]

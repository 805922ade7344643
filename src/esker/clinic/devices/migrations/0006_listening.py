"""Whether the gateway is there: the alarm loop, wherever it runs, looks when it was last seen."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0005_named_from")]
    operations = [
        migrations.CreateModel(
            name='Listening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic',), name='one_gateway')],
            },
        ),
    ]

"""The journal anew: readings with ids of their own, where they are sealed, and who held what.

Nothing was released with the old shape, so its rows are not carried over.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0001_initial'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.DeleteModel(name='Reading'),
        migrations.DeleteModel(name='Message'),
        migrations.DeleteModel(name='Unread'),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session', models.CharField(max_length=64)),
                ('seq', models.PositiveBigIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('claimed', models.BooleanField(default=False)),
                ('newest', models.JSONField(default=dict)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'session', 'seq'), name='one_block')],
            },
        ),
        migrations.CreateModel(
            name='DeviceClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('monitor', models.CharField(max_length=200)),
                ('latest_s', models.FloatField()),
                ('median_s', models.FloatField()),
                ('recent', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'monitor'), name='one_clock')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32)),
                ('sender', models.CharField(max_length=200)),
                ('control_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField()),
                ('raw', models.BinaryField()),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'key'), name='a_message_once')],
            },
        ),
        migrations.CreateModel(
            name='Pairing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session', models.CharField(max_length=64)),
                ('place', models.PositiveIntegerField()),
                ('monitor', models.CharField(max_length=200)),
                ('chair', models.CharField(max_length=200)),
                ('number', models.CharField(max_length=200)),
                ('begins', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'monitor', 'until'], name='pairings_of_monitor')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'session', 'place'), name='one_pairing')],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=20)),
                ('monitor', models.CharField(max_length=200)),
                ('channel', models.CharField(max_length=8)),
                ('method', models.CharField(max_length=16)),
                ('value', models.CharField(max_length=20)),
                ('observed_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('patient', models.CharField(default='', max_length=500)),
                ('wrong_clock', models.BooleanField(default=False)),
                ('message', models.BigIntegerField(null=True)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'monitor', 'observed_at'], name='journal_by_time'), models.Index(fields=['message'], name='journal_by_message')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'uid'), name='a_reading_once')],
            },
        ),
        migrations.CreateModel(
            name='Unread',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender', models.CharField(max_length=200)),
                ('code', models.CharField(max_length=200)),
                ('reason', models.CharField(max_length=300)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('count', models.PositiveBigIntegerField(default=1)),
                ('latest', models.TextField()),
                ('message', models.BigIntegerField(null=True)),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.clinic')),
            ],
            options={
                'indexes': [models.Index(fields=['message'], name='unread_by_message')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'sender', 'code', 'reason'), name='one_unread')],
            },
        ),
    ]

"""The ledger's tables. Entries and checkpoints are only ever inserted; the database sees to it."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One envelope. `body` is the canonical text itself: a JSON column would rewrite it."""

    id = models.CharField(max_length=36, primary_key=True)
    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    command = models.CharField(max_length=64)
    n = models.PositiveIntegerField()
    stream = models.CharField(max_length=200)
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    on_behalf_of = models.CharField(max_length=200, null=True)
    protocol_hash = models.CharField(max_length=64, null=True)
    body = models.TextField()
    prev = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "stream", "seq"], name="one_history"),
            models.UniqueConstraint(fields=["clinic", "command", "n"], name="once_per_command"),
        ]


class Head(models.Model):
    """Where a stream ends. Its row is the stream's lock."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    stream = models.CharField(max_length=200)
    seq = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "stream"], name="one_head")]


class Checkpoint(models.Model):
    """The digest over all heads, chained to the checkpoint before it. `heads` is canonical text."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    heads = models.TextField()
    prev = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "seq"], name="one_checkpoint")]


class CommandAnswer(models.Model):
    """What a command was answered, so that a retry hears the same."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    command = models.CharField(max_length=64)
    body_digest = models.CharField(max_length=64)
    answer = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "command"], name="one_answer")]

"""Monitors, the journal of what they said, what could not be used, and where it was sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from esker.core.monitoring.channels import Source
from esker.core.monitoring.series import identity

MONITOR = Source.MONITOR.value


class Tenant(models.Model):
    """A row that belongs to one clinic."""

    clinic = models.ForeignKey(
        "people.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class Journalled(Tenant):
    """A row of the journal. No foreign key stands in the database, where checking one costs a third
    of writing the row: the row is written inside the scope of its clinic, and soon leaves again.
    """

    clinic = models.ForeignKey(
        "people.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip

    class Meta:
        abstract = True


class Message(Journalled):
    """A message as it came, kept whole until its readings are sealed. Again, it changes nothing."""

    key = models.CharField(max_length=32, primary_key=True)  # of its time and its bytes
    sender = models.CharField(max_length=200)
    control_id = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    raw = models.BinaryField()


class Sample(Journalled):
    """What one monitor showed at one instant, as one message said it. Repeats change nothing.

    The journal: a row goes in the transaction that seals it into the record. No reading stands in
    two rows: where another message tells more of an instant, its row holds only what is new.
    """

    uid = models.CharField(max_length=32)  # the instant, then the monitor; in order of time
    monitor = models.CharField(max_length=200)
    shown = models.TextField()  # JSON: [channel, method, value] of each reading, see `journal`
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    patient = models.CharField(max_length=500, default="")  # who the message names: ~one~other~
    wrong_clock = models.BooleanField(default=False)  # the monitor's clock was off when it came
    message = models.CharField(max_length=32, null=True)  # key of the Message that said it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "uid"], name="a_sample_once")]
        indexes = [models.Index(fields=["message"], name="journal_by_message")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.uid = self.uid or sample_id(self.monitor, self.observed_at)
        super().save(*args, **kwargs)


def sample_id(monitor: str, observed_at: datetime) -> str:
    """The id of the first row of this monitor and instant; ids of further rows are longer."""
    return identity((monitor, "", MONITOR, ""), observed_at)


class Unread(Tenant):
    """What a monitor said that was not used, coalesced by sender, code and reason."""

    sender = models.CharField(max_length=200)
    code = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveBigIntegerField(default=1)
    latest = models.TextField()  # the segment, or the beginning of what was no message
    message = models.CharField(max_length=32, null=True)  # key of the one that said it last

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "sender", "code", "reason"], name="one_unread"
            )
        ]
        indexes = [models.Index(fields=["message"], name="unread_by_message")]


class DeviceClock(Tenant):
    """How far a monitor's clock is from ours: receipt minus MSH-7, in seconds."""

    monitor = models.CharField(max_length=200)
    latest_s = models.FloatField()
    median_s = models.FloatField()
    recent = models.JSONField(default=list)  # the last few, newest last
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "monitor"], name="one_clock")]


class Listening(Tenant):
    """When the clinic's gateway was last seen to take connections, by the machine's clock."""

    seen_at = models.DateTimeField()
    full_at = models.DateTimeField(null=True)  # when it was last there and had no place left

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic"], name="one_gateway")]


class Pairing(Tenant):
    """From when until when a monitor was a session's; rebuilt from the ledger."""

    session = models.CharField(max_length=64)
    place = models.PositiveIntegerField()  # the first pairing of a session is 0
    monitor = models.CharField(max_length=200)
    chair = models.CharField(max_length=200)
    number = models.CharField(max_length=200)  # of the patient, as identifiers are compared
    begins = models.DateTimeField()
    until = models.DateTimeField(null=True)
    named_from = models.DateTimeField()  # for readings whose message names the patient

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "session", "place"], name="one_pairing")
        ]
        indexes = [models.Index(fields=["clinic", "monitor", "until"], name="pairings_of_monitor")]


class Block(Tenant):
    """Where a sealed block of a session's readings stands; rebuilt from the ledger."""

    session = models.CharField(max_length=64)
    seq = models.PositiveBigIntegerField()  # in the stream trend:<session>
    digest = models.CharField(max_length=64)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    claimed = models.BooleanField(default=False)
    newest = models.JSONField(default=dict)  # of each sensor, up to and with this block

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "session", "seq"], name="one_block")
        ]

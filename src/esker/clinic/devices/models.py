"""Monitors, the journal of what they said, and what could not be used."""

from __future__ import annotations

from django.db import models


class Message(models.Model):
    """A message as it came, kept whole. The same one again changes nothing."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=200)
    control_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    raw = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "sender", "control_id", "digest"], name="a_message_once"
            )
        ]


class Reading(models.Model):
    """One value of one sensor at the instant it was observed. Repeats change nothing."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    monitor = models.CharField(max_length=200)
    channel = models.CharField(max_length=8)
    method = models.CharField(max_length=16)
    value = models.DecimalField(max_digits=8, decimal_places=2)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "monitor", "channel", "method", "observed_at"],
                name="a_reading_once",
            )
        ]


class Unread(models.Model):
    """What a monitor said that was not used, coalesced by sender, code and reason."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=200)
    code = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveBigIntegerField(default=1)
    latest = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "sender", "code", "reason"], name="one_unread"
            )
        ]

"""What pages ask about sessions. Rows of sessions and vials are projections of the ledger."""

from __future__ import annotations

from django.db import models

from esker.clinic.people.models import Tenant


class SessionRow(Tenant):
    """One session as the floor board and other sessions see it; rebuilt from the ledger."""

    session = models.CharField(max_length=64)
    seq = models.PositiveBigIntegerField()
    patient = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    number = models.CharField(max_length=600, default="")  # as `identifier` has it, casefolded
    protocol_hash = models.CharField(max_length=64)
    planned_at = models.DateTimeField()
    phase = models.CharField(max_length=16)
    nurse = models.CharField(max_length=200, null=True)
    chair = models.CharField(max_length=200, null=True)
    monitor = models.CharField(max_length=200, null=True)
    paired_at = models.DateTimeField(null=True)
    dosed_at = models.DateTimeField(null=True)
    weight_kg = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    weighed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=32, null=True)
    emergency_at = models.DateTimeField(null=True)  # open until somebody tells its outcome

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "session"], name="one_session"),
            models.UniqueConstraint(
                fields=["clinic", "monitor"],
                condition=models.Q(closed_at=None),
                name="one_session_per_monitor",
            ),
        ]
        indexes = [  # those of ten years are not read through to find today's
            models.Index(fields=["clinic", "number"], name="sessions_of_a_number"),
            models.Index(fields=["clinic", "closed_at", "planned_at"], name="sessions_by_end"),
            models.Index(fields=["clinic", "planned_at"], name="sessions_by_plan"),
            models.Index(fields=["clinic", "patient"], name="sessions_of_a_patient"),
            models.Index(
                fields=["clinic"], name="emergencies",
                condition=models.Q(emergency_at__isnull=False),
            ),
        ]  # fmt: skip


class VialUse(Tenant):
    """Which session a scanned pack was used in; rebuilt from the ledger."""

    vial = models.CharField(max_length=200)
    session = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "vial"], name="one_use")]


class Screen(Tenant):
    """A screen that watches chairs, and whether it can be heard. Silent ones are forgotten."""

    screen = models.CharField(max_length=64)
    chairs = models.JSONField(default=list)
    audible = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "screen"], name="one_screen")]


class CurrentAlarm(Tenant):
    """An alarm that lives now, as the alarm loop last saw it. The ledger holds its history."""

    session = models.CharField(max_length=64)
    alarm = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    priority = models.CharField(max_length=16)
    sentence = models.TextField()
    since = models.DateTimeField()
    raised_at = models.DateTimeField()
    worse_since = models.DateTimeField()
    status = models.CharField(max_length=16)
    seen_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)  # the reading that raised it
    paused_until = models.DateTimeField(null=True)
    escalated = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "session", "alarm"], name="one_alarm")
        ]

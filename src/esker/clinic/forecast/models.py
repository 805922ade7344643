"""The newest forecast of each session, as pages draw it. The ledger keeps how each was made."""

from __future__ import annotations

from django.db import models

from esker.clinic.people.models import Tenant


class Forecast(Tenant):
    """What is shown now. Not a projection: a lost one is simply made again."""

    session = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    first_dose_at = models.DateTimeField(null=True)  # minute 0 of the answer
    entry = models.CharField(max_length=64, blank=True)  # of the ledger, to make it again
    answer = models.TextField(blank=True)  # JSON; empty when there is none, and `sentence` says why
    sentence = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "session"], name="one_forecast")]

"""What a clinic has, as the stream `clinic:setup` says; every table here is a projection of it."""

from __future__ import annotations

from django.db import models

from esker.clinic.people.models import Tenant


class Chair(Tenant):
    """A place where a patient is treated. Its name is what entries and screens call it."""

    name = models.CharField(max_length=100)
    place = models.PositiveIntegerField()  # where it stands in lists

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="one_chair")]


class Monitor(Tenant):
    """A device that sends readings. Roving ones belong to no chair: each reading is claimed."""

    identity = models.CharField(max_length=200)  # as its messages carry it
    name = models.CharField(max_length=100)
    chair = models.CharField(max_length=100, null=True)
    roving = models.BooleanField(default=False)
    zone = models.CharField(max_length=64, null=True)  # of its clock; None is the clinic's

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "identity"], name="one_monitor"),
            models.UniqueConstraint(fields=["clinic", "chair"], name="one_monitor_per_chair"),
        ]


class PairedScreen(Tenant):
    """A screen that stays at a chair, signed in or not, until somebody takes it away."""

    screen = models.CharField(max_length=36)
    chair = models.CharField(max_length=100)
    paired_by = models.CharField(max_length=150)
    paired_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "screen"], name="one_place")]


class Product(Tenant):
    """The catalogue: what a scanned code stands for. A code itself carries no strength."""

    gtin = models.CharField(max_length=14)
    name = models.CharField(max_length=200)
    drug = models.CharField(max_length=16)
    form = models.CharField(max_length=16)
    strength_mg_per_ml = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    volume_ml = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    content_mg = models.DecimalField(max_digits=9, decimal_places=3, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "gtin"], name="one_product_here")]


class SignedProtocol(Tenant):
    """The text of each protocol that new sessions may use: the one signed last."""

    protocol = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    version = models.CharField(max_length=32)
    hash = models.CharField(max_length=64)
    signed_by = models.CharField(max_length=150)
    licence = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "protocol"], name="one_signed")]


class ProtocolText(Tenant):
    """Every text that was ever signed, by its hash: sessions that pinned it need it for good."""

    hash = models.CharField(max_length=64)
    text = models.TextField()  # canonical JSON; its SHA-256 is `hash`

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "hash"], name="one_text")]

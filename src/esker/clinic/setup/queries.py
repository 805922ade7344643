"""What others ask about a clinic's set-up. Each opens the clinic's scope itself; open ones nest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from esker.clinic import tenancy
from esker.clinic.devices.models import DeviceClock, Message
from esker.clinic.setup import models


@dataclass(frozen=True, slots=True)
class Chair:
    name: str
    monitor: str | None  # identity of the one that is fixed here


@dataclass(frozen=True, slots=True)
class Monitor:
    identity: str
    name: str
    chair: str | None
    roving: bool
    zone: str | None  # None: the clinic's


@dataclass(frozen=True, slots=True)
class PairedScreen:
    screen: str
    chair: str
    paired_by: str
    paired_at: datetime


@dataclass(frozen=True, slots=True)
class Product:
    gtin: str
    name: str
    drug: str
    form: str
    strength_mg_per_ml: Decimal | None
    volume_ml: Decimal | None
    content_mg: Decimal | None


@dataclass(frozen=True, slots=True)
class Signed:
    id: str
    title: str
    version: str
    hash: str
    signed_by: str
    signed_at: datetime


def chairs(clinic_id: str) -> list[Chair]:
    """In the order in which they were named."""
    with tenancy.reading(clinic_id):
        fixed = {each.chair: each.identity for each in monitors(clinic_id)}
        rows = models.Chair.objects.filter(clinic_id=clinic_id).order_by("place")
        return [Chair(row.name, fixed.get(row.name)) for row in rows]


def monitors(clinic_id: str) -> list[Monitor]:
    """By name."""
    with tenancy.reading(clinic_id):
        rows = models.Monitor.objects.filter(clinic_id=clinic_id).order_by("name", "identity")
        return [Monitor(r.identity, r.name, r.chair, r.roving, r.zone) for r in rows]


def heard(clinic_id: str) -> list[tuple[str, datetime]]:
    """Senders that spoke to the gateway and that nobody has named, with when they last did."""
    known = {each.identity for each in monitors(clinic_id)}
    with tenancy.reading(clinic_id):
        # A message goes when its readings are sealed; how its sender's clock stood is kept.
        spoke = DeviceClock.objects.filter(clinic_id=clinic_id).values_list("monitor", "at")
        waiting = Message.objects.filter(clinic_id=clinic_id).values_list("sender")
        newest = [*spoke, *waiting.annotate(at=Max("received_at"))]
    last = dict(sorted(newest, key=lambda each: each[1]))
    return sorted((name, at) for name, at in last.items() if name not in known)


def screens(clinic_id: str) -> list[PairedScreen]:
    """Screens that stay at a chair, by chair."""
    with tenancy.reading(clinic_id):
        rows = models.PairedScreen.objects.filter(clinic_id=clinic_id).order_by("chair", "screen")
        return [PairedScreen(r.screen, r.chair, r.paired_by, r.paired_at) for r in rows]


def chair_of_screen(clinic_id: str, screen: str) -> str | None:
    """The chair that this screen was paired to, or None."""
    with tenancy.reading(clinic_id):
        rows = models.PairedScreen.objects.filter(clinic_id=clinic_id, screen=screen)
        row = rows.first()
        return row.chair if row else None


def products(clinic_id: str) -> list[Product]:
    """By name."""
    with tenancy.reading(clinic_id):
        rows = models.Product.objects.filter(clinic_id=clinic_id).order_by("name", "gtin")
        return [_product(row) for row in rows]


def product(clinic_id: str, gtin: str) -> Product | None:
    """What this code stands for here, or None."""
    with tenancy.reading(clinic_id):
        row = models.Product.objects.filter(clinic_id=clinic_id, gtin=gtin).first()
        return _product(row) if row else None


def _product(row: models.Product) -> Product:
    return Product(
        row.gtin, row.name, row.drug, row.form, row.strength_mg_per_ml, row.volume_ml,
        row.content_mg,
    )  # fmt: skip


def signed_protocols(clinic_id: str) -> list[Signed]:
    """Those that a new session may be opened with, by title."""
    with tenancy.reading(clinic_id):
        rows = models.SignedProtocol.objects.filter(clinic_id=clinic_id).order_by("title")
        return [
            Signed(r.protocol, r.title, r.version, r.hash, r.signed_by, r.signed_at) for r in rows
        ]


def is_signed(clinic_id: str, digest: str) -> bool:
    """Whether a new session may be opened with this text."""
    return any(each.hash == digest for each in signed_protocols(clinic_id))


def protocol_text(clinic_id: str, digest: str) -> str | None:
    """The canonical text with this hash that the clinic once signed, or None."""
    with tenancy.reading(clinic_id):
        row = models.ProtocolText.objects.filter(clinic_id=clinic_id, hash=digest).first()
        return row.text if row else None

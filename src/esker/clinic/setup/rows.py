"""Keeps the tables of this part level with the stream `clinic:setup`."""

from __future__ import annotations

from typing import Any

from esker.clinic.ledger import projections
from esker.clinic.setup.models import (
    Chair,
    Monitor,
    PairedScreen,
    Product,
    ProtocolText,
    SignedProtocol,
)
from esker.core.ledger import Entry

STREAM = "clinic:setup"
TABLES = (Chair, Monitor, PairedScreen, Product, SignedProtocol, ProtocolText)
MONITOR = ("name", "chair", "roving", "zone")
PRODUCT = ("name", "drug", "form", "strength_mg_per_ml", "volume_ml", "content_mg")


def register() -> None:
    projections.register("", apply, reset, TABLES)


def reset(clinic_id: str) -> None:
    for table in TABLES:
        table.objects.filter(clinic_id=clinic_id).delete()


def apply(entry: Entry) -> None:
    if entry.stream == STREAM and entry.kind in KINDS:
        KINDS[entry.kind](entry, entry.data())


def _chair_added(entry: Entry, said: dict[str, Any]) -> None:
    last = Chair.objects.filter(clinic_id=entry.clinic).order_by("-place").first()
    place = last.place + 1 if last else 1
    Chair.objects.create(clinic_id=entry.clinic, name=said["name"], place=place)


def _chair_removed(entry: Entry, said: dict[str, Any]) -> None:
    Chair.objects.filter(clinic_id=entry.clinic, name=said["name"]).delete()
    Monitor.objects.filter(clinic_id=entry.clinic, chair=said["name"]).update(chair=None)
    PairedScreen.objects.filter(clinic_id=entry.clinic, chair=said["name"]).delete()


def _monitor(entry: Entry, said: dict[str, Any]) -> None:
    Monitor.objects.update_or_create(
        clinic_id=entry.clinic,
        identity=said["identity"],
        defaults={name: said[name] for name in MONITOR},
    )


def _monitor_removed(entry: Entry, said: dict[str, Any]) -> None:
    Monitor.objects.filter(clinic_id=entry.clinic, identity=said["identity"]).delete()


def _screen_paired(entry: Entry, said: dict[str, Any]) -> None:
    PairedScreen.objects.update_or_create(
        clinic_id=entry.clinic,
        screen=said["screen"],
        defaults={
            "chair": said["chair"],
            "paired_by": entry.actor,
            "paired_at": entry.occurred_at,
        },
    )


def _screen_unpaired(entry: Entry, said: dict[str, Any]) -> None:
    PairedScreen.objects.filter(clinic_id=entry.clinic, screen=said["screen"]).delete()


def _product(entry: Entry, said: dict[str, Any]) -> None:
    Product.objects.update_or_create(
        clinic_id=entry.clinic,
        gtin=said["gtin"],
        defaults={name: said[name] for name in PRODUCT},
    )


def _product_removed(entry: Entry, said: dict[str, Any]) -> None:
    Product.objects.filter(clinic_id=entry.clinic, gtin=said["gtin"]).delete()


def _signed(entry: Entry, said: dict[str, Any]) -> None:
    ProtocolText.objects.get_or_create(
        clinic_id=entry.clinic, hash=said["hash"], defaults={"text": said["text"]}
    )
    SignedProtocol.objects.update_or_create(
        clinic_id=entry.clinic,
        protocol=said["protocol"],
        defaults={
            "title": said["title"],
            "version": said["version"],
            "hash": said["hash"],
            "signed_by": entry.actor,
            "licence": said["licence"],
            "signed_at": entry.occurred_at,
        },
    )


def _withdrawn(entry: Entry, said: dict[str, Any]) -> None:
    SignedProtocol.objects.filter(clinic_id=entry.clinic, protocol=said["protocol"]).delete()


KINDS = {
    "chair.added": _chair_added,
    "chair.removed": _chair_removed,
    "monitor.added": _monitor,
    "monitor.moved": _monitor,
    "monitor.removed": _monitor_removed,
    "screen.paired": _screen_paired,
    "screen.unpaired": _screen_unpaired,
    "product.added": _product,
    "product.changed": _product,
    "product.removed": _product_removed,
    "protocol.signed": _signed,
    "protocol.withdrawn": _withdrawn,
}

"""Changes to a clinic's set-up: checked, then appended to `clinic:setup`. None is accepted.

The administrator changes chairs, monitors and products; a prescriber signs protocols.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from esker.clinic import clock, tenancy
from esker.clinic.ledger import store
from esker.clinic.people import signing
from esker.clinic.people.models import User
from esker.clinic.setup import queries, texts
from esker.clinic.setup.catalogue import product_body
from esker.clinic.setup.rows import STREAM
from esker.core.ledger import Draft, Refused
from esker.core.protocols.load import canonical_text
from esker.core.session.state import Role

Body = dict[str, Any]
LONGEST = 100
BEDSIDE = frozenset({Role.NURSE, Role.PRESCRIBER, Role.ADMINISTRATOR})


def add_chair(by: User, name: str) -> Refused | None:
    """Name one more chair, last in the list."""

    def body(clinic: str) -> Body | Refused:
        said = _name(name)
        if isinstance(said, Refused):
            return said
        for each in queries.chairs(clinic):
            if each.name.casefold() == said.casefold():  # Chair 1 and chair 1 are read as one
                return Refused("taken", f"There is a chair named {each.name} already.")
        return {"name": said}

    return _administer(by, "chair.added", body)


def remove_chair(by: User, name: str) -> Refused | None:
    """Take a chair away; sessions that were held there keep its name."""

    def body(clinic: str) -> Body | Refused:
        return {"name": name} if _has_chair(clinic, name) else _no_chair(name)

    return _administer(by, "chair.removed", body)


def add_monitor(
    by: User, identity: str, name: str, chair: str = "", roving: bool = False, zone: str = ""
) -> Refused | None:
    """Name a monitor and say where it stands."""

    def body(clinic: str) -> Body | Refused:
        known = {each.identity for each in queries.monitors(clinic)}
        if identity.strip() in known:
            return Refused("taken", f"Monitor {identity} has a name already; change it there.")
        return _monitor(clinic, identity, name, chair, roving, zone)

    return _administer(by, "monitor.added", body)


def move_monitor(
    by: User, identity: str, name: str, chair: str = "", roving: bool = False, zone: str = ""
) -> Refused | None:
    """Change a monitor's name, chair, zone, or whether it roves."""

    def body(clinic: str) -> Body | Refused:
        if identity not in {each.identity for each in queries.monitors(clinic)}:
            return Refused("no_monitor", f"There is no monitor {identity}.")
        return _monitor(clinic, identity, name, chair, roving, zone)

    return _administer(by, "monitor.moved", body)


def remove_monitor(by: User, identity: str) -> Refused | None:
    """Take a monitor away; its readings stay."""

    def body(clinic: str) -> Body | Refused:
        known = identity in {each.identity for each in queries.monitors(clinic)}
        unknown = Refused("no_monitor", f"There is no monitor {identity}.")
        return {"identity": identity} if known else unknown

    return _administer(by, "monitor.removed", body)


def pair_screen(by: User, screen: str, chair: str) -> Refused | None:
    """Let this screen stay at the chair, showing it without identity when nobody is signed in."""

    def body(clinic: str) -> Body | Refused:
        return {"screen": screen, "chair": chair} if _has_chair(clinic, chair) else _no_chair(chair)

    return _change(by, "screen.paired", body, BEDSIDE)


def unpair_screen(by: User, screen: str) -> Refused | None:
    """The screen is known no longer: it asks for a sign-in like any other."""

    def body(clinic: str) -> Body | Refused:
        known = queries.chair_of_screen(clinic, screen)
        unknown = Refused("no_screen", "This screen is at no chair.")
        return {"screen": screen} if known else unknown

    return _change(by, "screen.unpaired", body, BEDSIDE)


def add_product(by: User, **fields: str) -> Refused | None:
    """Say what a GTIN stands for; a GTIN that is known already is changed.

    Fields: gtin, name, drug, form, and for a vial strength_mg_per_ml and volume_ml, for a device
    content_mg.
    """
    known = queries.product(str(by.clinic_id), fields.get("gtin", "").strip().zfill(14))
    kind = "product.changed" if known else "product.added"
    return _administer(by, kind, lambda clinic: product_body(fields))


def remove_product(by: User, gtin: str) -> Refused | None:
    """Take a product out of the catalogue; its codes are unknown from here on."""

    def body(clinic: str) -> Body | Refused:
        known = queries.product(clinic, gtin)
        return {"gtin": gtin} if known else Refused("no_product", f"There is no product {gtin}.")

    return _administer(by, "product.removed", body)


def sign_protocol(
    clinic_id: str, text: str, seen: str, username: str, password: str, totp: str
) -> Refused | None:
    """Sign the TOML `text` for new sessions; `seen` is the hash of what the signer read.

    Refused with every fault when the text's tables are not proved.
    """
    found = texts.read("", text)
    if found.faults or found.protocol is None:
        return Refused("faulty", " ".join(found.faults))
    if found.hash != seen:
        return Refused("changed", "The text has changed since you read it. Read it again.")
    with tenancy.scope(clinic_id):
        signer = User.objects.filter(clinic_id=clinic_id, username=username).first()
        if signer is None or not signing.prescribes(signer):
            return Refused("licence", "A protocol is signed by a prescriber with a licence.")
    at, meaning = clock.now(), f"sign protocol {seen}"
    if not signing.verify_signature(clinic_id, username, password, totp, meaning, at):
        return Refused("signature", signing.NOT_RIGHT)
    said = {
        "protocol": found.protocol.id,
        "title": found.protocol.title,
        "version": str(found.protocol.version),
        "hash": seen,
        "text": canonical_text(text),
        "licence": signer.licence,
        "meaning": meaning,
    }
    with tenancy.scope(clinic_id):
        return _append(clinic_id, username, "protocol.signed", said)


def withdraw_protocol(by: User, protocol: str) -> Refused | None:
    """No new session uses this protocol from here on; those that are open keep theirs."""

    def body(clinic: str) -> Body | Refused:
        known = protocol in {each.id for each in queries.signed_protocols(clinic)}
        unsigned = Refused("no_protocol", f"{protocol} is not signed here.")
        return {"protocol": protocol} if known else unsigned

    return _administer(by, "protocol.withdrawn", body)


def _administer(by: User, kind: str, body: Callable[[str], Body | Refused]) -> Refused | None:
    return _change(by, kind, body, frozenset({Role.ADMINISTRATOR}))


def _change(
    by: User, kind: str, body: Callable[[str], Body | Refused], who: frozenset[Role]
) -> Refused | None:
    """Lock, look, append: `body` is asked under the lock, so that two cannot both be first."""
    if not any(by.has_role(role) for role in who):
        names = " or ".join(sorted(role.replace("_", " ") for role in who))
        return Refused("role", f"This is for: {names}.")
    clinic = str(by.clinic_id)
    with tenancy.scope(clinic):
        store.lock(clinic, [STREAM])
        said = body(clinic)
        return said if isinstance(said, Refused) else _append(clinic, by.username, kind, said)


def _append(clinic: str, actor: str, kind: str, said: Body) -> None:
    at = clock.now()
    drafts = [Draft(kind, said, at)]
    store.append(
        clinic, command=store.new_id(at), actor=actor, drafts=drafts, stream=STREAM, recorded_at=at
    )


def _name(text: str) -> str | Refused:
    said = " ".join(text.split())
    if not said or len(said) > LONGEST or not said.isprintable():
        return Refused("name", f"A name is needed, of at most {LONGEST} characters.")
    return said


def _monitor(
    clinic: str, identity: str, name: str, chair: str, roving: bool, zone: str
) -> Body | Refused:
    said, called = _name(identity), _name(name)
    for each in (said, called):
        if isinstance(each, Refused):
            return each
    if chair and roving:
        return Refused("roving", "A roving monitor belongs to no chair; choose one or the other.")
    if chair and not _has_chair(clinic, chair):
        return _no_chair(chair)
    for other in queries.monitors(clinic):
        if chair and other.chair == chair and other.identity != said:
            return Refused("chair_taken", f"{chair} has the monitor {other.name}; move that first.")
    if zone and zone not in available_timezones():
        return Refused("zone", f"{zone} is no time zone; one reads like Europe/London.")
    return {
        "identity": said, "name": called, "chair": chair or None, "roving": roving,
        "zone": zone or None,
    }  # fmt: skip


def _has_chair(clinic: str, name: str) -> bool:
    return name in {each.name for each in queries.chairs(clinic)}


def _no_chair(name: str) -> Refused:
    return Refused("no_chair", f"There is no chair named {name}.")

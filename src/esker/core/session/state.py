"""What is known of a session: the fold of its entries, and what is handed in beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from esker.core.interactions import Interaction
from esker.core.monitoring.channels import Reading, Readings
from esker.core.monitoring.pairing import Pairing
from esker.core.protocols.schema import Phase
from esker.core.session.commands import Person, PrnOrder, ScanVial, Tri


class Role(StrEnum):
    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    FRONT_DESK = "front_desk"
    CUSTODIAN = "custodian"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Signature:
    """Password and second factor, just given by this person for this meaning."""

    signer: str
    meaning: str
    at: datetime


NOBODY = "screen"  # the actor of what a locked screen records, until somebody puts a name on it


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `name` None is nobody yet: an emergency entry from a locked screen."""

    id: str
    name: str | None
    roles: frozenset[Role]
    licence: str | None = None
    on_site: bool = False
    signature: Signature | None = None

    @property
    def prescribes(self) -> bool:
        return Role.PRESCRIBER in self.roles and bool(self.licence)


@dataclass(frozen=True, slots=True)
class Window:
    """What a decision reads besides the session's own entries, handed in by the shell."""

    readings: Readings = ()  # of the paired monitor and the nurse: charted, oldest first
    consent: Tri = Tri.UNKNOWN
    prescribers_on_site: frozenset[str] = frozenset()
    vials_used_elsewhere: frozenset[str] = frozenset()
    chairs_taken: Mapping[str, str] = field(default_factory=dict)  # chair -> other session
    monitors_taken: Mapping[str, str] = field(default_factory=dict)  # monitor -> other session
    claimable: Mapping[str, Reading] = field(default_factory=dict)  # quarantined, by id
    monitor_free_since: datetime | None = None  # when another session let go of the asked one
    last_dose_at: datetime | None = None  # of this patient, in any earlier session
    last_weight: tuple[Decimal, datetime] | None = None  # kg, of an earlier session
    alarms: frozenset[str] = frozenset()  # those of this session that are heard, or were answered
    screens_watching: int = 0  # audible screens that watch this chair
    gateway_lost_since: datetime | None = None  # since when no listener takes connections
    gateway_full: bool = False  # then: those that it has are heard


@dataclass(frozen=True, slots=True)
class Order:
    version: int
    drug: str
    route: str
    dose_mg: Decimal  # worked out for an infusion from mg/kg and weight
    dose_mg_per_kg: Decimal | None
    duration_min: Decimal | None
    weight_kg: Decimal | None
    prns: tuple[PrnOrder, ...]
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Observed:
    """A vital or scale that a person recorded or confirmed."""

    entry: str
    what: str
    value: Decimal
    unit: str
    observed_at: datetime
    by: str
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Drug that went in: a device, or a stretch of infusion at one rate."""

    entry: str
    amount_mg: Decimal
    at: datetime  # the time that clocks count from
    told_at: datetime  # the time told; differs until a prescriber accepts it
    vial: str | None = None
    device: int | None = None
    rate_ml_per_h: Decimal | None = None
    until: datetime | None = None
    until_told: datetime | None = None
    ended_by: str | None = None  # None with `until`: only closing the session ended it


@dataclass(frozen=True, slots=True)
class Wasted:
    """Drug destroyed in front of a witness; `of` None is all that was left."""

    vial: str
    amount_mg: Decimal
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Interactions:
    """What the patient takes or has that moves the drug's kinetics; `unknown` is not none."""

    answer: Tri
    named: tuple[Interaction, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A hold that somebody at the bedside asks a prescriber to override."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Drawn:
    order_version: int
    vial: str
    drawn_ml: Decimal
    drawn_mg: Decimal
    final_ml: Decimal
    rate_ml_per_h: Decimal
    at: datetime
    wasted: bool = False  # destroyed since; drawn up again, it is another


class Dosing(StrEnum):
    """Where the drug stands."""

    NOT_STARTED = "not_started"
    READY = "ready"  # start accepted, first device not yet given
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True)  # without slots: see `replace`
class Session:
    """The folded state. Tuples keep what happened in order; None is not yet."""

    id: str = ""
    seq: int = 0
    heard_at: datetime | None = None  # the latest receipt; a clock behind it has stepped back
    protocol_hash: str = ""
    patient: Person | None = None
    planned_at: datetime | None = None
    phase: Phase = Phase.ARRIVE
    arrived_at: datetime | None = None
    identified_by: str | None = None
    chair: str | None = None
    monitor: str | None = None
    paired_at: datetime | None = None
    pairings: tuple[Pairing, ...] = ()  # all that there were; what the first one sent stays
    orders: tuple[Order, ...] = ()
    readiness: Mapping[str, tuple[Tri, datetime]] = field(default_factory=dict)
    interactions: Interactions | None = None  # None: nobody was asked, which is not none
    weights: tuple[tuple[Decimal, datetime], ...] = ()  # kg
    weight_doubt: bool = False  # the last weight is far from the one before; weigh again
    observed: tuple[Observed, ...] = ()
    baseline: Mapping[str, Decimal] = field(default_factory=dict)  # fixed at clearance
    vials: tuple[ScanVial, ...] = ()
    drawn: Drawn | None = None
    cleared_at: datetime | None = None
    cleared_version: int | None = None
    dosing: Dosing = Dosing.NOT_STARTED
    allowed_at: datetime | None = None  # when a gate last let drug through
    devices_allowed: int = 0
    given: tuple[Given, ...] = ()
    rate_ml_per_h: Decimal | None = None
    reported_ml: Decimal | None = None  # what the pump says it gave, or all of it as planned
    overrides: Mapping[str, datetime] = field(default_factory=dict)  # finding -> signed, unused
    carried: Mapping[str, datetime] = field(default_factory=dict)  # used at clear, good for start
    override_requests: Mapping[str, Request] = field(default_factory=dict)  # finding -> request
    acknowledged: Mapping[str, datetime] = field(default_factory=dict)
    paused_alarms: Mapping[str, datetime] = field(default_factory=dict)  # alarm -> until
    emergency_at: datetime | None = None
    nameless: tuple[str, ...] = ()  # entry ids of an emergency that wait for a name
    events: tuple[str, ...] = ()  # entry ids of adverse events
    deviations: tuple[str, ...] = ()  # entry ids a prescriber has not yet reviewed
    rescues: tuple[tuple[str, str], ...] = ()  # (medicine, entry)
    shaken_at: datetime | None = None  # the last emergency, rescue, serious or severe event
    wasted: tuple[Wasted, ...] = ()
    disputed: frozenset[str] = frozenset()  # vials whose sum does not fit, and a deviation says so
    nurse: str | None = None
    handing_to: str | None = None
    criteria: Mapping[str, tuple[Tri, datetime]] = field(default_factory=dict)
    escort: str | None = None
    escort_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None  # discharged, left, transferred, cancelled, withheld

    @property
    def order(self) -> Order | None:
        return self.orders[-1] if self.orders else None


FIELDS = Session.__dataclass_fields__.keys()
T = TypeVar("T")


def replace(value: T, **changes: Any) -> T:
    """`dataclasses.replace`, quick for a session: that one fills fifty fields for one that changed.

    A rebuild folds every entry that there ever was.
    """
    if not isinstance(value, Session):
        return dataclasses.replace(value, **changes)  # type: ignore[type-var]
    if not changes.keys() <= FIELDS:
        raise TypeError(f"a session has no {', '.join(sorted(changes.keys() - FIELDS))}")
    after = object.__new__(type(value))
    vars(after).update(vars(value))
    vars(after).update(changes)
    return after

"""The shape of a protocol: what a clinician signs, what a session pins by hash.

Every number is a `Cited`: value, unit, and the key of a source in `sources`. A source of kind
`default` is nobody's paper: it is a proposal that a clinician must accept by signing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from esker.core.monitoring.channels import Channel
from esker.core.units import plain


def _of_this_age(at: datetime) -> datetime:
    if not 1900 <= at.year <= 9000:  # at either end of the calendar a zone or a day overflows
        raise PydanticCustomError("age", "The year is not between 1900 and 9000")
    return at.astimezone(UTC)  # PostgreSQL takes no zone beyond 16 hours, and we keep none at all


def _written(at: Any) -> Any:
    """A number is no date: seconds, milliseconds and 20261123 look alike, and each was read."""
    if not isinstance(at, date | str) or (isinstance(at, str) and not re.search(r"\d-\d", at)):
        raise PydanticCustomError("written", "A date is written like 2026-11-23")
    return at


Written = BeforeValidator(_written)
Day = Annotated[date, Written]
Moment = Annotated[AwareDatetime, AfterValidator(_of_this_age), Written]


class Strict(BaseModel):
    """Frozen, and a word that the schema does not know is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Strength(StrEnum):
    """How a rule acts, from weakest to strongest."""

    GO = "go"  # within limits
    NOTE = "note"  # shown
    HOLD = "hold"  # a licensed prescriber may override, with a reason and a fresh signature
    NEVER = "never"  # no override exists

    @cached_property
    def rank(self) -> int:
        return list(Strength).index(self)


class Priority(StrEnum):
    """Alarm priority: harm times onset, as in the protocol's own table."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @cached_property
    def rank(self) -> int:
        return list(Priority).index(self)


class Phase(StrEnum):
    """The rail of a session, in order; `home` is after the door."""

    ARRIVE = "arrive"
    CLEAR = "clear"
    DOSE = "dose"
    RECOVER = "recover"
    HOME = "home"


class Anchor(StrEnum):
    """What a timed rule runs from."""

    ARRIVAL = "arrival"
    FIRST_DOSE = "first_dose"  # first device, or start of the infusion
    LAST_DOSE = "last_dose"  # last device, or end of the infusion


class Source(Strict):
    kind: Literal["label", "guideline", "study", "default"]
    title: str
    note: str = ""


# No vital sign, dose or time needs more digits, and 1e999999 written out would fill the memory.
Number = Annotated[Decimal, Field(max_digits=12, decimal_places=6)]


class Cited(Strict):
    """A number with its unit and the key of its source."""

    value: Number
    unit: str
    source: str


class Band(Strict):
    """A stretch of values, its edges in a clinician's words: `from` and `to` include theirs,
    `above` and `below` do not. So 140.05 is above 140, whatever a monitor rounds to.
    """

    from_: Number | None = Field(None, alias="from")
    above: Number | None = None
    to: Number | None = None
    below: Number | None = None
    strength: Strength
    alarm: Priority
    because: str  # one sentence for the nurse; empty only for go
    source: str

    @model_validator(mode="after")
    def _two_edges(self) -> Self:
        if (self.from_ is None) == (self.above is None) or (self.to is None) == (
            self.below is None
        ):
            raise ValueError("a band needs from or above, and to or below")
        return self

    @property
    def low(self) -> Decimal:
        edge = self.above if self.from_ is None else self.from_
        assert edge is not None  # validated
        return edge

    @property
    def high(self) -> Decimal:
        edge = self.below if self.to is None else self.to
        assert edge is not None  # validated
        return edge

    @property
    def edges(self) -> str:
        """As printed: "from 90 to 140", "above 140 to below 160"."""
        first = "above" if self.from_ is None else "from"
        last = "to below" if self.to is None else "to"
        return f"{first} {plain(self.low)} {last} {plain(self.high)}"

    def holds(self, value: Decimal) -> bool:
        if not self.low <= value <= self.high:
            return False
        outside = (value == self.low and self.from_ is None) or (
            value == self.high and self.to is None
        )
        return not outside


class Table(Strict):
    """All plausible values of one channel in one phase, each in exactly one band.

    `normal` is the interval, both ends included, from which severity may only grow outward.
    """

    id: str
    channel: Channel
    phase: Annotated[tuple[Phase, ...], Field(min_length=1)]
    normal: tuple[Number, Number]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]


class Scale(Strict):
    """A score that a nurse records: a published scale, or an observation of the clinic's own."""

    id: str
    title: str
    min: Number
    max: Number
    step: Number = Decimal(1)
    hold_at_most: Cited | None = None  # score; so low it rings, and no more drug is given
    source: str

    def holds(self, value: Decimal) -> bool:
        return self.min <= value <= self.max and (value - self.min) % self.step == 0

    @property
    def range(self) -> str:
        steps = "whole numbers" if self.step == 1 else f"steps of {plain(self.step)}"
        return f"from {plain(self.min)} to {plain(self.max)} in {steps}"


class Relative(Strict):
    """A rise or fall from the baseline of this session; the absolute tables always apply too."""

    id: str
    channel: Channel
    phase: tuple[Phase, ...]
    change: Literal["rise", "fall"]
    at_least: Cited  # unit is the channel's, or "%" of the baseline
    lasting: Cited  # min; 0 acts at once
    strength: Strength
    alarm: Priority
    because: str


class Check(Strict):
    """Timed checks: which channels or scales are due when, counted from an anchor."""

    id: str
    title: str
    anchor: Anchor
    phase: tuple[Phase, ...]
    channels: tuple[Channel, ...] = ()
    scales: tuple[str, ...] = ()
    at: tuple[Cited, ...] = ()  # minutes after the anchor, or:
    every: Cited | None = None  # min
    first: Cited | None = None  # min after the anchor of the first of a series
    until: Cited | None = None  # min after the anchor; None = to the end of the phase
    alarm: Priority = Priority.LOW  # when overdue


class Question(Strict):
    """A readiness question. `unknown` is never the same as the wanted answer: it asks again."""

    id: str
    text: str
    wanted: Literal["yes", "no"]
    strength: Strength  # when the answer is the other one
    because: str
    source: str
    fresh_for: Cited | None = None  # min; None = for this session


class Rule(Strict):
    """A gate rule of the core, switched to a strength by this protocol."""

    id: str  # one of esker.core.session.gates.RULES
    gate: tuple[Literal["clear", "draw", "start", "next", "resume", "discharge"], ...]
    strength: Strength
    because: str
    source: str
    limit: Cited | None = None


class Rescue(Strict):
    """A card behind the Emergency button: what this protocol does for this event."""

    id: str
    title: str
    steps: tuple[str, ...]
    medicines: tuple[str, ...] = ()  # PRN names; doses come from the signed order only
    source: str


class Drug(Strict):
    name: Literal["esketamine", "ketamine"]
    route: Literal["nasal", "iv"]
    form: Literal["device", "infusion"]
    substance: str  # shown in full: "racemic ketamine", "esketamine"


class FirstDose(Strict):
    """What a patient of this age or older gets at most the first time."""

    from_age: Cited  # y
    at_most: Cited  # mg in the session


class Dose(Strict):
    """What may be ordered, and the ceilings that no order and no override passes."""

    steps: tuple[Cited, ...]  # mg (device form) or mg/kg (infusion)
    ceiling: Cited  # mg in one session
    ceiling_per_kg: Cited | None = None  # mg/kg in one session
    soft_per_kg: Cited | None = None  # mg/kg; above it is a hold
    first: tuple[FirstDose, ...] = ()
    device: Cited | None = None  # mg in one device
    rest: Cited | None = None  # min between devices
    duration: Cited | None = None  # min of the infusion
    rate_tolerance: Cited | None = None  # % between ordered and programmed
    interval: Cited  # h at least since the last session's dose
    weight_valid: Cited  # days that a weight may be used for
    weight_change: Cited  # % that asks for weighing again
    drawn_tolerance: Cited  # % between drawn and ordered mg


class Observation(Strict):
    """The wait after dosing. `fixed` minutes have no override; otherwise judgement and criteria."""

    minimum: Cited  # min
    anchor: Anchor
    strength: Strength


class Criterion(Strict):
    """One thing that must hold before the door."""

    id: str
    title: str
    kind: Literal["answer", "scale_at_least", "scale_near_baseline", "vitals", "escort"]
    strength: Strength
    because: str
    source: str
    scale: str | None = None
    limit: Cited | None = None
    fresh_for: Cited | None = None  # min before discharge within which it was assessed


class Signal(Strict):
    """How one channel is watched: plausible range, silence, flatness and speed."""

    channel: Channel
    plausible: tuple[Cited, Cited]
    lost_after: Cited  # s without a reading
    flat_after: Cited | None = None  # s of exactly one value: probe off or frozen
    flat_with: Channel | None = None  # flat only while this one of the same sensor is flat too
    jump: Cited | None = None  # largest believable change ...
    jump_within: Cited | None = None  # ... within so many s
    on_interval: bool = False  # cuff: lost_after counts beyond its measuring interval


class Condition(Strict):
    """Alarm behaviour of one condition: priority, delay before it sounds, hysteresis to clear."""

    id: str
    priority: Priority
    delay: Cited  # s
    clear_after: Cited  # s that the condition must be gone
    harm: Literal["death", "reversible", "minor"]
    onset: Literal["immediate", "prompt", "delayed"]


class Alarms(Strict):
    pause: Cited  # s that a pause lasts
    escalate_high: Cited  # s unanswered
    escalate_medium: Cited  # s
    conditions: tuple[Condition, ...]


class Protocol(Strict):
    """One protocol, whole. `esker.core.protocols.load` makes it from TOML and gives its hash."""

    id: str
    version: int
    title: str
    jurisdiction: str
    indication: str
    drug: Drug
    sources: dict[str, Source]
    dose: Dose
    check_window: Cited  # min before and after the due time
    clearance: Cited  # min that a clearance lasts
    fresh: Cited  # min within which gate vitals must have been observed
    least_age: Cited | None = None  # y; None only in texts from before there was such a rule
    required: tuple[Channel, ...]  # channels that a gate reads
    scales: tuple[Scale, ...]
    monitoring: tuple[Signal, ...]
    tables: tuple[Table, ...]
    relative: tuple[Relative, ...] = ()
    checks: tuple[Check, ...]
    readiness: tuple[Question, ...]
    rules: tuple[Rule, ...]
    observation: Observation
    discharge: tuple[Criterion, ...]
    alarms: Alarms
    rescue: tuple[Rescue, ...]

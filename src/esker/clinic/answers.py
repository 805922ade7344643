"""The shapes of what the API answers, for all its parts; the OpenAPI document declares them.

Views answer plain JSON, so that these shapes promise and never filter: a field that a later version
adds reaches clients at once. `tests/clinic/test_api_contract.py` holds every answer to them.
"""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema


class Open(Schema):
    """An object that may carry more than is declared."""

    model_config = {"extra": "allow"}


class EntryOut(Schema):
    id: str
    seq: int
    stream: str
    kind: str


class AcceptedOut(Schema):
    entries: list[EntryOut]


class RefusedOut(Schema):
    """`strength` is hold where a prescriber may override `rule`, never where nobody may."""

    code: str
    sentence: str
    strength: str
    rule: str | None


class MalformedOut(Schema):
    """Each sentence says what is wrong with which field."""

    sentences: list[str]


class MissingOut(Schema):
    """Not signed in, locked, without its token, or not there."""

    sentence: str


class ReadingOut(Open):
    """One charted reading: a channel's value at its own time, whose device, and how it came."""

    id: str
    channel: str
    value: str
    unit: str
    observed_at: str
    received_at: str
    source: str
    device: str | None
    method: str | None
    confirmed_by: str | None
    late: bool


class AlarmOut(Open):
    id: str
    condition: str
    priority: Literal["high", "medium", "low"]
    sentence: str
    raised_at: str
    status: str
    paused_until: str | None


class DueOut(Open):
    id: str
    check: str
    title: str
    due_at: str
    opens_at: str
    closes_at: str
    status: str


class MayOut(Open):
    """Whether a command of this kind would be accepted now, and why not."""

    kind: str
    allowed: bool
    code: str | None
    sentence: str | None


class CardOut(Open):
    """A session on the floor. A locked screen is told no identity: what is absent is hidden."""

    id: str
    now: str
    simulation: bool
    seq: int
    phase: str
    chair: str | None
    monitor: str | None
    vitals: dict[str, dict[str, Any]]
    due: list[DueOut]
    alarms: list[AlarmOut]


class SessionOut(CardOut):
    """One session whole."""

    commands: list[MayOut]
    readings: list[ReadingOut]
    entries: list[dict[str, Any]]


class FloorOut(Open):
    now: str
    simulation: bool
    sessions: list[CardOut]


class UnclaimedOut(Open):
    """The readings of one monitor that could not be tied to a session, and why."""

    monitor: str
    name: str
    count: int
    first: str
    last: str
    received: str
    why: list[str]
    moments: list[dict[str, Any]]


class UnreadOut(Open):
    """What one sender said that was not used, by code and reason."""

    id: int
    sender: str
    code: str
    reason: str
    first: str
    last: str
    count: int


REFUSED = {401: MissingOut, 403: MissingOut, 423: MissingOut}  # for whoever may not ask at all
WRITTEN = {
    200: AcceptedOut, **REFUSED, 404: MissingOut, 409: RefusedOut, 413: MalformedOut,
    422: MalformedOut,
}  # fmt: skip


def read(found: Any) -> dict[int, Any]:
    """What a question is answered: `found`, or why not."""
    return {200: found, **REFUSED}

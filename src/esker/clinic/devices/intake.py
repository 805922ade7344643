"""From received messages to the journal: many in one transaction, acknowledged after its commit.

One bad message harms nobody else's: when a batch cannot be written, each is tried by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import InterfaceError, OperationalError

from esker.clinic import tenancy
from esker.clinic.devices import ack, hl7, models, samples, skew, table, unread, zones
from esker.clinic.live import hub
from esker.core.monitoring.pairing import identifier

GONE = "not kept: the database does not answer, or its disk is full; send it again"
OURS = "not kept: something is wrong with Esker itself; send it again"
BELOW = [timedelta(microseconds=n) for n in range(1000)]  # a millisecond
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Arrived:
    """One message of a batch: as it came, what it says, and its key.

    Or why it is no message; or, as text, why it could not be read now.
    """

    raw: bytes
    at: datetime
    said: hl7.Message | hl7.Malformed | str
    key: str = ""
    patient: str = ""


def receive(clinic_id: str, raw: bytes, received_at: datetime) -> bytes:
    """Keep one message and what it says; the acknowledgement. Raises what the database raises."""
    return _keep(clinic_id, read_all(clinic_id, [(raw, received_at)]))[0]


def read_all(clinic_id: str, batch: Iterable[tuple[bytes, datetime]]) -> list[Arrived]:
    """What each message says. Not in the transaction, so that others may still write meanwhile."""
    zone = zones.of(clinic_id)
    return [_arrived(raw, at, zone) for raw, at in batch]


def keep_all(clinic_id: str, batch: Sequence[Arrived]) -> list[bytes]:
    """Keep a batch in one transaction; the answer to each. What is not kept must be sent again."""
    try:
        return _keep(clinic_id, batch)
    except (OperationalError, InterfaceError):
        log.exception("The database takes nothing: %d messages are not acknowledged.", len(batch))
        return [_again(each, GONE) for each in batch]
    except Exception:
        if len(batch) > 1:
            log.warning("A batch of messages could not be kept whole; trying each.", exc_info=True)
            return [keep_all(clinic_id, [each])[0] for each in batch]
        log.exception("A message could not be kept, and is not acknowledged.")
        return [_again(*batch, OURS)]


def _again(each: Arrived, reason: str) -> bytes:
    return ack.again(hl7.glimpse(each.raw), each.at, reason)


def _keep(clinic_id: str, arrived: Sequence[Arrived]) -> list[bytes]:
    with tenancy.scope(clinic_id):
        new = _keep_messages(clinic_id, arrived)
        clocks = skew.note(clinic_id, ((each.said, each.at) for each in new))
        others = samples.keep(clinic_id, list(_samples(new, clocks)))
        unread.keep(clinic_id, [*others, *_notes(arrived, new)])
        hub.carry(clinic_id)
    return [_acknowledge(each) for each in arrived]


def _arrived(raw: bytes, at: datetime, zone: hl7.Zones) -> Arrived:
    """Receipt is kept to the millisecond: finer is noise, and noise is what a block cannot pack."""
    at -= BELOW[at.microsecond % 1000]
    return Arrived(raw, at, _read(raw, at, zone))


def _read(raw: bytes, at: datetime, zone: hl7.Zones) -> hl7.Message | hl7.Malformed | str:
    try:
        return hl7.parse(raw, zone, at)
    except hl7.Malformed as fault:
        return fault
    except (OperationalError, InterfaceError):  # the zone could not be asked for
        log.exception("The database gives nothing: a message is not read, nor acknowledged.")
        return GONE
    except Exception:
        log.exception("A message could not be read, and is not acknowledged.")
        return OURS


def _acknowledge(each: Arrived) -> bytes:
    if isinstance(each.said, hl7.Message):
        return ack.positive(each.said.header, each.at)
    if isinstance(each.said, hl7.Malformed):
        return ack.negative(each.said.header, each.at, str(each.said))
    return _again(each, each.said)


def _keep_messages(clinic_id: str, arrived: Iterable[Arrived]) -> list[Arrived]:
    """Those that are new. A duplicate is the same sender, control id and the same bytes."""
    keyed: dict[str, Arrived] = {}
    for each in arrived:
        if isinstance(each.said, hl7.Message):
            each.key = _key(clinic_id, each.said, each.raw)
            each.patient = _patient(each.said)
            keyed.setdefault(each.key, each)
    owner = table.clinic(clinic_id)
    new = table.insert_new(models.Message, {
        key: (owner, key, each.said.monitor, each.said.header.control_id, table.time(each.at),
              each.raw)
        for key, each in keyed.items()
    })  # fmt: skip
    return [each for key, each in keyed.items() if key in new]


def _key(clinic_id: str, said: hl7.Message, raw: bytes) -> str:
    """The sender's time in hex, then a hash: as with readings, keys of one time lie together."""
    parts = (clinic_id.encode(), said.monitor.encode(), said.header.control_id.encode(), raw)
    sent = int(said.sent_at.timestamp()) if said.sent_at else 0
    digest = sha256(b"\0".join(parts)).hexdigest()
    return f"{max(sent, 0):08x}{digest}"[:32]


def _samples(new: Iterable[Arrived], clocks: dict[str, bool]) -> Iterator[samples.Sample]:
    """What each message shows, instant by instant."""
    for each in new:
        monitor = each.said.monitor
        for at, shown in each.said.instants.items():
            yield samples.Sample(
                monitor, at, each.at, each.patient, clocks[monitor], each.key, shown
            )


def _patient(said: hl7.Message) -> str:
    named = "".join(f"{identifier(name)}~" for name in said.patient_ids)
    return f"~{named}"[:500] if named else ""


def _notes(arrived: Iterable[Arrived], new: Iterable[Arrived]) -> list[unread.Note]:
    """What could not be used, of each new message and of what was no message."""
    notes = [
        unread.Note(each.said.monitor, one.code, one.reason, one.raw, each.at, each.key)
        for each in new
        for one in each.said.unread
    ]
    return notes + [
        unread.malformed(each.said, each.raw, each.at)
        for each in arrived
        if isinstance(each.said, hl7.Malformed)
    ]

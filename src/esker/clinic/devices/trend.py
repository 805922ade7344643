"""Sealed readings: blocks in the stream `trend:<session>`, found by the times that they cover."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from esker.clinic.devices.models import Block
from esker.clinic.ledger import projections, store
from esker.clinic.ledger.models import Entry as Row
from esker.core import ledger as core
from esker.core.ledger import instant, moment
from esker.core.monitoring import series
from esker.core.monitoring.channels import Reading
from esker.core.monitoring.pairing import Pairing
from esker.core.monitoring.series import Sensor, charted, sensor
from esker.core.monitoring.trend import unblock
from esker.core.session.state import Session

SEALED, CLAIMED = "trend.sealed", "trend.claimed"
# Decoded readings that are kept, some 380 bytes each, so 110 MB: ten chairs for two hours at 1 Hz,
# whose charts ask for all of them every four seconds. A count of blocks bounds nothing: a monitor
# that caught up, or speaks ten times a second, fills one block with thousands.
MOST = 300_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A block's readings; their device, None where there are several; when the first came."""

    readings: tuple[Reading, ...]
    device: str | None
    received: datetime


class Kept:
    """Decoded blocks by their entry's digest, the least asked for first to go."""

    def __init__(self, most: int) -> None:
        self.most, self.readings = most, 0
        self._blocks: OrderedDict[str, Decoded] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str) -> Decoded | None:
        with self._lock:
            if digest in self._blocks:
                self._blocks.move_to_end(digest)
            return self._blocks.get(digest)

    def put(self, digest: str, block: Decoded) -> None:
        with self._lock:
            if digest not in self._blocks:
                self._blocks[digest] = block
                self.readings += len(block.readings)
            while self.readings > self.most:
                _, gone = self._blocks.popitem(last=False)
                self.readings -= len(gone.readings)


_kept = Kept(MOST)


def stream_of(session_id: str) -> str:
    return f"trend:{session_id}"


def register() -> None:
    projections.register("trend.", apply, reset, [Block], refill)


def apply(entry: core.Entry) -> None:
    """Note what the block covers. `newest` grows from block to block, so the last one tells all."""
    session = entry.stream.partition(":")[2]
    _row(entry, newest(entry.clinic, session))[0].save()


def refill(clinic_id: str, replay: projections.Replay) -> None:
    """The rows that `apply` would leave, written at once."""
    rows, shown = [], {}
    for entry in replay.entries:
        row, shown[entry.stream] = _row(entry, shown.get(entry.stream, {}))
        rows.append(row)
    Block.objects.bulk_create(rows, batch_size=500)


def _row(entry: core.Entry, before: dict[Sensor, datetime]) -> tuple[Block, dict[Sensor, datetime]]:
    """The row of a block, and the newest instants after it."""
    found = _decode(entry).readings  # kept: who looks next need not decode it
    after = _newer(before, found)
    return Block(
        clinic_id=entry.clinic,
        session=entry.stream.partition(":")[2],
        seq=entry.seq,
        digest=entry.digest,
        begins=found[0].observed_at,
        ends=found[-1].observed_at,
        claimed=entry.kind == CLAIMED,
        newest=_written(after),
    ), after


def reset(clinic_id: str) -> None:
    Block.objects.filter(clinic_id=clinic_id).delete()


def newest(clinic_id: str, session: str) -> dict[Sensor, datetime]:
    """The newest instant that each sensor has sealed for this session."""
    last = Block.objects.filter(clinic_id=clinic_id, session=session).order_by("-seq").first()
    written: dict[str, str] = last.newest if last else {}
    return {_sensor(name): moment(at) for name, at in written.items()}


def _newer(before: dict[Sensor, datetime], found: Iterable[Reading]) -> dict[Sensor, datetime]:
    after = dict(before)
    for each in found:
        of = sensor(each)
        after[of] = max(after.get(of, each.observed_at), each.observed_at)
    return after


def _written(newest: dict[Sensor, datetime]) -> dict[str, str]:
    return {"\n".join(of): instant(at) for of, at in sorted(newest.items())}


def _sensor(name: str) -> Sensor:
    device, channel, source, method = name.split("\n")
    return device, channel, source, method


def sealed(
    clinic_id: str, state: Session, since: datetime | None = None, at: datetime | None = None
) -> list[Reading]:
    """The session's sealed readings since then, received by `at`, as charted. Inside the scope.

    A pairing that was later told to have ended earlier takes its last readings off the chart; what
    a person claimed stays.
    """
    found: list[Reading] = []
    for claimed, block in _blocks(clinic_id, state.id, since):
        found = joined(found, block.readings if claimed else _held(state, block))
    first = series.since(found, since) if since else 0
    return [each for each in found[first:] if at is None or each.received_at <= at]


def joined(ordered: list[Reading], more: Sequence[Reading]) -> list[Reading]:
    """Two charted series as one. What was observed before the second began stands as it was.

    A block begins where the one before it ended, or a little earlier: little is charted again.
    """
    if not more:
        return ordered
    first = series.since(ordered, more[0].observed_at)
    again = ordered[first:]
    del ordered[first:]
    ordered += charted([*again, *more]) if again else more
    return ordered


def _held(state: Session, block: Decoded) -> Sequence[Reading]:
    """Those of a block that lie inside a pairing; mostly one holds all of it."""
    ends = block.readings[0].observed_at, block.readings[-1].observed_at
    for pairing in state.pairings:
        if all(_holds(pairing, block.device, at, block.received) for at in ends):
            return block.readings
    return [
        each
        for each in block.readings
        if any(_holds(p, each.device, each.observed_at, each.received_at) for p in state.pairings)
    ]


def _holds(pairing: Pairing, device: str | None, observed: datetime, received: datetime) -> bool:
    """Whose it was by its message was judged when it was sealed; here an end may cut it off."""
    return pairing.monitor == device and pairing.holds(
        observed, received, wrong_clock=False, named=True
    )


def blocks(
    clinic_id: str, session: str, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[bool, tuple[Reading, ...]]]:
    """Whether claimed, and the readings, of each block that has any between these instants."""
    return [(claimed, each.readings) for claimed, each in _blocks(clinic_id, session, since, until)]


def _blocks(
    clinic_id: str, session: str, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[bool, Decoded]]:
    rows = Block.objects.filter(clinic_id=clinic_id, session=session)
    if since is not None:
        rows = rows.filter(ends__gte=since)
    if until is not None:
        rows = rows.filter(begins__lte=until)
    found = list(rows.order_by("seq").values_list("seq", "claimed", "digest"))
    readings = {seq: _kept.get(digest) for seq, _, digest in found}
    missing = [seq for seq, known in readings.items() if known is None]
    for entry in _entries(clinic_id, session, missing):
        readings[entry.seq] = _decode(entry)
    return [(claimed, block) for seq, claimed, _ in found if (block := readings[seq])]


def _entries(clinic_id: str, session: str, seqs: list[int]) -> Iterator[core.Entry]:
    if seqs:
        rows = Row.objects.filter(clinic_id=clinic_id, stream=stream_of(session), seq__in=seqs)
        yield from map(store.entry_of, rows)


def _decode(entry: core.Entry) -> Decoded:
    """Kept under the digest, which is checked here: a block that was changed is not charted."""
    if core.digest(entry) != entry.digest:
        raise store.ChainBroken(f"{entry.stream} entry {entry.seq} was changed after it was sealed")
    readings = unblock(entry.data()["block"])
    devices = {each.device for each in readings}
    device = devices.pop() if len(devices) == 1 else None
    found = Decoded(readings, device, min(each.received_at for each in readings))
    _kept.put(entry.digest, found)
    return found

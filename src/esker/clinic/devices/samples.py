"""What a message shows at one instant, as a row of the journal: each sensor once, whatever repeats.

Most monitors say all of an instant in one message, so that a row holds it. Those that say it in
several, or again, cost a look at what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from esker.clinic.devices import journal, models, table, unread
from esker.clinic.devices.observations import Shown


@dataclass(slots=True)
class Sample:
    """Of one monitor, instant and message."""

    monitor: str
    observed_at: datetime
    received_at: datetime
    patient: str
    wrong_clock: bool
    message: str
    shown: Shown

    @property
    def uid(self) -> str:
        return models.sample_id(self.monitor, self.observed_at)

    def row(self, clinic_id: str, uid: str, shown: Shown) -> table.Row:
        return (
            table.clinic(clinic_id), uid, self.monitor,
            journal.shown([(*of, value) for of, value in shown.items()]),
            table.time(self.observed_at), table.time(self.received_at), self.patient,
            self.wrong_clock, self.message,
        )  # fmt: skip


def keep(clinic_id: str, heard: Sequence[Sample]) -> list[unread.Note]:
    """Write what was not there; a note for each reading that says another value."""
    rows = [each.row(clinic_id, each.uid, each.shown) for each in heard]
    if table.insert(models.Sample, rows) == len(rows):
        return []
    kept = _kept(clinic_id, [each.uid for each in heard])
    return [note for each in heard for note in _settled(clinic_id, each, kept[each.uid])]


def _kept(clinic_id: str, uids: Iterable[str]) -> Mapping[str, Shown]:
    rows = models.Sample.objects.filter(clinic_id=clinic_id, uid__in=set(uids))
    return {uid: _shown(shown) for uid, shown in rows.values_list("uid", "shown")}


def _shown(text: str) -> Shown:
    return {(channel, method): value for channel, method, value in journal.said(text)}


def _settled(clinic_id: str, each: Sample, kept: Shown) -> Iterator[unread.Note]:
    """Keep what `kept`, which grows by it, does not have; equal values are repeats."""
    if not each.shown.keys() <= kept.keys():
        kept.update(_further(clinic_id, each, kept))
    for of, value in each.shown.items():
        if kept[of] != value:
            yield unread.other(
                each.monitor, of[0], value, each.observed_at, kept[of], each.received_at,
                each.message,
            )  # fmt: skip


def _further(clinic_id: str, each: Sample, kept: Shown) -> Shown:
    """What further rows of this instant hold, after the new of this sample has got one, too.

    Tried again where another writer was quicker.
    """
    rows = models.Sample.objects.filter(
        clinic_id=clinic_id, uid__gt=each.uid, uid__lt=each.uid + "g"
    )
    while True:
        texts = list(rows.values_list("shown", flat=True))
        found = {of: value for text in texts for of, value in _shown(text).items()}
        new = {of: v for of, v in each.shown.items() if of not in kept and of not in found}
        uid = f"{each.uid}{len(texts) + 1}"
        if not new or table.insert(models.Sample, [each.row(clinic_id, uid, new)]):
            return found | new

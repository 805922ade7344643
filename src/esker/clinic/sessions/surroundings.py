"""The window of a decision: what lies around one session at this instant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from esker.clinic.devices import window as journal
from esker.clinic.ledger.models import Entry
from esker.clinic.live import screens
from esker.clinic.people.models import User
from esker.clinic.people.presence import on_site
from esker.clinic.sessions.models import CurrentAlarm, SessionRow, VialUse
from esker.core.monitoring.channels import Channel, Reading, Readings, Source
from esker.core.monitoring.series import with_few
from esker.core.session.commands import Tri
from esker.core.session.state import Role, Session, Window

BACK = timedelta(minutes=30)  # how far back alarms and gates look; the chart reads everything


def window(clinic_id: str, state: Session, at: datetime, vials: Iterable[str] = ()) -> Window:
    """Everything that `decide` reads besides the session's entries. Inside the clinic's scope.

    `vials` are packs that are asked about besides those of the session.
    """
    patient = state.patient.id if state.patient else ""
    others = SessionRow.objects.filter(clinic_id=clinic_id).exclude(session=state.id)
    taken = others.filter(closed_at=None)
    earlier = others.filter(patient=patient)
    weighed = earlier.exclude(weight_kg=None).order_by("-weighed_at").first()
    dosed = earlier.exclude(dosed_at=None).order_by("-dosed_at").first()
    packs = {*vials, *(each.vial for each in state.vials)}
    used = VialUse.objects.filter(clinic_id=clinic_id, vial__in=packs).exclude(session=state.id)
    alarms = CurrentAlarm.objects.filter(clinic_id=clinic_id, session=state.id)
    return Window(
        readings=readings(clinic_id, state, at, at - BACK),
        consent=consent(clinic_id, patient),
        prescribers_on_site=_prescribers(clinic_id),
        vials_used_elsewhere=frozenset(used.values_list("vial", flat=True)),
        chairs_taken=dict(taken.exclude(chair=None).values_list("chair", "session")),
        monitors_taken=dict(taken.exclude(monitor=None).values_list("monitor", "session")),
        last_dose_at=dosed.dosed_at if dosed else None,
        last_weight=(weighed.weight_kg, weighed.weighed_at) if weighed else None,
        alarms=frozenset(alarms.exclude(status="raised").values_list("alarm", flat=True)),
        screens_watching=screens.watching(clinic_id, state.chair),
    )


def readings(
    clinic_id: str, state: Session, at: datetime, since: datetime | None = None
) -> Readings:
    """What the session's monitors sent and what people recorded, oldest first."""
    heard = journal.readings_for(clinic_id, state, at, since)
    return with_few(heard, told(state, since))


def told(state: Session, since: datetime | None = None) -> list[Reading]:
    """The vitals that people recorded since then, as readings."""
    return [
        Reading(
            f"{each.entry}.{each.what}", Channel(each.what), each.value, each.unit,
            each.observed_at, each.observed_at, Source.NURSE, confirmed_by=each.by,
        )
        for each in state.observed
        if each.unit != "score" and (since is None or each.observed_at >= since)
    ]  # fmt: skip


def consent(clinic_id: str, patient: str) -> Tri:
    """What the patient's stream last said about consent; silence is unknown."""
    said = Entry.objects.filter(
        clinic_id=clinic_id, stream=f"patient:{patient}", kind="consent.recorded"
    )
    last = said.order_by("-seq").first()
    return Tri(_body(last)) if last else Tri.UNKNOWN


def _body(row: Entry) -> str:
    return str(json.loads(row.body)["on_file"])


def _prescribers(clinic_id: str) -> frozenset[str]:
    people = User.objects.filter(clinic_id=clinic_id, username__in=on_site(clinic_id))
    return frozenset(
        user.username
        for user in people
        if user.is_active and user.has_role(Role.PRESCRIBER) and user.licence
    )

"""What comes next at a chair: the steps of the session in their order, and whether each is open.

The order is for the eye only. Whether a command is accepted is the core's answer (`may`), and the
page shows it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from esker.clinic.pages.drug_forms import unused
from esker.clinic.pages.fields import TITLES, Form
from esker.clinic.pages.forms import forms

Session = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `state` is done, now or later; `refused` says why it may not be done."""

    kind: str
    title: str
    state: str
    form: Form | None = None
    refused: str = ""
    hold: bool = False  # a prescriber may override what refuses it


def steps(session: Session) -> list[Step]:
    """The steps of this phase; the first that is not done is `now`."""
    found, now = [], True
    path = PATHS.get(str(session.get("phase")), _none)(session)
    for kind, variant, done in chain(_urgent(session), _owed(session), path):
        waits = kind not in OPTIONAL
        state = "done" if done else "now" if now and waits else "later"
        now = now and (done or not waits)
        found.append(_step(session, kind, variant, state))
    return found


OPTIONAL = frozenset({"record_interactions"})  # asked beside the others; nothing waits for it


def _step(session: Session, kind: str, variant: str, state: str) -> Step:
    answer = _answer(session, kind)
    found = [each for each in forms(kind, session) if not variant or each.variant == variant]
    form = found[0] if found and answer.get("allowed") else None
    title = found[0].title if found else TITLES[kind]
    if kind == "record_vitals":
        title = "Baseline vitals" if session.get("phase") == "clear" else "Vitals"
    if _outdated(session, kind):
        title += " again"
    refused = "" if answer.get("allowed") else str(answer.get("sentence") or "")
    return Step(kind, title, state, form, refused, answer.get("strength") == "hold")


def _answer(session: Session, kind: str) -> Mapping[str, Any]:
    return next((c for c in session.get("commands") or () if c["kind"] == kind), {})


Path = Iterator[tuple[str, str, bool]]  # kind, variant of its form, whether it is done


def _none(_session: Session) -> Path:
    yield from ()


def _urgent(session: Session) -> Path:
    """A hold during the infusion: the pump is paused before anything else is done."""
    if "hold_during_infusion" in {a.get("condition") for a in session.get("alarms") or ()}:
        yield "pause", "", False


def _owed(session: Session) -> Path:
    """What the check that is due now asks for, before anything else."""
    due = [c for c in session.get("due") or () if c["status"] in {"open", "overdue"}]
    for check in due[:1]:
        if check["channels"]:
            yield "record_vitals", "", False
        for scale in check["scales"]:
            if scale not in _scored(session, check["opens_at"]):
                yield "record_scale", scale, False


def _arrive(session: Session) -> Path:
    yield "arrive", "", False


def _before(session: Session) -> Path:
    """Until the drug: monitor, weight, questions, baseline, packs, clearance, start."""
    kinds = {str(each["kind"]) for each in session.get("entries") or ()}
    asked = _asked(session, "answer_readiness")
    infusion = (session.get("protocol") or {}).get("form") == "infusion"
    devices = (session.get("devices") or {}).get("ordered", 0)
    enough = session.get("vials") if infusion else len(unused(session)) >= max(devices, 1)
    yield "pair_monitor", "", bool(session.get("monitor"))
    yield "weigh", "", "patient.weighed" in kinds
    known = all(each.get("answer") for each in asked)
    yield "answer_readiness", "", known and not _outdated(session, "answer_readiness")
    yield "record_interactions", "", bool(session.get("interactions"))
    yield "record_vitals", "", "vitals.recorded" in kinds
    for scale in (session.get("protocol") or {}).get("scales") or ():
        yield "record_scale", scale["id"], scale["id"] in _scored(session)
    yield "scan_vial", "", bool(enough)
    if infusion:
        yield "draw_up", "", bool(session.get("infusion"))
    yield "clear", "", "gate.cleared" in kinds and _ends(session, "clearance") > str(session["now"])
    started = session.get("dosing") != "not_started"
    yield "start", "", started
    if started and not infusion:
        yield "device_given", "", False


def _ends(session: Session, clock: str) -> str:
    """When this clock ends, as text that sorts; empty when it does not run."""
    return next((str(c["until"]) for c in session.get("clocks") or () if c["id"] == clock), "")


def _scored(session: Session, since: str = "") -> set[str]:
    entries = session.get("entries") or ()
    scored = (e for e in entries if e["kind"] == "scale.recorded" and e["occurred_at"] >= since)
    return {str(e["body"].get("scale")) for e in scored}


def _during(session: Session) -> Path:
    if (session.get("protocol") or {}).get("form") == "infusion":
        if session.get("dosing") == "paused":
            yield "resume", "", False
        elif _ends(session, "pump") > str(session["now"]):
            yield "record_vitals", "", False
        yield "end_dose", "", session.get("dosing") == "done"
        return
    devices = session.get("devices") or {}
    given, allowed, wanted = (devices.get(k, 0) for k in ("given", "allowed", "ordered"))
    if allowed > given:
        yield "device_given", "", False
    elif given < wanted:
        yield "next_device", "", False
    yield "end_dose", "", False


def _recovery(session: Session) -> Path:
    for pack in session.get("open_packs") or ():
        yield "waste", pack["vial"] + pack["of"], False
    well = all(each.get("answer") == "yes" for each in _asked(session, "assess_discharge"))
    kinds = {str(each["kind"]) for each in session.get("entries") or ()}
    yield "assess_discharge", "", well and not _outdated(session, "assess_discharge")
    yield "escort_seen", "", "escort.seen" in kinds and not _outdated(session, "escort_seen")
    yield "discharge", "", False


CRITERION = {"assess_discharge": "answer", "escort_seen": "escort"}  # the kind that a step answers


def _asked(session: Session, kind: str) -> list[Mapping[str, Any]]:
    """The questions or criteria that this step answers."""
    if kind == "answer_readiness":
        return list(session.get("readiness") or ())
    return [c for c in session.get("criteria") or () if c["kind"] == CRITERION.get(kind)]


def _outdated(session: Session, kind: str) -> bool:
    """Whether an answer counts no more, as the core says: done once, and to be done again."""
    return any(each.get("outdated") for each in _asked(session, kind))


PATHS: dict[str, Callable[[Session], Path]] = {
    "arrive": _arrive, "clear": _before, "dose": _during, "recover": _recovery,
}  # fmt: skip


# -- everything else that may be said ------------------------------------------------------------


def others(session: Session, shown: list[Step]) -> list[Form]:
    """Accepted commands that are not the step of now: behind one button, grave ones last.

    Later steps are among them: a narrow screen has no room for the list of steps.
    """
    now = {each.form.id for each in shown if each.state == "now" and each.form}
    found = [
        form
        for c in session.get("commands") or ()
        if allowed(session, c["kind"]) and c["kind"] not in ALWAYS | _pointless(session)
        for form in forms(c["kind"], session)
        if form.id not in now
    ]
    return sorted(found, key=lambda form: form.weight == "grave")


ALWAYS = frozenset({"record_vitals"})  # has a button of its own beside the next step


def allowed(session: Session, kind: str) -> bool:
    """Accepted now; or a prescriber signs it on this screen, whoever is signed in."""
    answer = _answer(session, kind)
    return bool(answer.get("allowed")) or (
        kind in SIGNED_HERE and answer.get("code") in {"role", "licence"}
    )


SIGNED_HERE = frozenset({"sign_order", "sign_override"})


def refusals(session: Session) -> list[dict[str, str]]:
    """What would be refused now, with its sentence."""
    return [
        {"title": TITLES[c["kind"]], "sentence": c["sentence"]}
        for c in session.get("commands") or ()
        if not allowed(session, c["kind"])
        and c["kind"] in TITLES
        and c["kind"] not in _pointless(session)
    ]


OTHER_FORM = {
    "infusion": {"next_device", "device_given"},
    "device": {"draw_up", "change_rate", "resume", "pause"},
}


AT_THE_CHAIR = frozenset({
    "record_vitals", "record_scale", "record_interactions", "unpair_monitor", "hand_over",
    "leave_against_advice", "transfer_out",
})  # fmt: skip


def _pointless(session: Session) -> set[str]:
    """Tells that the core would record and that make no sense here: they only crowd the thumb."""
    found = set(OTHER_FORM.get(str((session.get("protocol") or {}).get("form")), ()))
    phase, dosing = session.get("phase"), session.get("dosing")
    if not session.get("emergency_at"):
        found.add("end_emergency")
    if not session.get("nameless"):
        found.add("put_name")
    if phase in {"dose", "recover", "home"}:
        found |= {"answer_readiness", "sign_order", "weigh", "clear"}
    if phase == "home" or (phase in {"dose", "recover"} and session.get("monitor")):
        found.add("pair_monitor")  # one that was taken off is replaced here, in every phase
    if phase != "dose" and dosing != "ready":
        found |= {"pause", "stop", "end_dose", "resume"} | _more_drug(session)
    if phase == "home":
        found |= AT_THE_CHAIR
    if dosing == "paused":
        found.add("pause")
    if phase != "recover":
        found |= {"assess_discharge", "escort_seen"}
    if phase == "arrive":
        found |= {"record_vitals", "record_scale", "scan_vial", "unpair_monitor", "hand_over",
                  "answer_readiness"}  # fmt: skip
    if not session.get("monitor"):
        found.add("unpair_monitor")
    return found


def _more_drug(session: Session) -> set[str]:
    """Tells of drug that make no sense outside dosing.

    After the end one still may: a pump was found running, or a device was used after all.
    """
    found = {"change_rate", "device_given"}
    if session.get("phase") == "recover":
        found -= {"change_rate"} if session.get("infusion") else set()
        found -= {"device_given"} if unused(session) else set()
    return found

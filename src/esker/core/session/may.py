"""Who may say what, when: the checks that need no parameters, and the source of all buttons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from esker.core.ledger import Refused
from esker.core.protocols.schema import Phase, Protocol, Strength
from esker.core.session.commands import ASKS, SIGNED
from esker.core.session.gate import Gate
from esker.core.session.gates import Finding, Look, findings, refusal
from esker.core.session.state import Actor, Dosing, Drawn, Role, Session, Window
from esker.core.units import plain

BEDSIDE = frozenset({Role.NURSE, Role.PRESCRIBER})
ANY_STAFF = frozenset(Role)
PRESCRIBERS = frozenset({Role.PRESCRIBER})

ROLES: dict[str, frozenset[Role]] = {
    "open_session": frozenset({Role.FRONT_DESK, Role.NURSE, Role.PRESCRIBER}),
    "arrive": frozenset({Role.FRONT_DESK, Role.NURSE, Role.PRESCRIBER}),
    "sign_order": PRESCRIBERS,
    "sign_override": PRESCRIBERS,
    "decline_override": PRESCRIBERS,
    "accept_time": PRESCRIBERS,
    "review_deviation": PRESCRIBERS,
    "waste": BEDSIDE | {Role.CUSTODIAN},
    "cancel": frozenset({Role.FRONT_DESK, Role.NURSE, Role.PRESCRIBER}),
    "deviation": ANY_STAFF,
}  # what is not named here is bedside work

BEFORE, DURING = (Phase.ARRIVE, Phase.CLEAR), (Phase.DOSE,)
HERE = (Phase.CLEAR, Phase.DOSE, Phase.RECOVER)
PHASES: dict[str, tuple[Phase, ...]] = {
    "sign_order": (*BEFORE, Phase.DOSE),
    "arrive": (Phase.ARRIVE,),
    "pair_monitor": HERE,
    "scan_vial": (Phase.CLEAR, Phase.DOSE),
    "draw_up": (Phase.CLEAR,),
    "clear": (Phase.CLEAR,),
    "start": (Phase.CLEAR,),
    "next_device": DURING,
    "resume": DURING,
    "discharge": (Phase.CLEAR, Phase.RECOVER),
    "cancel": (Phase.ARRIVE,),
    "withhold": BEFORE,
}  # asks only: a tell may be said in every phase, also when the session is closed
MORE_DRUG = frozenset({"clear", "start", "next_device", "resume"})
LICENSED = SIGNED | {"accept_time"}  # what signs, and what makes a wait shorter
# Of the record; readings may come late, and the door is no reason to leave them to nobody.
AFTER_CLOSING = frozenset({
    "amend", "review_deviation", "accept_time", "put_name", "claim_readings",
})  # fmt: skip
# A locked screen never stands in the way of a rescue; what it records waits for a name.
NAMELESS = frozenset({"emergency", "give_rescue"})
GATES = {
    "clear": "clear", "draw_up": "draw", "start": "start", "next_device": "next",
    "resume": "resume", "discharge": "discharge",
}  # fmt: skip
OVERRIDES = frozenset({"request_override", "sign_override"})
NOT_DOSED = "Nothing was given here: withhold the session, with the reason, to let them go home."
LOCKED = "Nobody is signed in at this screen: unlock it, or type your PIN."
PHASE_WORDS = {
    Phase.ARRIVE: "the patient has not arrived yet",
    Phase.CLEAR: "the patient is being made ready",
    Phase.DOSE: "dosing has begun",
    Phase.RECOVER: "dosing is over",
    Phase.HOME: "the session is closed",
}


def may(
    state: Session,
    window: Window,
    kind: str,
    actor: Actor,
    protocol: Protocol,
    at: datetime,
    look: Look = findings,
) -> Refused | None:
    """None when `kind` would be accepted now, as far as that can be said without its parameters.

    Who asks about many kinds at one instant hands in one `look_once()`.
    """
    stopped = _person(state, kind, actor) or _moment(state, kind) or _subject(state, kind)
    if stopped:
        return stopped
    if kind == "pause_alarm" and not window.alarms:
        return Refused("no_alarm", "There is no alarm to pause.")
    names = _gates(state, kind, protocol)
    found = [f for name in names for f in look(Gate(name, state, window, protocol, at, actor))]
    return _no_hold(found) if kind in OVERRIDES else refusal(found)


def _gates(state: Session, kind: str, protocol: Protocol) -> tuple[str, ...]:
    """The gate of a command; of an override, those that somebody stands at now."""
    if kind not in OVERRIDES:
        return (GATES[kind],) if kind in GATES else ()
    match state.phase:
        case Phase.CLEAR:
            return ("start", "clear") if state.cleared_at else ("clear",)
        case Phase.DOSE:
            return ("next",) if protocol.drug.form == "device" else ("resume",)
        case Phase.RECOVER:
            return ("discharge",)
    return ()


def _no_hold(found: Iterable[Finding]) -> Refused | None:
    never = None
    for each in found:
        if each.strength is Strength.HOLD:
            return None
        if each.strength is Strength.NEVER:
            never = never or each
    if never:
        return Refused("never", f"Nobody may override this: {never.sentence}")
    return Refused("no_hold", "Nothing is held up now that a prescriber could override.")


def _person(state: Session, kind: str, actor: Actor) -> Refused | None:
    if kind == "emergency" or (actor.name is None and kind in NAMELESS and state.emergency_at):
        return None
    if actor.name is None:
        return Refused("locked", LOCKED)
    wanted = ROLES.get(kind, BEDSIDE)
    if not actor.roles & wanted:
        names = " or ".join(sorted(role.replace("_", " ") for role in wanted))
        return Refused("role", f"This is for a {names}.")
    if kind in LICENSED and not actor.prescribes:
        return Refused("licence", "This needs a prescriber with a licence on record.")
    return None


def _moment(state: Session, kind: str) -> Refused | None:
    if kind == "open_session":
        return Refused("already_open", "This session is open already.") if state.seq else None
    if state.seq == 0:
        return Refused("no_session", "There is no such session yet.")
    if kind not in ASKS:
        return None
    if state.closed_at is not None and kind not in AFTER_CLOSING:
        return Refused("closed", "The session is closed; correct an entry by amending it.")
    wanted = PHASES.get(kind)
    if wanted and state.phase not in wanted:
        return Refused("phase", f"Not now: {PHASE_WORDS[state.phase]}.")
    return None


def _drawn_already(drawn: Drawn) -> str:
    return (
        f"{plain(drawn.drawn_mg)} mg of {drawn.vial} are drawn up already. Waste what is in that "
        "syringe with a witness, then draw up again."
    )


def _subject(state: Session, kind: str) -> Refused | None:
    """Asks about something that has to be there; tells are never stopped here."""
    if kind not in ASKS:
        return None
    if kind == "draw_up" and state.drawn is not None and not state.drawn.wasted:
        return Refused("drawn", _drawn_already(state.drawn))
    if kind in MORE_DRUG and state.emergency_at is not None:
        return Refused("emergency", "An emergency is open; end it with its outcome first.")
    if kind == "resume" and state.dosing is not Dosing.PAUSED:
        return Refused("not_paused", "The infusion is not paused.")
    if kind == "next_device" and state.dosing is not Dosing.RUNNING:
        return Refused("no_device_yet", "The first device has not been given.")
    if kind == "discharge" and state.phase is Phase.CLEAR:
        return Refused("not_dosed", NOT_DOSED)
    if kind == "decline_override" and not state.override_requests:
        return Refused("no_request", "Nobody asks for an override now.")
    if kind == "review_deviation" and not state.deviations:
        return Refused("no_deviation", "No deviation waits for a review.")
    if kind == "accept_time" and not state.given:
        return Refused("no_dose", "Nothing was given whose time could be accepted.")
    if kind == "put_name" and not state.nameless:
        return Refused("named", "No entry waits for a name.")
    if kind == "accept_hand_over" and state.handing_to is None:
        return Refused("no_handover", "Nobody has offered this chair.")
    return None

"""The rules of the gates: what must hold before the drug, during it, and before the door.

Each looks at one thing and yields (detail, its own strength or None for the protocol's, sentence).
A worse or a missing vital never permits more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from esker.core.discharge import criteria
from esker.core.protocols.schema import Question, Strength
from esker.core.session import custody, dosing
from esker.core.session.commands import Tri
from esker.core.session.gate import Found, Gate
from esker.core.session.readings import within
from esker.core.session.state import Dosing
from esker.core.session.vital_rules import relative, scores, vitals_fresh, vitals_within
from esker.core.units import plain

# -- who, what, whether ---------------------------------------------------------------------------


def identity(gate: Gate) -> Found:
    if gate.state.identified_by is None:
        yield "", None, "Check two identifiers first."


def order(gate: Gate) -> Found:
    if gate.state.order is None:
        yield "", None, "There is no signed order for this session."


def order_version(_gate: Gate) -> Found:
    # Commands carry the version that was seen; `decide` compares it, since only it has the command.
    yield from ()


def consent(gate: Gate) -> Found:
    match gate.window.consent:
        case Tri.NO:
            yield "", None, "This patient has not consented, or has withdrawn."
        case Tri.UNKNOWN:
            yield "", None, "Nobody has recorded whether consent is on file."


def allergy(gate: Gate) -> Found:
    """Both drugs are ketamine: who cannot have the one cannot have the other."""
    patient = gate.state.patient
    known = patient.allergies if patient else None
    if known is None:
        yield "unknown", Strength.NOTE, "Nobody has recorded whether there are allergies."
    for each in known or ():
        if "ketamine" in each.casefold():
            yield "", None, f"Allergy on record: {each}."


def age(gate: Gate) -> Found:
    patient, least = gate.state.patient, gate.protocol.least_age
    if patient and least and patient.age(gate.at.date()) < least.value:
        years = patient.age(gate.at.date())
        said = f"The patient is {years} years old; this protocol begins at {least.value}."
        yield "", None, said


def readiness(gate: Gate) -> Found:
    """A question that nobody asked stands in the way of everyone; an unwelcome answer is a hold."""
    for question in gate.protocol.readiness:
        answer, asked = gate.state.readiness.get(question.id, (None, gate.at))
        if answer is None:
            yield question.id, Strength.NEVER, f"Not asked yet: {question.text}"
        elif outdated(question, asked, gate.at):
            yield question.id, Strength.NEVER, f"Asked too long ago: {question.text}"
        elif answer is Tri.UNKNOWN:
            held = max(question.strength, Strength.HOLD, key=lambda s: s.rank)
            yield f"{question.id}:unknown", held, f"Not known: {question.text}"
        elif answer.value != question.wanted:
            yield f"{question.id}:{answer.value}", question.strength, question.because


def outdated(question: Question, asked: datetime, at: datetime) -> bool:
    """Whether what was answered then does not count any more."""
    return question.fresh_for is not None and not within(at, asked, question.fresh_for)


def weight(gate: Gate) -> Found:
    state, dose = gate.state, gate.protocol.dose
    if not state.weights:
        yield "", None, "Weigh the patient: the dose is worked out from the weight."
        return
    kg, taken = state.weights[-1]
    if gate.at - taken > timedelta(days=float(dose.weight_valid.value)):
        yield "", None, f"The weight of {kg} kg is too old; weigh again."
    if state.weight_doubt:
        yield "", None, f"{kg} kg is far from the last weight; weigh again to be sure."
    ordered = state.order.weight_kg if state.order else None
    if ordered and dosing.apart(kg, ordered) > dose.weight_change.value:
        yield "", None, f"The order was made for {ordered} kg, and the patient weighs {kg} kg."


# -- around the chair -----------------------------------------------------------------------------


def prescriber_on_site(gate: Gate) -> Found:
    if not gate.window.prescribers_on_site:
        yield "", None, "No prescriber is on site."


def monitor_paired(gate: Gate) -> Found:
    if gate.state.monitor is None:
        yield "", None, "No monitor is paired with this chair."


def watched(gate: Gate) -> Found:
    if gate.window.screens_watching == 0:
        yield "", None, "No screen with sound watches this chair."


# -- the drug -------------------------------------------------------------------------------------


def interval(gate: Gate) -> Found:
    last, hours = gate.window.last_dose_at, gate.protocol.dose.interval.value
    if last and gate.at - last < timedelta(hours=float(hours)):
        yield "", None, f"The last dose was less than {hours} h ago."


def first_dose(gate: Gate) -> Found:
    """Nobody here gave this patient any before; who was treated elsewhere, a prescriber knows.

    What was cleared stays so for its further devices, and not for those of a newer order.
    """
    state, patient = gate.state, gate.state.patient
    again = gate.name == "next" and state.order and state.cleared_version == state.order.version
    if patient is None or gate.window.last_dose_at is not None or again:
        return
    years, planned = patient.age(gate.at.date()), dosing.planned_mg(state, gate.protocol, gate.at)
    for each in gate.protocol.dose.first:
        most = each.at_most.value
        if years >= each.from_age.value and planned > most:
            said = f"{plain(planned)} mg as the first dose at {years} years: at most {most} mg."
            yield plain(planned), None, said


def vial(gate: Gate) -> Found:
    if gate.protocol.drug.form == "infusion":
        yield from _drawn(gate)
    elif dosing.next_device(gate.state, gate.window, gate.at) is None:
        yield "", None, "Scan a device that has not been used."


def _drawn(gate: Gate) -> Found:
    drawn = gate.state.drawn
    if drawn is None:
        yield "", None, "Scan the vial and draw up first."
        return
    if drawn.wasted:
        yield "", None, "What was drawn up has been wasted; draw up again."
    if any(v.vial == drawn.vial and v.expires < gate.at.date() for v in gate.state.vials):
        yield "", None, "The vial has expired since it was scanned; draw up from another."


def drawn_matches(gate: Gate) -> Found:
    drawn, ordered = gate.state.drawn, gate.state.order
    if drawn and ordered:
        limit = gate.protocol.dose.drawn_tolerance.value
        if dosing.apart(drawn.drawn_mg, ordered.dose_mg) > limit:
            yield "", None, dosing.slip(drawn.drawn_mg, ordered.dose_mg)


def rate_matches(gate: Gate) -> Found:
    drawn, ordered = gate.state.drawn, gate.state.order
    limit = gate.protocol.dose.rate_tolerance
    if drawn and ordered and ordered.duration_min and limit:
        wanted = dosing.rate_for(drawn.final_ml, ordered.duration_min)
        rate = gate.state.rate_ml_per_h or drawn.rate_ml_per_h
        if dosing.apart(rate, wanted) > limit.value:
            # Slowed down for this patient while it ran, it may go on as slowly; never faster.
            own = Strength.NOTE if gate.name == "resume" and rate < wanted else None
            yield "", own, f"The pump runs {rate} mL/h; the order means {wanted} mL/h."


def rest_time(gate: Gate) -> Found:
    rest = gate.protocol.dose.rest
    last = dosing.last_given_at(gate.state)
    if rest and last:
        ready = last + timedelta(minutes=float(rest.value))
        if gate.at < ready:
            wait = int((ready - gate.at).total_seconds()) + 1
            yield "", None, f"Devices are {rest.value} min apart: {wait} s to wait."


def clearance(gate: Gate) -> Found:
    cleared, minutes = gate.state.cleared_at, gate.protocol.clearance.value
    if cleared is None:
        yield "", None, "The patient has not been cleared to dose."
    elif gate.name != "start":  # more of a dose that began: its own gate reads everything afresh
        if gate.state.allowed_at is None:
            yield "", None, "Dosing began without its start; what was given stands, and ends here."
    elif not within(gate.at, cleared, gate.protocol.clearance):
        yield "", None, f"The clearance is older than {minutes} min; clear again."
    elif gate.state.order and gate.state.cleared_version != gate.state.order.version:
        yield "", None, "The order changed after the clearance; clear again."


def ceiling(gate: Gate) -> Found:
    total, limit = dosing.planned_mg(gate.state, gate.protocol, gate.at), gate.protocol.dose.ceiling
    if total > limit.value:
        yield "", None, f"{total} mg in one session is above the ceiling of {limit.value} mg."


def ceiling_per_kg(gate: Gate) -> Found:
    yield from _per_kg(gate, gate.protocol.dose.ceiling_per_kg, "above the ceiling of")


def soft_per_kg(gate: Gate) -> Found:
    yield from _per_kg(gate, gate.protocol.dose.soft_per_kg, "unusually high: above")


def _per_kg(gate: Gate, limit: object, words: str) -> Found:
    kg = gate.state.weights[-1][0] if gate.state.weights else None
    value = getattr(limit, "value", None)
    if kg and value is not None:
        per_kg = dosing.planned_mg(gate.state, gate.protocol, gate.at) / kg
        if per_kg > value:
            yield "", None, f"{per_kg:.2f} mg/kg is {words} {value} mg/kg."


# -- the door -------------------------------------------------------------------------------------


def observation(gate: Gate) -> Found:
    rule = gate.protocol.observation
    anchor = dosing.anchor(gate.state, rule.anchor)
    if gate.state.dosing in (Dosing.READY, Dosing.RUNNING, Dosing.PAUSED):
        yield "", Strength.NEVER, "Dosing has not been ended yet."
    elif anchor is not None:
        free = anchor + timedelta(minutes=float(rule.minimum.value))
        if gate.at < free:
            minutes = -((gate.at - free) // timedelta(minutes=1))
            yield "", rule.strength, f"Observation has {minutes} min to run."


def discharge_criteria(gate: Gate) -> Found:
    if gate.state.emergency_at is not None:
        yield "emergency", Strength.NEVER, "An emergency is still open; end it with its outcome."
    yield from criteria.unmet(gate.state, gate.seen, gate.protocol, gate.at)


def escort(gate: Gate) -> Found:
    if not gate.state.given:
        return
    if gate.state.escort is None:
        yield "", None, "No escort has been seen."
    elif criteria.escort_before_drug(gate.state):
        yield "before", None, "The escort was seen before the drug was given; see them again."


def deviations_open(gate: Gate) -> Found:
    if gate.state.deviations:
        yield "", None, f"{len(gate.state.deviations)} deviations wait for a prescriber."


def waste(gate: Gate) -> Found:
    state, protocol, at = gate.state, gate.protocol, gate.at
    open_ = [v for v in state.vials if not custody.accounted(state, protocol, v, at)]
    if open_:
        packs = "; ".join(custody.words(state, protocol, each, at) for each in open_)
        yield "", None, f"Not accounted for: {packs}."


RULES: dict[str, Callable[[Gate], Found]] = {
    rule.__name__: rule
    for rule in (
        identity, order, order_version, consent, allergy, age, readiness, weight,
        prescriber_on_site, monitor_paired, watched, vitals_fresh, vitals_within, scores, relative,
        interval, first_dose, vial, drawn_matches, rate_matches, rest_time, clearance, ceiling,
        ceiling_per_kg, soft_per_kg, observation, discharge_criteria, escort, deviations_open,
        waste,
    )
}  # fmt: skip

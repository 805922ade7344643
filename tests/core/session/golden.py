"""Sessions that are kept for ever: entries as they were written, and the state they meant then.

`python -m tests.core.session.golden NAME [SESSION ...]` writes a new set under that name, or those of
it alone, and refuses to write over an old one: what a clinic has in its ledger is never rewritten either.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from esker.core.ledger import Entry, envelope, instant, moment
from tests.core.session.clinicroom import DOCTOR, NOBODY, OTHER, Room

CORPUS = Path(__file__).with_name("corpus")


def plain(value: Any) -> Any:
    """A state as JSON values, by the names of its fields."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return instant(value)
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case frozenset():
            return sorted(plain(item) for item in value)
        case tuple() | list():
            return [plain(item) for item in value]
    return value


def read(path: Path) -> tuple[list[Entry], dict[str, Any]]:
    """The entries of a kept session, and its state as it was understood when it was kept."""
    *lines, state = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    for line in lines:
        line |= {name: moment(line[name]) for name in ("occurred_at", "recorded_at")}
    return [Entry(**line) for line in lines], state


def write(room: Room, path: Path) -> None:
    with path.open("x", encoding="utf-8") as file:
        for entry in room.entries:
            file.write(json.dumps(envelope(entry), ensure_ascii=False) + "\n")
        file.write(json.dumps(plain(room.state), ensure_ascii=False) + "\n")


def infusion() -> Room:
    """Every detour that an infusion can take, to the door and past it."""
    room = Room("ketamine-iv").arrived()
    room.do("unpair_monitor", reason="a lead is broken")
    room.do("pair_monitor", chair="Chair 1", monitor="MON-1")
    room.monitor()
    waiting = {each.id: each for each in room.window.readings}
    room.window = replace(room.window, claimable=waiting)
    room.do("claim_readings", readings=sorted(waiting), reason="seen on the screen")
    answers = {question.id: question.wanted for question in room.protocol.readiness}
    room.do("answer_readiness", answers=answers | {"urinary": "yes"})
    room.do("record_vitals", vitals=[{"channel": "hr", "value": "71", "unit": "/min"}])
    room.do("record_scale", scale="cadss", value="0")
    room.scan("V1")
    room.do("draw_up", order_version=1, vial="V1", drawn_ml="0.7", diluent_ml="49.3",
            final_ml="50", pump_rate_ml_per_h="75")  # fmt: skip
    room.monitor(sbp=145)
    room.do("request_override", rule="readiness:urinary:yes", reason="since yesterday")
    room.do("decline_override", DOCTOR, rule="readiness:urinary:yes", reason="I come and look")
    for rule in ("readiness:urinary:yes", "vitals_within:sbp:140-160"):
        room.do("request_override", rule=rule, reason="known")
        room.do("sign_override", DOCTOR, rule=rule, reason="seen")
    room.do("clear", order_version=1)
    room.do("start", order_version=1)
    room.wait(10)
    room.do("change_rate", pump_rate_ml_per_h="60", reason="dizzy")
    room.wait(5)
    room.do("pause", reason="dizzy")
    room.do("acknowledge_alarm", alarm="limit:sbp")
    room.window = replace(room.window, alarms=frozenset({"limit:sbp"}))
    room.do("pause_alarm", alarm="limit:sbp")
    room.wait(5)
    room.monitor()
    room.do("resume", order_version=1)
    room.wait(20)
    earlier = (room.now - timedelta(minutes=8)).isoformat()
    room.do("stop", reason="enough", given_ml="30", occurred_at=earlier)
    room.do("accept_time", DOCTOR, entry=room.state.given[-1].ended_by)
    room.do("adverse_event", term="headache", severity="mild", serious=False)
    room.do("emergency", card="emesis")
    room.do("give_rescue", medicine="ondansetron", dose="4", unit="mg", route="iv")
    room.do("emergency", NOBODY)
    room.do("put_name", entry=room.state.nameless[0], name=OTHER.name)
    room.do("end_emergency", outcome="settled")
    room.do("hand_over", to=OTHER.id, due=["recovery@15"])
    room.do("accept_hand_over", OTHER)
    room.do("waste", vial="V1", of="vial", amount_ml="9.3", witness=OTHER.id)
    room.do("waste", vial="V1", of="syringe", amount_ml="20", witness=OTHER.id)
    room.do("deviation", what="the lights went out")
    room.do("review_deviation", DOCTOR, entry=room.state.deviations[0], finding="agreed")
    room.wait(61)
    room.well()
    room.do("discharge")
    room.do("amend", entry="e6", correction={"weight_kg": "71"}, reason="read it wrong")
    return room


def nasal() -> Room:
    """Two devices and a third that was told after the patient had left."""
    room = Room("esketamine-trd-us").recovering()
    room.do("leave_against_advice", advice="stay")
    room.do("device_given", device=3, vial="V3", order_version=1, amount_mg="14")
    return room


def never_dosed() -> Room:
    room = Room("esketamine-trd-eu").ready()
    room.do("withhold", reason="feverish")
    return room


def interactions() -> Room:
    """Asked three times: nobody knew, then it was said, then it was corrected."""
    room = Room("esketamine-trd-us").arrived()
    room.do("record_interactions", answer="unknown")
    room.do("record_interactions", answer="no")
    said = ["st_johns_wort", "rifampicin", "rifampicin"]
    room.do("record_interactions", answer="yes", interactions=said)
    return room


SESSIONS = {
    "infusion": infusion, "nasal": nasal, "never-dosed": never_dosed, "interactions": interactions,
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[2:] or SESSIONS:
        write(SESSIONS[name](), CORPUS / f"{sys.argv[1]}-{name}.ndjson")

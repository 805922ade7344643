"""What a session record says, in words, for page and paper alike: tables of plain text.

Times are the clinic's, with their zone; the two times of an entry, when it happened and when it was
recorded, both stand where they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from esker.clinic.pages.words import ROUTES, clock, date_time, day, moment, number
from esker.core.interactions import told

Json = Mapping[str, Any]
Row = list[str]
SAMPLE = timedelta(minutes=5)  # of the monitor's values; the whole series stays in the ledger
VITALS = ("sbp", "dbp", "spo2", "hr", "rr")
OUTCOMES = {
    "discharged": "discharged", "left": "left against advice", "transferred": "transferred",
    "cancelled": "cancelled", "withheld": "dose withheld",
}  # fmt: skip
DOSES = (
    "dose.drawn", "dose.started", "device.given", "infusion.paused", "infusion.resumed",
    "rate.changed", "dose.stopped", "dose.ended", "rescue.given",
)  # fmt: skip
LATE = timedelta(seconds=60)  # recorded so much later than it happened: both times are shown


class Record:
    """One session read for its record; `people` maps user names to names."""

    def __init__(self, session: Json, zone: str, people: Mapping[str, str]) -> None:
        self.s, self.zone, self.people = session, zone, people
        self.entries: list[Json] = list(session.get("entries") or ())

    def content(self, printed_at: datetime, checkpoint: str | None) -> dict[str, Any]:
        """Everything, ready to be set: pairs of label and value, then tables by title."""
        return {
            "simulation": bool(self.s.get("simulation")),
            "name": self.s["patient"]["name"],
            "printed": date_time(printed_at, self.zone),
            "facts": [*self._person(), *self._course()],
            "tables": [each for each in self._tables() if each["rows"]],
            "checkpoint": checkpoint,
        }

    # -- who, and under which rules -------------------------------------------------------------

    def _person(self) -> Iterator[Row]:
        who = self.s["patient"]
        allergies = who.get("allergies")
        yield ["Patient", who["name"]]
        yield ["Born", f"{day(who['born'])} ({who['age']} years)"]
        yield ["Number", who["mrn"]]
        yield [
            "Allergies",
            "not asked" if allergies is None else ", ".join(allergies) or "none known",
        ]
        if self.s.get("weight_kg"):
            at = date_time(self.s.get("weighed_at"), self.zone)
            yield ["Weight", f"{number(self.s['weight_kg'])} kg, {at}"]
        yield ["Consent on file", str(self.s.get("consent") or "unknown")]
        said = self.s.get("interactions")
        yield ["Interactions", told(said["answer"], said["named"]) if said else "not asked"]

    def _course(self) -> Iterator[Row]:
        protocol = self.s["protocol"]
        yield ["Protocol", f"{protocol['title']}, version {protocol['version']}"]
        yield ["Protocol hash", protocol["hash"]]
        yield [
            "Chair, monitor",
            f"{self.s.get('chair') or 'none'}, {self.s.get('monitor') or 'none'}",
        ]
        yield ["Planned", date_time(self.s.get("planned_at"), self.zone)]
        yield ["Given", f"{number(self.s.get('given_mg') or 0)} mg {protocol['drug']}"]
        yield ["All times", self.zone]
        outcome = self.s.get("outcome")
        yield ["Outcome", OUTCOMES.get(str(outcome), "the session is open")]

    def _tables(self) -> Iterator[dict[str, Any]]:
        yield _table("Orders", ["Version", "Order", "As needed", "Signed"], self._orders())
        yield _table("Readiness", ["Question", "Answer"], self._readiness())
        yield _table("Packs", ["Pack", "Drug", "Lot", "Expires", "Given", "Wasted"], self._packs())
        yield _table("Doses", ["Time", "What", "Amount", "By"], self._doses())
        yield _table(
            "Checks of the protocol",
            ["Due", "Check", "Done", "Pressure", "SpO\u2082", "Heart rate", "Breaths", "Scores"],
            self._checks(),
        )
        yield _table("Alarms", ["Raised", "Alarm", "Acknowledged", "Over"], self._alarms())
        yield _table("Overrides", ["Time", "What", "By"], self._of("override."))
        yield _table("Deviations", ["Time", "What", "By"], self._of("deviation."))
        yield _table("Before the door", ["Criterion", "Answer"], self._criteria())
        yield _table(
            "Monitor values, every five minutes",
            ["Time", "Pressure", "SpO\u2082", "Heart rate", "Breaths"],
            self._samples(),
        )
        yield _table("All entries", ["Happened", "Recorded", "Entry", "By"], self._all())

    # -- the drug -------------------------------------------------------------------------------

    def _orders(self) -> Iterator[Row]:
        for entry in self._kinds("order.signed"):
            said, signed = entry["body"], entry["body"].get("signature") or {}
            yield [
                str(said["version"]),
                _dose(said),
                "; ".join(_prn(each) for each in said.get("prns") or ()) or "none",
                f"{self._who(signed.get('signer') or entry['actor'])}, licence "
                f"{signed.get('licence') or 'not known'}, {self._at(entry['occurred_at'])}",
            ]

    def _packs(self) -> Iterator[Row]:
        for vial in self.s.get("vials") or ():
            name = vial["vial"]
            strength = (
                f" {number(vial['strength_mg_per_ml'])} mg/mL"
                if vial.get("strength_mg_per_ml")
                else ""
            )
            wasted = [e["body"] for e in self._kinds("vial.wasted") if e["body"]["vial"] == name]
            yield [
                name, vial["drug"] + strength, vial["lot"], day(vial["expires"]),
                self._given_of(name),
                "; ".join(self._waste(each) for each in wasted) or "nothing",
            ]  # fmt: skip

    def _given_of(self, vial: str) -> str:
        given = [g for g in self.s.get("given") or () if g["vial"] == vial]
        pump = self.s.get("infusion") or {}
        if pump.get("vial") == vial:
            return f"{number(self.s.get('given_mg') or 0)} mg of {number(pump['drawn_mg'])} drawn"
        return f"{number(sum(float(g['amount_mg']) for g in given))} mg" if given else "not given"

    def _waste(self, said: Json) -> str:
        amount = said.get("wasted_mg") or said.get("amount_mg")
        how = f"{number(amount)} mg" if amount is not None else "the rest"
        of = f" in the {said['of']}" if said.get("of") else ""
        return f"{how}{of}, witness {self._who(said['witness'])}"

    def _doses(self) -> Iterator[Row]:
        for entry in self._kinds(*DOSES):
            mg = entry["body"].get("amount_mg") or entry["body"].get("drawn_mg")
            amount = f"{number(mg)} mg" if mg is not None else ""
            yield [self._both(entry), entry["sentence"], amount, self._who(entry["actor"])]

    # -- what was seen --------------------------------------------------------------------------

    def _readiness(self) -> list[Row]:
        return [[q["text"], q.get("answer") or "not asked"] for q in self.s.get("readiness") or ()]

    def _criteria(self) -> list[Row]:
        asked = [
            [c["title"], c.get("answer") or "not answered"]
            for c in self.s.get("criteria") or ()
            if c["kind"] == "answer"
        ]
        seen = [["Escort", e["sentence"]] for e in self._kinds("escort.seen")]
        return asked + seen if self.s.get("phase") in {"recover", "home"} else []

    def _checks(self) -> Iterator[Row]:
        """Each timed check with what was charted in its window, or that nothing was."""
        titles = {each["id"]: each["title"] for each in self.s["protocol"].get("scales") or ()}
        for check in self.s.get("due") or ():
            seen = self._charted(str(check["opens_at"]), str(check["closes_at"]))
            scores = [f"{titles.get(n, n)} {seen[n]}" for n in check["scales"] if n in seen]
            none = "" if check["status"] in {"upcoming", "open"} else "-"
            shown = [seen.get(name, none) if name in check["channels"] else "" for name in VITALS]
            pressure = "/".join(shown[:2]) if shown[0] else ""
            yield [self._at(check["due_at"]), check["title"], check["status"], pressure,
                   *shown[2:], ", ".join(scores)]  # fmt: skip

    def _charted(self, since: str, until: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self._kinds("vitals.recorded", "scale.recorded"):
            at = str(entry["body"].get("observed") or entry["occurred_at"])
            if not moment(since) <= moment(at) <= moment(until):  # type: ignore[operator]
                continue
            for vital in entry["body"].get("vitals") or ():
                found[vital["channel"]] = number(vital["value"])
            if entry["kind"] == "scale.recorded":
                found[entry["body"]["scale"]] = number(entry["body"]["value"])
        return found

    def _samples(self) -> Iterator[Row]:
        rows: dict[datetime, dict[str, str]] = {}
        for each in self.s.get("readings") or ():
            at = moment(each["observed_at"])
            if at and each["source"] == "monitor":
                bin_ = datetime.min.replace(tzinfo=at.tzinfo)
                slot = at - (at - bin_) % SAMPLE
                rows.setdefault(slot, {})[each["channel"]] = number(each["value"])
        for slot, seen in sorted(rows.items()):
            pressure = f"{seen['sbp']}/{seen.get('dbp', '-')}" if "sbp" in seen else "-"
            yield [clock(slot, self.zone)[:5], pressure, *(seen.get(c, "-") for c in VITALS[2:])]

    def _alarms(self) -> Iterator[Row]:
        for entry in self._kinds("alarm.raised"):
            name, seq = entry["body"]["alarm"], entry["seq"]
            after = [e for e in self.entries if e["seq"] > seq and e["body"].get("alarm") == name]
            seen = next((e for e in after if e["kind"] == "alarm.acknowledged"), None)
            over = next((e for e in after if e["kind"] == "alarm.cleared"), None)
            if seen and over and seen["seq"] > over["seq"]:
                seen = None
            yield [
                self._at(entry["occurred_at"]),
                f"{entry['body']['priority'].upper()}: {entry['body']['sentence']}",
                f"{self._at(seen['occurred_at'])}, {self._who(seen['actor'])}" if seen else "no",
                self._at(over["occurred_at"]) if over else "still held",
            ]

    def _of(self, prefix: str) -> Iterator[Row]:
        for entry in self.entries:
            if entry["kind"].startswith(prefix):
                signed = entry["body"].get("signature") or {}
                licence = f", licence {signed['licence']}" if signed.get("licence") else ""
                yield [self._both(entry), entry["sentence"], self._who(entry["actor"]) + licence]

    def _all(self) -> Iterator[Row]:
        for entry in self.entries:
            yield [self._at(entry["occurred_at"]), self._at(entry["recorded_at"]),
                   entry["sentence"], self._who(entry["actor"])]  # fmt: skip

    # -- words ----------------------------------------------------------------------------------

    def _kinds(self, *kinds: str) -> list[Json]:
        return [entry for entry in self.entries if entry["kind"] in kinds]

    def _who(self, actor: str) -> str:
        return {"alarm-loop": "Esker, alarms"}.get(actor) or self.people.get(actor, actor)

    def _at(self, at: object) -> str:
        return clock(at, self.zone)

    def _both(self, entry: Json) -> str:
        happened, recorded = moment(entry["occurred_at"]), moment(entry["recorded_at"])
        late = happened and recorded and recorded - happened > LATE
        return self._at(happened) + (f" (recorded {self._at(recorded)})" if late else "")


def _dose(said: Json) -> str:
    """The order in words: drug, route, amount, and how it was worked out."""
    amount = f"{said['drug']}, {ROUTES.get(said['route'], said['route'])}, "
    amount += f"{number(said['ordered_mg'])} mg"
    if said.get("dose_mg_per_kg"):
        amount += f" ({number(said['dose_mg_per_kg'])} mg/kg for {number(said['weight_kg'])} kg)"
    return amount + (
        f" over {number(said['duration_min'])} min" if said.get("duration_min") else ""
    )


def _prn(prn: Json) -> str:
    route = ROUTES.get(prn["route"], prn["route"])
    return (
        f"{prn['name']} {number(prn['dose'])} {prn['unit']} {route} for {prn['for_what']}, "
        f"at most {prn['max_doses']}"
    )


def _table(title: str, head: list[str], rows: Iterable[Row]) -> dict[str, Any]:
    return {"title": title, "head": head, "rows": list(rows)}

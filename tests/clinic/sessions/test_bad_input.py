"""Bad requests through the real API: a status and a sentence each, nothing recorded."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from esker.clinic import tenancy
from esker.clinic.ledger import store
from esker.clinic.sessions import service
from tests.conftest import NOW

SOON = (NOW + timedelta(hours=1)).isoformat()
VIAL = {"drug": "ketamine", "form": "vial", "strength_mg_per_ml": "50", "volume_ml": "10"}
PUMP = {"order_version": 1, "vial": "V1", "diluent_ml": "49.3", "final_ml": "50"}
EVENT = {"kind": "adverse_event", "term": "nausea", "severity": "mild", "serious": False}
WHO = {"id": "p9", "name": "Demo Larch", "born": "1990-05-06", "mrn": "DEMO-9"}
OPEN = {"protocol_hash": "x" * 64, "planned_at": NOW.isoformat()}
SBP = {"channel": "sbp", "value": "120", "unit": "mmHg"}
DBP = SBP | {"channel": "dbp"}


def said(kind, **fields):
    return json.dumps({"id": str(uuid4()), "command": {"kind": kind, **fields}})


def vitals(**change):
    return said("record_vitals", vitals=[SBP | change])


# what it is: (body, status, words of the sentence)
BODIES = {
    "malformed JSON": ('{"id": ', 422, "not JSON"),
    "no text": (b"\xff\xfe\x00", 422, "not JSON"),
    "nothing": ("", 422, "."),
    "a list": ("[]", 422, "."),
    "a number": ("7", 422, "."),
    "an empty object": ("{}", 422, "Field required"),
    "nested without end": ('{"id":' + "[" * 100_000, 422, "."),
    "an id that is no UUID": ('{"id": "x", "command": {"kind": "start"}}', 422, "id: "),
    "a command that is no object": (json.dumps({"id": str(uuid4()), "command": 3}), 422, "command"),
    "no kind": (said(None), 422, "kind"),
    "an unknown kind": (said("fly"), 422, "fly"),
    "a kind that is a list": (said(["start"]), 422, "."),
    "a code that the catalogue has not": (
        said("scan_vial", code="(01)05099999999999(10)L1"), 422, "no product with this code",
    ),
    "an alarm that is not there": (said("pause_alarm", alarm="limit:sbp"), 409, "no alarm"),
    "an unknown field": (said("clear", order_version=1, colour="red"), 422, "colour"),
    "an unknown field beside the command": (
        json.dumps({"id": str(uuid4()), "command": EVENT, "colour": "red"}), 422, "colour",
    ),
    "a weight in stone": (said("weigh", weight="11", unit="stone"), 422, "'kg' or 'lb'"),
    "a pressure in kPa": (vitals(value="16", unit="kPa"), 409, "mmHg"),
    "systolic and diastolic in each other's place": (
        said("record_vitals", vitals=[SBP | {"value": "78"}, DBP | {"value": "124"}]), 409,
        "change places",
    ),
    "no vital at all": (said("record_vitals", vitals=[]), 422, "Fill in at least one"),
    "an unknown channel": (vitals(channel="mood"), 422, "channel"),
    "a pressure of 100,000": (vitals(value="100000"), 409, "Systolic"),
    "not a number": (vitals(value="NaN"), 422, "finite"),
    "a bare NaN": (said("weigh", weight=float("nan"), unit="kg"), 422, "."),
    "infinity": (said("weigh", weight=float("inf"), unit="kg"), 422, "."),
    "an exponent": (said("weigh", weight="1e999999", unit="kg"), 422, "."),
    "a number of 5,000 digits": (
        said("clear", order_version=0).replace(" 0}", " " + "9" * 5000 + "}"), 422, ".",
    ),
    "a huge order version": (said("clear", order_version=10**400), 409, "Not asked yet"),
    "less than nothing": (said("weigh", weight="-70", unit="kg"), 422, "greater than 0"),
    "an event in the future": (json.dumps({"id": str(uuid4()), "command": {
        **EVENT, "occurred_at": SOON}}), 409, "not come yet"),
    "vitals in the future": (
        said("record_vitals", vitals=[SBP], observed_at=SOON), 409, "not come yet",
    ),
    "a time without a zone": (
        said("record_vitals", vitals=[SBP], observed_at="2026-11-23T09:00:00"), 422, "timezone",
    ),
    "the first instant there is": (
        said("record_vitals", vitals=[SBP], observed_at="0001-01-01T00:00:00+14:00"), 422, "year",
    ),
    "the last instant there is": (
        said("record_vitals", vitals=[SBP], observed_at="9999-12-31T23:59:59-14:00"), 422, "year",
    ),
    "milligrams as millilitres": (
        said("draw_up", **PUMP, drawn_ml="35", pump_rate_ml_per_h="75"), 409, "mL",
    ),
    "a start before a clearance": (said("start", order_version=1), 409, "Not asked yet"),
    "a next device before the first": (said("next_device", order_version=1, device=2), 409, "."),
    "a reason of blanks": (said("pause", reason=" \n\u00a0"), 422, "Only blanks"),
    "fifteen written as 1_5": (said("weigh", weight="1_5", unit="kg"), 422, "digits 0 to 9"),
    "a date as a number": (
        json.dumps({"id": str(uuid4()), "command": {**EVENT, "occurred_at": 20261123}}),
        422, "written like 2026-11-23",
    ),
    "a time in milliseconds": (
        json.dumps({"id": str(uuid4()), "command": {**EVENT, "occurred_at": "1795444200000"}}),
        422, "written like 2026-11-23",
    ),
    "born on the number 0": (said("open_session", patient=WHO | {"born": 0}, **OPEN), 422, "born"),
    "a NUL in a text": (said("deviation", what="a\x00b"), 422, "."),
    "half a letter in a text": (said("deviation", what="\ud800"), 422, "."),
    "a text of 2 MB": (said("deviation", what="x" * 2_000_000), 422, "2000 characters"),
    "a body of 3 MB": (said("deviation", what="x" * 3_000_000), 413, "too large"),
}  # fmt: skip


@pytest.fixture
def infusion(clinic, nurse, prescriber):
    from esker.clinic import clock
    from tests.clinic.sessions.room import Room, install

    room = install(Room(clinic, nurse, prescriber, "ketamine-iv")).arrived()
    room.do("weigh", weight="70", unit="kg")
    order = {"dose_mg_per_kg": "0.5", "duration_min": "40", "weight_kg": "70"}
    answer = room.send(room.signed("sign_order", drug="ketamine", route="iv", **order), prescriber)
    assert answer.entries
    room.do("scan_vial", code="V1", vial="V1", lot="L1", expires="2027-12-31", read_by="prescriber",
            **VIAL)  # fmt: skip
    service.record_consent(room.clinic, "p1", "yes", by="nurse")
    yield room
    clock.install(clock.machine)


def browser(room):
    client = Client(raise_request_exception=False)
    client.force_login(room.nurse, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(room, body, kind="application/json", session=None):
    url = f"/api/v1/sessions/{session or room.session}/commands"
    return browser(room).post(url, body, kind)


def sentence(answer):
    told = answer.json()
    return " ".join(told.get("sentences") or [told.get("sentence", str(told))])


def recorded(room):
    with tenancy.scope(room.clinic):
        return [each.id for each in store.read(room.clinic, f"session:{room.session}")]


@pytest.mark.django_db
@pytest.mark.hazard(1)
def test_bad_input_is_told_in_a_sentence_and_records_nothing(infusion):
    """Ten times the dose (hazard 1) by mg for mL, and whatever else is wrong, is named."""
    before, wanted, found = recorded(infusion), {}, {}
    for what, (body, status, words) in BODIES.items():
        answer = post(infusion, body)
        told = sentence(answer)
        wanted[what] = (status, True)
        found[what] = (
            answer.status_code,
            (words in told and told.endswith((".", "?"))) or told[:300],
        )
    assert wanted == found
    assert before == recorded(infusion)


@pytest.mark.django_db
def test_the_content_type_is_not_believed(infusion):
    """What is JSON is taken as such, and what is not is refused, whatever it is called."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "image/png"):
        assert 422 == post(infusion, "kind=weigh&weight=70", kind).status_code
        weigh = infusion.payload("weigh", weight="70", unit="kg")
        assert 200 == post(infusion, json.dumps(weigh), kind).status_code


@pytest.mark.django_db
@pytest.mark.hazard(3)
def test_the_same_id_is_one_thing(infusion):
    """The same dose twice (hazard 3): an id sent again hears its answer; for another thing, 409."""
    first = infusion.payload("weigh", weight="70", unit="kg")
    other = first | {"command": {"kind": "weigh", "weight": "80", "unit": "kg"}}
    one, again = post(infusion, json.dumps(first)), post(infusion, json.dumps(first))
    assert (200, one.json()) == (one.status_code, again.json())
    before = recorded(infusion)
    reused = post(infusion, json.dumps(other))
    assert (409, "command_reused") == (reused.status_code, reused.json()["code"])
    assert before == recorded(infusion)


@pytest.mark.django_db
def test_a_session_that_is_not_there_is_404(infusion):
    """Whatever stands in the address."""
    for session in ("nobody", "%00", "x" * 3000, str(uuid4())):
        posted = post(infusion, said("start", order_version=1), session=session)
        asked = browser(infusion).get(f"/api/v1/sessions/{session}")
        for answer in (posted, asked):
            assert (404, True) == (answer.status_code, "There is no" in sentence(answer))


@pytest.mark.django_db
def test_a_consent_is_yes_no_or_unknown(infusion):
    """Anything else is malformed, and so is an id that is no UUID; nobody's consent is 404."""

    def told(patient, id, on_file):
        body = json.dumps({"id": id, "on_file": on_file})
        url = f"/api/v1/patients/{patient}/consent"
        answer = browser(infusion).post(url, body, "application/json")
        return answer.status_code, sentence(answer)[-1]

    for on_file in ("maybe", "", "\x00"):
        assert (422, ".") == told("p1", str(uuid4()), on_file)
    assert (422, ".") == told("p1", "x\x00", "yes")
    assert (404, ".") == told("%00", str(uuid4()), "yes")


LONG = "a" * 181
LONGS = {
    "a patient's id": ("open_session", {"patient": WHO | {"id": LONG}, **OPEN}),
    "a chair": ("pair_monitor", {"chair": LONG, "monitor": "MON-1"}),
    "a monitor": ("pair_monitor", {"chair": "Chair 1", "monitor": LONG}),
    "a scanned vial": (
        "scan_vial", {"code": "X", "vial": LONG, "lot": "L1", "expires": "2027-12-31", **VIAL},
    ),
    "a drawn vial": ("draw_up", PUMP | {"vial": LONG, "drawn_ml": "0.7", "pump_rate_ml_per_h": 75}),
    "a given vial": ("device_given", {"device": 1, "vial": LONG, "order_version": 1}),
    "a wasted vial": ("waste", {"vial": LONG, "amount_ml": "1", "witness": "prescriber"}),
}  # fmt: skip


@pytest.mark.django_db
def test_what_names_a_stream_or_fills_a_column_fits_it(infusion):
    """PostgreSQL holds 200 characters where SQLite holds any: neither is asked for more."""
    for what, (kind, fields) in LONGS.items():
        answer = post(infusion, said(kind, **fields))
        assert (422, True) == (answer.status_code, sentence(answer).endswith(".")), what
    dismissed = json.dumps({"id": str(uuid4()), "monitor": LONG, "until": SOON, "reason": "none"})
    url = "/api/v1/unclaimed/dismiss"
    assert 422 == browser(infusion).post(url, dismissed, "application/json").status_code


@pytest.mark.django_db
def test_a_new_session_has_a_uuid(infusion):
    """Pages could open no other; and one id that is written in two ways would be two sessions."""
    for session in ("mine", "x" * 300, str(uuid4()).upper()):
        opening = said("open_session", patient=WHO, **OPEN)
        answer = post(infusion, opening, session=session)
        assert (422, "UUID" in sentence(answer)) == (answer.status_code, True)

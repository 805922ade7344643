"""JSON near commands, on the demo's morning: an answer always, and what is accepted stays readable.

A valid command of each kind is spoilt in one place or two: a field gone, added, or made odd.
"""

from __future__ import annotations

import copy
import json

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from esker.clinic import clock
from esker.clinic.demo import cast, story
from esker.clinic.demo.pharmacy import DEVICES, VIALS_50
from esker.clinic.people.models import User
from esker.core.session.decide import KINDS
from tests.conftest import NOW

WHO = {"id": "p9", "name": "Demo Larch", "born": "1990-05-06", "mrn": "DEMO-9"}
VIAL = {"lot": "L1", "expires": "2027-12-31", "drug": "ketamine", "form": "vial",
        "strength_mg_per_ml": "50", "volume_ml": "10", "read_by": "nurse2"}  # fmt: skip
WHY = {"reason": "as it was said"}
FIELDS = {
    "open_session": {"patient": WHO, "protocol_hash": "x" * 64, "planned_at": NOW.isoformat()},
    "sign_order": {"drug": "ketamine", "route": "iv", "dose_mg_per_kg": "0.5", "duration_min": "40",
                   "weight_kg": "70", "prns": []},
    "arrive": {"identifiers": [{"what": "name", "value": "Demo Alder"},
                               {"what": "born", "value": "1984-04-12"}]},
    "answer_readiness": {"answers": {"food": "yes"}},
    "record_interactions": {"answer": "yes", "interactions": ["rifampicin"]},
    "weigh": {"weight": "70", "unit": "kg"},
    "pair_monitor": {"chair": "Chair 1", "monitor": "DEMO-MON-1"},
    "unpair_monitor": WHY,
    "claim_readings": {"readings": ["1"], **WHY},
    "record_vitals": {"vitals": [{"channel": "sbp", "value": "120", "unit": "mmHg"}],
                      "observed_at": NOW.isoformat()},
    "record_scale": {"scale": "cadss", "value": "3", "observed_at": NOW.isoformat()},
    "adverse_event": {"term": "nausea", "severity": "mild", "serious": False},
    "emergency": {"card": "hypertension"},
    "put_name": {"entry": "1", "name": "nurse"},
    "end_emergency": {"outcome": "well again"},
    "give_rescue": {"medicine": "ondansetron", "dose": "4", "unit": "mg", "route": "iv",
                    "prn": "ondansetron", "ordered_by": None},
    "scan_vial": {"code": VIALS_50[0].code, "vial": "V9", **VIAL},
    "draw_up": {"order_version": 1, "vial": VIALS_50[0].vial, "drawn_ml": "0.64",
                "diluent_ml": "49.36", "final_ml": "50", "pump_rate_ml_per_h": "75"},
    "clear": {"order_version": 1}, "start": {"order_version": 1}, "resume": {"order_version": 1},
    "next_device": {"order_version": 1, "device": 2},
    "device_given": {"device": 2, "vial": DEVICES[4].vial, "order_version": 1, "amount_mg": None},
    "change_rate": {"pump_rate_ml_per_h": "60", **WHY},
    "pause": WHY, "stop": WHY | {"given_ml": "20"}, "end_dose": {"given_ml": "50"},
    "waste": {"vial": VIALS_50[0].vial, "of": "vial", "amount_ml": "9.36", "witness": "nurse2"},
    "acknowledge_alarm": {"alarm": "limit:sbp"}, "pause_alarm": {"alarm": "limit:sbp"},
    "request_override": {"rule": "vitals_within:sbp", **WHY},
    "sign_override": {"rule": "vitals_within:sbp", **WHY},
    "decline_override": {"rule": "vitals_within:sbp", **WHY},
    "accept_time": {"entry": "1"}, "review_deviation": {"entry": "1", "finding": "seen"},
    "hand_over": {"to": "nurse2", "alarms": [], "due": []}, "accept_hand_over": {},
    "assess_discharge": {"answers": {"escort": "yes"}},
    "escort_seen": {"name": "Demo Escort", "relation": "sister", "drives": "yes"},
    "discharge": {}, "leave_against_advice": {"advice": "stay"},
    "transfer_out": {"to": "the hospital", **WHY}, "cancel": WHY, "withhold": WHY,
    "deviation": {"what": "the cuff slipped"},
    "amend": {"entry": "1", "correction": {"weight": "71"}, **WHY},
}  # fmt: skip
ODD = [
    None, True, 0, -1, 10**30, 1.5, [], {}, [[]], "", " ", "0", "-0", "1e-30", "1e30", "NaN",
    "1" * 40, "9" * 12, "12345678.5", "yes", "no", "x" * 2001, "x" * 201, "a\x00b", "\ud800",
    "<b>&amp;", "\u202e",
    "1900-01-01T00:00:00Z", "1970-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-11-23T08:59:59.9999999Z", "2026-11-23", "0.0000001", "٣", "1_000", "+5", "5 ", "0x10",
]  # fmt: skip
AT = ["2026-11-23T08:40:00Z", "2026-11-22T08:40:00Z", "1999-11-23T08:40:00+14:00", "1900-01-01"]
odd = st.sampled_from(ODD) | st.text(max_size=5) | st.integers() | st.floats()
PAGES = (
    "/api/v1/sessions/{}", "/chair/{}/", "/record/{}/", "/chair/{}/chart/", "/record/{}/pdf/",
)  # fmt: skip


def places(said, above=()):
    """Every field of what is said, as the path to it."""
    for name in said if isinstance(said, dict) else range(len(said)):
        yield (*above, name)
        if isinstance(said[name], dict | list):
            yield from places(said[name], (*above, name))


def put(said, place, value):
    *above, last = place
    for name in above:
        said = said[name]
    said[last] = value


@st.composite
def spoilt(draw):
    """A command with one or two fields made odd, or one taken away."""
    kind = draw(st.sampled_from(sorted(FIELDS)))
    said = copy.deepcopy({"kind": kind, **FIELDS[kind]})
    if draw(st.booleans()):
        said["occurred_at"] = draw(st.sampled_from(AT))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(list(places(said))))
        if len(place) == 1 and place != ("kind",) and draw(st.integers(0, 4)) == 0:
            del said[place[0]]
        else:
            put(said, place, draw(odd))
    return said


def test_every_kind_of_command_is_fuzzed():
    assert set(KINDS) == set(FIELDS)


@pytest.fixture
def nurse(db):
    story.morning(NOW)
    client = Client(raise_request_exception=False)
    user = User.objects.get(username="nurse")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    yield client
    clock.install(clock.machine)


@pytest.mark.hazard(34)
def test_fuzz_a_command_is_accepted_or_refused_in_a_sentence_and_pages_stay_readable(nurse):
    """Never a fault of ours; and nothing is accepted that a page or the record cannot show."""
    sessions = st.sampled_from([each.session for each in cast.PATIENTS])

    @effort(suppress_health_check=list(HealthCheck))
    @given(spoilt(), sessions, st.uuids())
    def answered(said, session, id):
        with transaction.atomic():
            hold(nurse, session, said, id)
            transaction.set_rollback(True)

    answered()


def hold(client, session, said, id):
    body = json.dumps({"id": str(id), "command": said})
    url = f"/api/v1/sessions/{session}/commands"
    answer = client.post(url, body, "application/json")
    told = answer.json()
    assert answer.status_code in (200, 409, 422), told
    if answer.status_code == 200:
        assert told["entries"]
        shown = {page: client.get(page.format(session)).status_code for page in PAGES}
        assert set(shown.values()) == {200}, shown
    for sentence in told.get("sentences", [told.get("sentence", ".")]):
        assert sentence.endswith((".", "?", ")")), told

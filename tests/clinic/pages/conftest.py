"""One session as the query answers it, in the shape that the pages read."""

import pytest

AT = "2026-11-23T09:30:00+00:00"


def vital(value, band="go", sentence=None):
    limits = {"low": "90", "high": "140"}
    return {
        "value": value, "unit": "mmHg", "observed_at": AT, "age_s": 4, "stale": False,
        "limits": limits, "band": band, "sentence": sentence, "reading": "r1", "trend": None,
    }  # fmt: skip


def example():
    return {
        "id": "5a8f3a0e-59a5-4c1c-9b5a-2a0f6c1c0001", "now": AT, "simulation": True,
        "phase": "clear", "phase_since": AT, "dosing": "not_started", "outcome": None,
        "me": "nurse",
        "weight_kg": "71.5", "overrides": {"asked": {}, "signed": {}}, "elsewhere": [],
        "devices": {"allowed": 0, "given": 0, "ordered": 2}, "people": [], "free_chairs": [],
        "chair": "Chair 2", "monitor": "DEMO-MON-2",
        "patient": {"name": "Demo <Alder>", "born": "1984-04-12", "age": 42, "mrn": "DEMO-1001",
                    "allergies": None},
        "protocol": {"id": "p", "title": "Nasal", "version": 1, "hash": "ab", "drug": "esketamine",
                     "name": "esketamine", "route": "nasal", "form": "device", "scales": []},
        "order": {"version": 3, "route": "nasal", "dose_mg": "56", "weight_kg": "71.5", "prns": []},
        "vitals": {"sbp": vital("120"), "dbp": vital("112", "hold", "Diastolic is over 110.")},
        "readings": [{"id": "r", "channel": "sbp", "value": "120", "unit": "mmHg",
                      "observed_at": AT, "source": "monitor", "late": False}],
        "clocks": [], "due": [], "alarms": [
            {"id": "low", "priority": "low", "sentence": "Low.", "status": "sounding",
             "raised_at": AT},
            {"id": "high", "priority": "high", "sentence": "High.", "status": "sounding",
             "raised_at": AT},
        ],
        "commands": [
            {"kind": "scan_vial", "allowed": True},
            {"kind": "adverse_event", "allowed": True},
            {"kind": "record_vitals", "allowed": True},
            {"kind": "request_override", "allowed": True},
            {"kind": "sign_override", "allowed": False, "code": "role", "sentence": "No."},
            {"kind": "arrive", "allowed": False, "sentence": "Already here."},
            {"kind": "clear", "allowed": False, "strength": "hold", "rule": "vitals_within:dbp",
             "sentence": "Diastolic is over 110."},
        ],
        "readiness": [], "criteria": [], "vials": [], "draw": {}, "given_mg": "0", "rescue": [],
        "entries": [{"id": "e", "seq": 1, "kind": "session.opened", "occurred_at": AT,
                     "actor": "nurse", "sentence": "Opened.", "body": {}}],
    }  # fmt: skip


@pytest.fixture
def session():
    return example()

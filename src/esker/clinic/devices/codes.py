"""Which codes are believed to mean which channel: MDC (ISO/IEEE 11073-10101) and LOINC.

A reading is used only when number and name agree with one row here. A code that is not here is
listed as unread; guessing from a name is how a wrong number gets onto a chart.
"""

from __future__ import annotations

from dataclasses import dataclass

from esker.core.monitoring.channels import Channel


@dataclass(frozen=True, slots=True)
class Meaning:
    channel: Channel
    method: str
    names: tuple[str, ...]


def _mdc(channel: Channel, method: str, *names: str) -> Meaning:
    return Meaning(channel, method, tuple(f"mdc_{name}" for name in names))


CODES: dict[tuple[str, str], Meaning] = {
    ("150456", "MDC"): _mdc(Channel.SPO2, "oximeter", "puls_oxim_sat_o2"),
    ("149530", "MDC"): _mdc(Channel.HR, "oximeter", "puls_oxim_puls_rate"),
    ("149546", "MDC"): _mdc(Channel.HR, "cuff", "puls_rate_non_inv"),
    ("147842", "MDC"): _mdc(Channel.HR, "ecg", "ecg_heart_rate", "ecg_card_beat_rate"),
    ("150301", "MDC"): _mdc(Channel.SBP, "cuff", "press_cuff_sys"),
    ("150302", "MDC"): _mdc(Channel.DBP, "cuff", "press_cuff_dia"),
    ("150303", "MDC"): _mdc(Channel.MAP, "cuff", "press_cuff_mean"),
    ("150021", "MDC"): _mdc(Channel.SBP, "cuff", "press_bld_noninv_sys"),
    ("150022", "MDC"): _mdc(Channel.DBP, "cuff", "press_bld_noninv_dia"),
    ("150023", "MDC"): _mdc(Channel.MAP, "cuff", "press_bld_noninv_mean"),
    ("151562", "MDC"): _mdc(Channel.RR, "monitor", "resp_rate"),
    ("8480-6", "LN"): Meaning(Channel.SBP, "cuff", ("systolic blood pressure",)),
    ("8462-4", "LN"): Meaning(Channel.DBP, "cuff", ("diastolic blood pressure",)),
    ("8478-0", "LN"): Meaning(Channel.MAP, "cuff", ("mean blood pressure",)),
    ("8867-4", "LN"): Meaning(Channel.HR, "monitor", ("heart rate",)),
    ("59408-5", "LN"): Meaning(
        Channel.SPO2, "oximeter", ("oxygen saturation by pulse oximetry", "spo2")
    ),
    # Not here: 2708-6, which is blood in the laboratory as often as a finger in the chair.
    ("9279-1", "LN"): Meaning(Channel.RR, "monitor", ("respiratory rate", "respiration rate")),
}

PER_MINUTE = frozenset({"/min", "per minute", "1/min"})
BEATS = frozenset({"{beats}/min", "beats/min", "beats per minute", "bpm"})
BREATHS = frozenset({"{breaths}/min", "breaths/min", "breaths per minute"})

# Per channel: code and system of each unit, and the names that agree with it. None is no name.
UNITS: dict[Channel, dict[tuple[str, str], frozenset[str]]] = {
    Channel.SBP: {
        ("266016", "MDC"): frozenset({"mdc_dim_mmhg"}),
        ("mm[Hg]", "UCUM"): frozenset(
            {
                "mm[hg]",
                "mmhg",
                "mm hg",
                "millimeter of mercury",
                "millimetre of mercury",
                "millimeters of mercury",
                "millimetres of mercury",
            }
        ),
    },
    Channel.SPO2: {
        ("262688", "MDC"): frozenset({"mdc_dim_percent"}),
        ("%", "UCUM"): frozenset({"%", "percent"}),
    },
    Channel.HR: {
        ("264864", "MDC"): frozenset({"mdc_dim_beat_per_min"}),
        ("/min", "UCUM"): PER_MINUTE | BEATS,
        ("{beats}/min", "UCUM"): PER_MINUTE | BEATS,
    },
    Channel.RR: {
        ("264928", "MDC"): frozenset({"mdc_dim_resp_per_min"}),
        ("/min", "UCUM"): PER_MINUTE | BREATHS,
        ("{breaths}/min", "UCUM"): PER_MINUTE | BREATHS,
    },
}
UNITS[Channel.DBP] = UNITS[Channel.MAP] = UNITS[Channel.SBP]

# What a sensor can show at all (unsigned engineering defaults); limits are the protocol's business.
PLAUSIBLE = {
    Channel.SBP: (40, 280), Channel.DBP: (20, 180), Channel.MAP: (20, 220), Channel.HR: (20, 250),
    Channel.SPO2: (40, 100), Channel.RR: (2, 60),
}  # fmt: skip

"""What a simulated monitor writes: real HL7 v2 in two flavours.

`pcd` is IHE PCD-01 with MDC codes (HL7 2.6), `loinc` a gateway's LOINC codes (HL7 2.5.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from esker.core.monitoring.channels import Channel

Flavour = Literal["pcd", "loinc"]


@dataclass(frozen=True, slots=True)
class Code:
    """How one channel is written: code^name, unit, containment path."""

    observation: str
    unit: str
    path: str = ""


CODES: dict[Flavour, dict[Channel, Code]] = {
    "pcd": {
        Channel.SBP: Code("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC", "1.13.1.1"),  # noqa: E501
        Channel.DBP: Code("150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "266016^MDC_DIM_MMHG^MDC", "1.13.1.2"),  # noqa: E501
        Channel.HR: Code("147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", "1.7.4.1"),  # noqa: E501
        Channel.SPO2: Code("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC", "1.6.1.1"),  # noqa: E501
        Channel.RR: Code("151562^MDC_RESP_RATE^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC", "1.14.1.1"),
    },
    "loinc": {
        Channel.SBP: Code("8480-6^Systolic blood pressure^LN", "mm[Hg]^mmHg^UCUM"),
        Channel.DBP: Code("8462-4^Diastolic blood pressure^LN", "mm[Hg]^mmHg^UCUM"),
        Channel.HR: Code("8867-4^Heart rate^LN", "/min^/min^UCUM"),
        Channel.SPO2: Code("59408-5^Oxygen saturation by pulse oximetry^LN", "%^%^UCUM"),
        Channel.RR: Code("9279-1^Respiratory rate^LN", "/min^/min^UCUM"),
    },
}  # fmt: skip


def message(
    monitor_identity: str,
    control_id: str,
    observed_at: datetime,
    values: Mapping[Channel, int | None],
    flavour: Flavour = "pcd",
    private: Mapping[str, str] | None = None,
) -> bytes:
    """One ORU^R01 without its frame.

    None is a value that the sensor could not get (status X). `private` is what a maker adds under
    codes of its own: name and value.
    """
    sent, rows = _time(observed_at), [_header(monitor_identity, control_id, observed_at, flavour)]
    rows += ["PID|1", f"PV1|1|O|SIMULATION^^{monitor_identity}"]
    panel = "182777000^monitoring of patient^SCT" if flavour == "pcd" else "85353-1^Vital signs^LN"
    rows.append(f"OBR|1|{control_id}|{control_id}|{panel}|||{sent}")
    found = [_observed(CODES[flavour][channel], value) for channel, value in values.items()]
    found += [f"NM|{name}^^99SIM||{value}||||||F" for name, value in (private or {}).items()]
    for place, row in enumerate(found, start=1):
        own = f"OBX|{place}|{row}|||{sent}"
        rows.append(f"{own}||||{monitor_identity}^ESKER-SIM" if flavour == "pcd" else own)
    return ("\r".join(rows) + "\r").encode()


def _observed(code: Code, value: int | None) -> str:
    said, status = ("", "X") if value is None else (str(value), "F")
    return f"NM|{code.observation}|{code.path}|{said}|{code.unit}|||||{status}"


def _header(identity: str, control_id: str, at: datetime, flavour: Flavour) -> str:
    sent = _time(at)
    if flavour == "loinc":
        return f"MSH|^~\\&|{identity}|SIMULATION|ESKER|CLINIC|{sent}||ORU^R01|{control_id}|P|2.5.1"
    return (
        f"MSH|^~\\&|ESKERSIM^{identity}^EUI-64|SIMULATION|ESKER|CLINIC|{sent}||ORU^R01^ORU_R01|"
        f"{control_id}|P|2.6|||AL|NE||UNICODE UTF-8|||"
        "PCD_DEC_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
    )


def _time(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03d}+0000"

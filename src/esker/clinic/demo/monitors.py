"""Simulated bedside monitors that speak real HL7 v2 over a real MLLP socket.

A scenario is a pure function from minutes and a seed to vitals, so that a demo day can be repeated.
Two flavours of sender: `pcd` (IHE PCD-01, MDC codes, HL7 2.6) and `loinc` (a gateway, HL7 2.5.1).
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from esker.core.monitoring.channels import Channel

Flavour = Literal["pcd", "loinc"]
START, END = b"\x0b", b"\x1c\x0d"
CUFF = (Channel.SBP, Channel.DBP)
CUFF_MIN = 5  # minutes between cuff measurements
RETRY_S = 2.0
ANSWER_S = 10.0


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


@dataclass(frozen=True, slots=True)
class Monitor:
    """One simulated monitor: identity in its messages, and the seed of its patient."""

    identity: str
    seed: int = 0
    flavour: Flavour = "pcd"
    scenario: str | None = None  # None: that of the run


# -- vitals ---------------------------------------------------------------------------------------

Vitals = dict[Channel, float]
SETTLED: Vitals = {
    Channel.SBP: 122, Channel.DBP: 76, Channel.HR: 72, Channel.SPO2: 97.4, Channel.RR: 14.5,
}  # fmt: skip
SWING: Vitals = {
    Channel.SBP: 4, Channel.DBP: 3, Channel.HR: 3, Channel.SPO2: 0.8, Channel.RR: 1.2,
}  # fmt: skip


def vitals(scenario: str, minutes: float, seed: int = 0) -> dict[Channel, int]:
    """All channels at `minutes` after the start; empty when the monitor says nothing."""
    if scenario == "silent" and minutes >= 1:
        return {}
    found = {channel: _resting(channel, minutes, seed) for channel in SETTLED}
    for channel, change in CHANGES[scenario](minutes).items():
        found[channel] += change
    found[Channel.SPO2] = min(found[Channel.SPO2], 100)
    return {channel: round(value) for channel, value in found.items()}


def _resting(channel: Channel, minutes: float, seed: int) -> float:
    """Slow waves of several periods: smooth, never flat, and the same for the same seed."""
    chance = random.Random(f"{seed}:{channel}")  # noqa: S311  (a play, not a secret)
    own = SETTLED[channel] + chance.uniform(-1, 1) * SWING[channel] / 2
    waves = [(period, chance.uniform(0, 2 * math.pi)) for period in (0.4, 1.7, 7.3)]
    swing = sum(math.sin(2 * math.pi * minutes / period + phase) for period, phase in waves)
    return own + SWING[channel] * swing / 3


def _ramp(minutes: float, begins: float, over: float) -> float:
    """0 before `begins`, then smoothly up to 1 in `over` minutes."""
    place = min(max((minutes - begins) / over, 0), 1)
    return place * place * (3 - 2 * place)


def _calm(minutes: float) -> Vitals:
    """The mild rise that a dose is expected to give, and its end."""
    rise = _ramp(minutes, 5, 30) - _ramp(minutes, 50, 40)
    return {Channel.SBP: 14 * rise, Channel.DBP: 8 * rise, Channel.HR: 8 * rise}


def _hypertensive(minutes: float) -> Vitals:
    rise = _ramp(minutes, 0, 4)
    return {Channel.SBP: 68 * rise, Channel.DBP: 38 * rise, Channel.HR: 22 * rise}


def _desaturation(minutes: float) -> Vitals:
    """Saturation falls within a minute and a half, and comes back after four."""
    fall = _ramp(minutes, 0.5, 1) - _ramp(minutes, 4, 2)
    return {Channel.SPO2: -11 * fall, Channel.RR: -6 * fall, Channel.HR: 12 * fall}


def _artefact(minutes: float) -> Vitals:
    """A loose probe: for 8 s in each minute the oximeter shows nonsense."""
    loose = (minutes * 60) % 60 >= 52
    return {Channel.SPO2: -75, Channel.HR: 150} if loose else {}


CHANGES: dict[str, Callable[[float], Vitals]] = {
    "calm": _calm,
    "hypertensive": _hypertensive,
    "desaturation": _desaturation,
    "artefact": _artefact,
    "silent": lambda _minutes: {},
}


# -- messages -------------------------------------------------------------------------------------


def message(
    monitor_identity: str,
    control_id: str,
    observed_at: datetime,
    values: Mapping[Channel, int | str],
    flavour: Flavour = "pcd",
    cuff_at: datetime | None = None,
) -> bytes:
    """One ORU^R01 without its frame; `cuff_at` is the cuff's own, older, time."""
    sent, rows = _time(observed_at), [_header(monitor_identity, control_id, observed_at, flavour)]
    rows += ["PID|1", f"PV1|1|O|SIMULATION^^{monitor_identity}"]
    panel = "182777000^monitoring of patient^SCT" if flavour == "pcd" else "85353-1^Vital signs^LN"
    rows.append(f"OBR|1|{control_id}|{control_id}|{panel}|||{sent}")
    for place, (channel, value) in enumerate(values.items(), start=1):
        code = CODES[flavour][channel]
        own = _time(cuff_at) if cuff_at and channel in CUFF else sent
        path = f"{code.path}" if flavour == "pcd" else ""
        row = f"OBX|{place}|NM|{code.observation}|{path}|{value}|{code.unit}|||||F|||{own}"
        rows.append(f"{row}||||{monitor_identity}^ESKER-SIM" if flavour == "pcd" else row)
    return ("\r".join(rows) + "\r").encode()


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


# -- the socket -----------------------------------------------------------------------------------


def said(
    monitor: Monitor, scenario: str, started_at: datetime, at: datetime
) -> tuple[dict[Channel, int], datetime] | None:
    """What the monitor shows at `at`, and when its cuff last measured; None while it is silent."""
    minutes = (at - started_at) / timedelta(minutes=1)
    shown = vitals(scenario, minutes, monitor.seed)
    if not shown:
        return None
    measured = math.floor(minutes / CUFF_MIN) * CUFF_MIN
    cuff = vitals(scenario, measured, monitor.seed)
    values = shown | {channel: cuff[channel] for channel in CUFF if channel in cuff}
    return values, started_at + timedelta(minutes=measured)


async def run(
    host: str,
    port: int,
    monitors: Sequence[Monitor],
    scenario: str,
    clock: Callable[[], datetime],
    period_s: float = 1.0,
) -> None:
    """Let all monitors speak until cancelled; each has its own connection and reconnects."""
    started_at = clock()
    async with asyncio.TaskGroup() as group:
        for each in monitors:
            own = replace(each, scenario=each.scenario or scenario)
            group.create_task(_speak(host, port, own, clock, started_at, period_s))


async def _speak(
    host: str, port: int, monitor: Monitor, clock: Callable[[], datetime], started_at: datetime,
    period_s: float,
) -> None:  # fmt: skip
    waiting = _messages(monitor, clock, started_at)
    unsent: bytes | None = None
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(RETRY_S)
            continue
        try:
            while True:
                unsent = unsent or next(waiting)
                if unsent:
                    await send(reader, writer, unsent)
                unsent = None
                await asyncio.sleep(period_s)
        except (OSError, EOFError, TimeoutError, ValueError):
            await asyncio.sleep(RETRY_S)  # the same message goes again: it has not been accepted
        finally:
            writer.close()


def _messages(
    monitor: Monitor, clock: Callable[[], datetime], started_at: datetime
) -> Iterator[bytes]:
    """The next message each time; empty while the monitor is silent."""
    while True:
        at = clock()
        found = said(monitor, monitor.scenario or "calm", started_at, at)
        control_id = f"{monitor.identity}-{int(at.timestamp() * 1000)}"
        yield b"" if found is None else message(
            monitor.identity, control_id, at, found[0], monitor.flavour, found[1]
        )  # fmt: skip


async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> None:
    """Send one message and wait for its AA. Raises ValueError on any other answer."""
    writer.write(START + raw + END)
    await writer.drain()
    # Not wait_for(): in Python 3.11 it swallows a cancellation that meets the answer.
    async with asyncio.timeout(ANSWER_S):
        answer = await reader.readuntil(END)
    if b"\rMSA|AA|" not in answer and b"\rMSA|CA|" not in answer:
        raise ValueError("the gateway did not accept the message")

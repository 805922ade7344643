"""The alarm conditions of the vitals, said again as plainly and slowly as possible.

It looks at every reading from the beginning, keeps its own bookkeeping, and shares no code with
`esker.core.monitoring` beyond the protocol's data.
"""

from datetime import timedelta
from itertools import pairwise

AHEAD = timedelta(minutes=5)


def expected(state, readings, protocol, at):
    """Condition id -> (priority, since, until) of what must be wrong at `at`."""
    usable = sorted(
        (r for r in readings if not r.late and r.observed_at <= at + AHEAD),
        key=lambda r: r.observed_at,
    )
    found = {}
    for signal in protocol.monitoring:
        heard = [r for r in usable if r.channel == signal.channel]
        low, high = (bound.value for bound in signal.plausible)
        believed = [r for r in heard if low <= r.value <= high]
        found |= _limits(state, signal, believed, protocol, at)
        found |= _relatives(state, signal, believed, protocol, at)
        wild = [(_when(r), _kind(protocol, "implausible").priority
                 if not low <= r.value <= high else None) for r in heard]  # fmt: skip
        found |= _named(
            f"implausible:{signal.channel}", _stretch(wild, "implausible", protocol, at)
        )
        found |= _probe(signal, heard, usable, protocol, at)
        found |= _silent(state, signal, believed, protocol, at)
    ahead = [r.received_at for r in readings if r.observed_at > at + AHEAD]
    if ahead:
        found["device_skew"] = (_kind(protocol, "device_skew").priority, min(*ahead, at), None)
    return found


def _when(reading):
    """A clock that runs ahead puts nothing off."""
    return min(reading.observed_at, reading.received_at)


def _kind(protocol, kind):
    return next(each for each in protocol.alarms.conditions if each.id == kind)


def _seconds(number):
    return timedelta(seconds=float(number.value))


def _named(name, stretch):
    return {} if stretch is None else {name: stretch}


def _limits(state, signal, believed, protocol, at):
    tables = [t for t in protocol.tables if t.channel == signal.channel and state.phase in t.phase]
    seen = []
    for reading in believed:
        band = next((b for t in tables for b in t.bands if _within(b, reading.value)), None)
        bad = band is not None and band.alarm != "none"
        seen.append((_when(reading), band.alarm if bad else None))
    return _named(f"limit:{signal.channel}", _stretch(seen, "limit", protocol, at))


def _within(band, value):
    low = value >= band.from_ if band.from_ is not None else value > band.above
    return low and (value <= band.to if band.to is not None else value < band.below)


def _relatives(state, signal, believed, protocol, at):
    found = {}
    for rule in protocol.relative:
        baseline = state.baseline.get(signal.channel)
        if rule.alarm == "none" or state.phase not in rule.phase or baseline is None:
            continue  # a note at the gates, which does not ring
        if rule.channel != signal.channel:
            continue
        size = rule.at_least.value
        if rule.at_least.unit == "%" and signal.channel != "spo2":
            size = baseline * size / 100
        seen = []
        for r in believed:
            change = r.value - baseline if rule.change == "rise" else baseline - r.value
            seen.append((_when(r), rule.alarm if change >= size else None))
        stretch = _stretch(seen, "relative", protocol, at)
        lasting = timedelta(minutes=float(rule.lasting.value))
        if stretch and (stretch[2] or at) - stretch[1] >= lasting:
            found[f"relative:{rule.id}"] = (stretch[0], stretch[1] + lasting, stretch[2])
    return found


def _stretch(seen, kind, protocol, at):
    """(priority, since, until) of the stretch of bad readings that stands at `at`."""
    clear = _seconds(_kind(protocol, kind).clear_after)
    since = until = priority = None
    for moment, bad in seen:
        if until is not None and moment - until >= clear:
            since = until = priority = None
        if bad is not None:
            since, until, priority = since or moment, None, bad
        elif since is not None:
            until = until or moment
    if since is None or (until is not None and at - until >= clear):
        return None
    return priority, min(since, at), until


def _sensors(readings):
    names = {(r.device, r.method) for r in readings if r.device is not None}
    return {n: [r for r in readings if (r.device, r.method) == n] for n in names}


def _flat_since(readings, signal):
    if signal.flat_after is None or len(readings) < 3:
        return None
    for start in range(len(readings)):
        run = readings[start:]
        if len({r.value for r in run}) == 1 and len(run) >= 3:
            became = run[0].observed_at + _seconds(signal.flat_after)
            return became if run[-1].observed_at >= became else None
    return None


def _probe(signal, heard, usable, protocol, at):
    flat, jumps = [], []
    recent = _seconds(_kind(protocol, "jump").clear_after)
    for (device, method), readings in _sensors(heard).items():
        since = _flat_since(readings, signal)
        other = next((s for s in protocol.monitoring if s.channel == signal.flat_with), None)
        if since and other:
            beside = _sensors(
                [r for r in usable if r.channel == other.channel and r.device == device]
            )
            mine = [v for (_, m), v in beside.items() if m == method] or list(beside.values())
            still = [_flat_since(each, other) for each in mine]
            since = max([since, *still]) if all(still) else None
        flat += [since] if since else []
        for before, after in pairwise(readings):
            if signal.jump and abs(after.value - before.value) >= signal.jump.value:
                quick = after.observed_at - before.observed_at <= _seconds(signal.jump_within)
                jumps += [after.observed_at] if quick and at - after.observed_at < recent else []
    found = {}
    if flat:
        found[f"flat:{signal.channel}"] = (_kind(protocol, "flat").priority, min(*flat, at), None)
    if jumps:
        found[f"jump:{signal.channel}"] = (
            _kind(protocol, "jump").priority,
            min(max(jumps), at),
            None,
        )
    return found


def _silent(state, signal, heard, protocol, at):
    if state.monitor is None:
        return {}
    mine = [r for r in heard if r.device == state.monitor]
    if not mine and signal.channel not in protocol.required:
        return {}
    allowed = _seconds(signal.lost_after)
    if signal.on_interval:
        plans = [c.every or c.at[0] for c in protocol.checks if signal.channel in c.channels]
        planned = timedelta(minutes=max(float(each.value) for each in plans))
        times = sorted({r.observed_at for r in mine})
        allowed += min(times[-1] - times[-2], planned) if len(times) > 1 else planned
    spoke = [_when(r) for r in mine]
    since = max([state.paired_at, *spoke]) + allowed
    if at <= since:
        return {}
    return {f"lost_signal:{signal.channel}": (_kind(protocol, "lost_signal").priority, since, None)}

"""A regimen laid out on the solver's own clock: knots, the distinct steps between them, events.

Outputs and events need not share a grid. Every output time and every start or end of an input is a
knot; equal gaps share one table of decay factors, so a regular grid with a few events off it costs
no more than the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Gaps that agree to this many minutes share their factors: the rounding of a time, not more.
SAME_GAP_MIN = 1e-11
STRETCH = 4  # knots that the kernels take at once


@dataclass(frozen=True, slots=True)
class Input:
    """One stretch of drug into one channel: a bolus when `duration_min` is 0.

    `column` picks the row of the (columns, patients) matrix of amounts in mg.
    """

    channel: int
    column: int
    start_min: float
    duration_min: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Knots in time order with what happens at each; see `lay_out`.

    A stretch is up to four knots of which only the last may have events: the kernels take it in one
    go. `stretch_gaps` (stretches, 4) are its gaps' numbers; gap 0 lasts no time and fills it up.
    """

    gaps_min: Floats
    gap_of_knot: Ints
    stretch_end: Ints
    stretch_gaps: Ints
    output_of_knot: Ints
    first_event: Ints
    event_channel: Ints
    event_column: Ints
    event_scale: Floats  # 0 marks a bolus, else +-1/duration: a change of rate per mg
    delivered: Floats  # share of each column's amount that has arrived by the last output


def lay_out(inputs: tuple[Input, ...], columns: int, times_min: Floats) -> Timeline:
    """Merge events and output times; an output at the time of an event sees it done.

    Parameters
    ----------
    inputs
        Doses; those that start after the last output are left out.
    columns
        Number of amount columns.
    times_min
        Sorted output times.
    """
    end = float(times_min[-1])
    events: list[tuple[float, int, int, float]] = []
    delivered = np.zeros(columns)
    for one in inputs:
        if one.start_min > end:
            continue
        if one.duration_min == 0.0:
            events.append((one.start_min, one.channel, one.column, 0.0))
            delivered[one.column] = 1.0
            continue
        stop, rate = one.start_min + one.duration_min, 1.0 / one.duration_min
        events.append((one.start_min, one.channel, one.column, rate))
        if stop <= end:
            events.append((stop, one.channel, one.column, -rate))
        delivered[one.column] = min(1.0, (end - one.start_min) * rate)
    events.sort(key=lambda event: (event[0], -event[3]))
    return _timeline(events, times_min, delivered)


def _timeline(
    events: list[tuple[float, int, int, float]], times_min: Floats, delivered: Floats
) -> Timeline:
    when = np.array([event[0] for event in events], dtype=np.float64)
    knots = np.unique(np.concatenate([when, times_min]))
    gaps = np.diff(knots, prepend=knots[0])
    # The mean of a group, not its key: a key's own rounding would add up over the steps.
    gap_of_knot = np.unique(np.round(gaps / SAME_GAP_MIN), return_inverse=True)[1]
    shared = np.bincount(gap_of_knot, weights=gaps) / np.bincount(gap_of_knot)
    output = np.full(knots.size, -1, dtype=np.int64)
    output[np.searchsorted(knots, times_min)] = np.arange(times_min.size)
    first_event = np.searchsorted(when, np.append(knots, np.inf)).astype(np.int64)
    ends, stretches = _stretches(gap_of_knot, np.diff(first_event) > 0)
    return Timeline(
        gaps_min=shared,
        gap_of_knot=gap_of_knot.astype(np.int64),
        stretch_end=ends,
        stretch_gaps=stretches,
        output_of_knot=output,
        first_event=first_event,
        event_channel=np.array([event[1] for event in events], dtype=np.int64),
        event_column=np.array([event[2] for event in events], dtype=np.int64),
        event_scale=np.array([event[3] for event in events], dtype=np.float64),
        delivered=delivered,
    )


def _stretches(gap_of_knot: Ints, eventful: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """(stretches,) where each ends, (stretches, 4) its gaps."""
    ends: list[int] = []
    gaps: list[list[int]] = []
    begin = 0
    while begin < gap_of_knot.size:
        inside = eventful[begin : begin + STRETCH]
        count = int(inside.argmax()) + 1 if inside.any() else inside.size
        gaps.append([*gap_of_knot[begin : begin + count], *[0] * (STRETCH - count)])
        begin += count
        ends.append(begin)
    return np.array(ends, dtype=np.int64), np.array(gaps, dtype=np.int64)

"""A regimen laid out on the solver's own clock: knots, the distinct steps between them, events.

Outputs and events need not share a grid. Every output time and every start or end of an input is a
knot; equal gaps share one table of decay factors, so a regular grid with a few events off it costs
no more than the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .layout import AHEAD

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Gaps that agree to this many minutes share their factors: the rounding of a time, not more.
SAME_GAP_MIN = 1e-11


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

    A stretch is one knot, or four with equal gaps and without events, which the kernels take in one
    go: `stretch_ahead` is then that gap's place among the `regular` ones, and -1 for one knot.
    `sums` (gaps, 2) are two shorter gaps that make up each gap, or -1: an event off the grid splits a
    step in two.
    """

    gaps_min: Floats
    sums: Ints
    gap_of_knot: Ints
    regular: Ints
    stretch_end: Ints
    stretch_gap: Ints
    stretch_ahead: Ints
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
    ends = _stretches(gap_of_knot, np.diff(first_event) > 0)
    long = np.diff(ends, prepend=0) == AHEAD
    regular, place = np.unique(gap_of_knot[ends - 1][long], return_inverse=True)
    ahead = np.full(ends.size, -1, dtype=np.int64)
    ahead[long] = place
    return Timeline(
        gaps_min=shared,
        sums=_sums(shared),
        gap_of_knot=gap_of_knot.astype(np.int64),
        regular=regular.astype(np.int64),
        stretch_end=ends,
        stretch_gap=gap_of_knot[ends - 1].astype(np.int64),
        stretch_ahead=ahead,
        output_of_knot=output,
        first_event=first_event,
        event_channel=np.array([event[1] for event in events], dtype=np.int64),
        event_column=np.array([event[2] for event in events], dtype=np.int64),
        event_scale=np.array([event[3] for event in events], dtype=np.float64),
        delivered=delivered,
    )


def _stretches(gap_of_knot: Ints, eventful: NDArray[np.bool_]) -> Ints:
    """Where each stretch ends."""
    ends: list[int] = []
    begin = 0
    while begin < gap_of_knot.size:
        gaps, events = gap_of_knot[begin : begin + AHEAD], eventful[begin : begin + AHEAD]
        even = gaps.size == AHEAD and not events.any() and (gaps == gaps[0]).all()
        begin += AHEAD if even else 1
        ends.append(begin)
    return np.array(ends, dtype=np.int64)


def _sums(gaps: Floats) -> Ints:
    """(gaps, 2) of which two shorter gaps each of these sorted gaps is made, or -1."""
    found = np.full((gaps.size, 2), -1, dtype=np.int64)
    place = {round(gap / SAME_GAP_MIN): g for g, gap in enumerate(gaps)}
    for g, gap in enumerate(gaps):
        for one in range(1, g):
            two = place.get(round((gap - gaps[one]) / SAME_GAP_MIN), g)
            if 0 < two < g:
                found[g] = one, two
                break
    return found

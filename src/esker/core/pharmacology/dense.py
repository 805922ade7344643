"""The careful way for the rare patient whose poles nearly coincide: whole matrices.

About one patient in a thousand has two rates so close that partial fractions would lose digits.
A compartment matrix has no negative entry off its diagonal, so its exponential can be summed from
non-negative terms only (uniformisation): nothing cancels, whatever the poles do. One exponential
per distinct interval, in plain numpy, for those patients alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from .timeline import Timeline

Floats = NDArray[np.float64]
# The series at norm <= 1, in fours: what is left out is below 1e-18. Row 4 j + i of these is 1 / (4 j + i)!
SERIES = tuple(tuple(1.0 / factorial(4 * j + i) for i in range(4)) for j in range(5))


@dataclass(frozen=True, slots=True)
class System:
    """x' = a x + b u, y = c x, for several patients.

    `a` (patients, states, states), `b` (states, channels), `c` (patients, rows, states).
    """

    a: Floats
    b: Floats
    c: Floats


def matrix_exponential(matrix: Floats) -> Floats:
    """exp of matrices without negative off-diagonal entries, each entry to full relative accuracy.

    Parameters
    ----------
    matrix
        (..., n, n)
    """
    n = matrix.shape[-1]
    shift = np.max(-np.diagonal(matrix, axis1=-2, axis2=-1), axis=-1, initial=0.0)[..., None, None]
    lifted = matrix + shift * np.eye(n)
    size = np.max(np.abs(lifted).sum(axis=-1), initial=0.0)
    halvings = max(0, int(np.ceil(np.log2(size)))) if size > 0 else 0
    scaled = lifted / 2.0**halvings
    # Five sums of four powers, and Horner's rule in the fourth: seven products instead of eighteen.
    square = scaled @ scaled
    cube, fourth, total = scaled @ square, square @ square, np.zeros_like(scaled)
    for none, one, two, three in SERIES[::-1]:
        total = total @ fourth
        # In place: fresh arrays for a score of patients leave the cache.
        total += one * scaled
        total += two * square
        total += three * cube
        total += none * np.eye(n)
    total *= np.exp(-shift / 2.0**halvings)
    for _ in range(halvings):
        total = total @ total
    return total


def run(system: System, timeline: Timeline, amounts: Floats) -> Floats:
    """Rows at the output times: (rows, outputs, patients). Rates ride along as constant states."""
    patients, n = system.a.shape[0], system.a.shape[1]
    channels = system.b.shape[1]
    whole = np.zeros((patients, n + channels, n + channels))
    whole[:, :n, :n], whole[:, :n, n:] = system.a, system.b
    moves = _moves(whole, timeline)
    x = np.zeros((patients, n + channels))
    rows = np.empty((patients, system.c.shape[1], timeline.gap_of_knot.size))
    for begin, end in _runs(timeline):
        states = march(moves[timeline.gap_of_knot[begin]], x, end - begin)
        x = states[..., -1]
        for event in range(timeline.first_event[end - 1], timeline.first_event[end]):
            channel, scale = timeline.event_channel[event], timeline.event_scale[event]
            mg = amounts[timeline.event_column[event]]
            if scale == 0.0:
                x[:, :n] += system.b[:, channel] * mg[:, None]
            else:
                x[:, n + channel] += scale * mg
        rows[..., begin:end] = system.c @ states[:, :n]
    wanted = np.flatnonzero(timeline.output_of_knot >= 0)
    return rows.transpose(1, 2, 0)[:, wanted]


def march(move: Floats | None, x: Floats, steps: int) -> Floats:
    """States after each of `steps` equal steps, (patients, states, steps); None stands still.

    What is known moves on together, by a power that doubles: eight products do 240 steps.
    """
    if move is None:
        return np.repeat(x[..., None], steps, axis=-1)
    states = np.empty((*x.shape, steps))
    states[..., :1] = move @ x[..., None]
    known = 1
    while known < steps:
        more = min(known, steps - known)
        np.matmul(move, states[..., :more], out=states[..., known : known + more])
        known += more
        move = move @ move
    return states


def _moves(whole: Floats, timeline: Timeline) -> list[Floats | None]:
    """What each gap does to the states, as `march` has it; a gap made of two others is their product."""
    moves: list[Floats | None] = []
    for minutes, (one, two) in zip(timeline.gaps_min, timeline.sums, strict=True):
        first, second = moves[one] if one >= 0 else None, moves[two] if one >= 0 else None
        if minutes == 0.0:
            moves.append(None)
        elif first is not None and second is not None:
            moves.append(first @ second)
        else:
            moves.append(matrix_exponential(whole * minutes))
    return moves


def _runs(timeline: Timeline) -> list[tuple[int, int]]:
    """Knots `begin` to `end` with one gap, of which only the last may have events."""
    gap, eventful = timeline.gap_of_knot, np.diff(timeline.first_event) > 0
    ends = np.flatnonzero((np.diff(gap, append=-1) != 0) | eventful) + 1
    return list(zip([0, *ends.tolist()], ends.tolist(), strict=False))


def flow(a: Floats, source: int, target: int, rate: Floats) -> None:
    """Drug leaves `source` for `target` at `rate` per minute."""
    a[:, source, source] -= rate
    a[:, target, source] += rate


def leave(a: Floats, source: int, rate: Floats) -> None:
    """Drug leaves the body, or the model, from `source`."""
    a[:, source, source] -= rate


def follow(a: Floats, source: int, target: int, rate: Floats) -> None:
    """`target` follows `source` at `rate` per minute, taking nothing from it."""
    a[:, target, source] += rate
    a[:, target, target] -= rate

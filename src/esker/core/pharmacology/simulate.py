"""One simulate function: a regimen, a patient or a thousand, and curves with units in their names.

>>> from esker.core.pharmacology import parse_dose, simulate
>>> curves = simulate("esketamine", parse_dose("84 mg nasal", 70), times_min=[0, 40, 90])
>>> float(curves["esketamine_ng_ml"][0, 1].round())
101.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import effects
from .covariates import Covariates, InputError, one_of
from .dosing import Drug, Plan, plan
from .engine import run
from .individuals import Individuals, population, typical
from .layout import ROWS, SUMMARIES
from .matrix import Arterial
from .regimen import Dose
from .timeline import Timeline, lay_out
from .weeks import occupancy

Floats = NDArray[np.float64]
CHUNK = 16_384  # patients in memory at once when results are streamed
POINTS = 500_000  # patients times times in memory at once when curves are streamed
SUBJECTS_MAX = 1_000_000_000
SEED_MAX = 2**64 - 1

LOW_CONFIDENCE = (
    "Predictions from published group means. Effects on one person are low confidence. "
    "Display and research only: nothing here may open a gate."
)


@dataclass(frozen=True, slots=True)
class Curves:
    """Outputs of one call.

    Attributes
    ----------
    model
        "E" (esketamine with nasal or oral doses) or "R".
    times_min
        (times,)
    outputs
        Name with unit -> (subjects, times).
    notes
        Sentences that belong beside every picture of these numbers.
    """

    model: str
    times_min: Floats
    outputs: Mapping[str, Floats]
    notes: tuple[str, ...]
    first_subject: int = 1

    def __getitem__(self, name: str) -> Floats:
        return self.outputs[name]

    @property
    def subjects(self) -> int:
        return next(iter(self.outputs.values())).shape[0]


@dataclass(frozen=True, slots=True)
class Study:
    """A checked request: what to give, to whom, seen when. Make it with `study`."""

    drug: Drug
    plan: Plan
    timeline: Timeline
    times_min: Floats
    covariates: Covariates
    subjects: int | None
    seed: int
    notes: tuple[str, ...] = field(default=())

    def chunks(self, size: int = CHUNK) -> Iterator[tuple[int, Individuals]]:
        """(first subject from 0, individuals) in chunks; one typical patient without a count."""
        if self.subjects is None:
            yield 0, typical(self.plan.model, self.covariates)
            return
        for start in range(0, self.subjects, size):
            stop = min(self.subjects, start + size)
            yield start, population(self.plan.model, self.covariates, self.seed, start, stop)


def study(
    drug: str, doses: Sequence[Dose], times_min: ArrayLike, covariates: Covariates | None = None,
    n: int | None = None, seed: int = 0,
) -> Study:  # fmt: skip
    """Check a request and lay it out.

    Parameters
    ----------
    drug
        "esketamine" or "ketamine" (the racemate).
    doses
        Base, in any order.
    times_min
        Output times, sorted, not negative. An output at the time of a dose sees it given.
    covariates
        Defaults to 70 kg and 45 years.
    n
        Number of virtual patients; None for the typical one.
    seed
        Same seed, same patients, whatever `n` or the threads.

    Raises
    ------
    InputError
        Naming the field.
    """
    times = _times(times_min)
    if n is not None and (
        isinstance(n, bool) or not isinstance(n, int) or not 0 < n <= SUBJECTS_MAX
    ):
        raise InputError(f"n must be a whole number from 1 to {SUBJECTS_MAX}; it is {n!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= SEED_MAX:
        raise InputError(f"seed must be a whole number from 0 to {SEED_MAX}; it is {seed!r}")
    which, who = one_of("model", drug, Drug), covariates or Covariates()
    laid = plan(which, tuple(doses))
    notes = (LOW_CONFIDENCE, *laid.notes, *who.notes(laid.model))
    return Study(
        which, laid, lay_out(laid.inputs, len(laid.columns), times), times, who, n, seed, notes
    )


def _times(times_min: ArrayLike) -> Floats:
    try:
        times = np.atleast_1d(np.asarray(times_min, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError("times_min must be numbers of minutes") from None
    if times.ndim != 1 or times.size == 0:
        raise InputError("times_min must hold at least one time")
    if not np.isfinite(times).all() or times[0] < 0:
        raise InputError("times_min must be finite and not negative")
    if (np.diff(times) <= 0).any():
        raise InputError("times_min must be sorted, each time once")
    return times


def simulate(
    drug: str, doses: Sequence[Dose], times_min: ArrayLike, covariates: Covariates | None = None,
    n: int | None = None, seed: int = 0,
) -> Curves:  # fmt: skip
    """Concentrations and effects over time; parameters as in `study`.

    All subjects are held in memory; for very many use `stream` or `summarise`.
    """
    parts = list(stream(study(drug, doses, times_min, covariates, n, seed)))
    if len(parts) == 1:
        return parts[0]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0].outputs}
    return Curves(parts[0].model, parts[0].times_min, joined, parts[0].notes)


def stream(request: Study) -> Iterator[Curves]:
    """Curves in chunks of subjects, so that memory grows neither with their number nor the times."""
    for start, who in request.chunks(max(1, min(1024, POINTS // request.times_min.size))):
        out = run(who, request.plan.amounts(who), request.timeline, request.times_min, True, False)
        outputs = describe(request.drug, request.plan.model, out.curves, who.feel)
        yield Curves(request.plan.model, request.times_min, outputs, request.notes, start + 1)


def summarise(request: Study) -> Iterator[dict[str, Floats]]:
    """Peaks, areas and recovery per subject, reduced while solving; chunks of `CHUNK` subjects.

    Names are those of `layout.SUMMARIES`: concentrations are venous plasma of the parent
    (both enantiomers together), areas run to the last output time, peaks are over output times, and
    a recovery time is NaN for somebody never impaired and infinite for somebody still impaired.
    """
    for _, who in request.chunks():
        out = run(who, request.plan.amounts(who), request.timeline, request.times_min, False, True)
        yield dict(zip(SUMMARIES, out.summaries, strict=True))


def describe(drug: Drug, model: str, curves: Floats, feel: Floats) -> dict[str, Floats]:
    """Named outputs, (subjects, times), from the solver's rows (rows, times, subjects)."""
    row = {name: curve.T for name, curve in zip(ROWS[model], curves, strict=True)}
    named = _of_model_e(row) if model == "E" else _of_model_r(row, drug)
    effect = Arterial(row["effect"])
    rise = effects.delta_sbp(effect, row["tolerance_sbp"], feel[0][:, None])
    return named | {
        "delta_sbp_mmhg": rise,
        "delta_dbp_mmhg": effects.delta_dbp(rise),
        "delta_hr_bpm": effects.delta_hr(rise),
        "cadss": effects.cadss(effect, row["tolerance_cadss"], feel[1][:, None]),
        "cognition_impairment": effects.impairment(effect, effects.COGNITION),
        "sedation_impairment": effects.impairment(effect, effects.SEDATION),
        "nmda_occupancy": _occupancy(row, model),
    }


def _of_model_e(row: Mapping[str, Floats]) -> dict[str, Floats]:
    return {
        "esketamine_ng_ml": row["venous"],
        "noresketamine_ng_ml": row["nk"],
        "hydroxynorketamine_ng_ml": row["hnk"],
        "effect_site_ng_ml": row["effect"],
    }


def _of_model_r(row: Mapping[str, Floats], drug: Drug) -> dict[str, Floats]:
    if drug is Drug.ESKETAMINE:
        return {
            "ketamine_s_arterial_ng_ml": row["s_arterial"],
            "esketamine_ng_ml": row["s_venous"],
            "noresketamine_ng_ml": row["s_nk"],
            "hydroxynorketamine_ng_ml": row["s_hnk"],
            "effect_site_ng_ml": row["effect"],
        }
    return {
        "ketamine_s_arterial_ng_ml": row["s_arterial"],
        "ketamine_r_arterial_ng_ml": row["r_arterial"],
        "ketamine_s_venous_ng_ml": row["s_venous"],
        "ketamine_r_venous_ng_ml": row["r_venous"],
        "ketamine_venous_ng_ml": row["s_venous"] + row["r_venous"],
        "norketamine_s_ng_ml": row["s_nk"],
        "norketamine_r_ng_ml": row["r_nk"],
        "norketamine_ng_ml": row["s_nk"] + row["r_nk"],
        "hydroxynorketamine_ng_ml": row["s_hnk"] + row["r_hnk"],
        "effect_site_ng_ml": row["effect"],
    }


def _occupancy(row: Mapping[str, Floats], model: str) -> Floats:
    if model == "E":
        return occupancy(row["venous"], 0.0, row["nk"])
    return occupancy(row["s_venous"], row["r_venous"], row["s_nk"] + row["r_nk"])

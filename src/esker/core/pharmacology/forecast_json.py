"""Forecast requests and answers as JSON-ready values: what crosses the process and the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from esker.core.interactions import Interaction

from .covariates import Ancestry, Covariates, InputError, finite, one_of
from .dosing import Drug
from .forecast import LEVELS, Forecast, Observed, Request, Sign
from .regimen import from_rows


def request_to_json(request: Request) -> dict[str, Any]:
    """Plain dicts, lists, numbers and text; `request_from_json` gives the same request back."""
    return asdict(request)


def request_from_json(body: Mapping[str, Any]) -> Request:
    """A checked request.

    Raises
    ------
    InputError
        Naming the field that is missing or wrong.
    """
    for name in ("drug", "doses", "now_min"):
        if name not in body:
            raise InputError(f"{name} is missing")
    return Request(
        drug=one_of("drug", str(body["drug"]), Drug),
        covariates=_covariates(body.get("covariates", {})),
        doses=from_rows(body["doses"]),
        now_min=finite("now_min", body["now_min"]),
        observed=_observed(body.get("observed", ())),
        baseline_sbp_mmhg=tuple(body.get("baseline_sbp_mmhg", ())),
        **{
            name: body[name]
            for name in ("told", "horizon_min", "seed", "particles")
            if name in body
        },
    )


def _covariates(body: Mapping[str, Any]) -> Covariates:
    known = dict(body)
    known["ancestry"] = one_of("ancestry", known.get("ancestry", "other"), Ancestry)
    known["interactions"] = tuple(
        one_of("interactions", name, Interaction) for name in known.get("interactions", ())
    )
    try:
        return Covariates(**known)
    except TypeError as wrong:
        raise InputError(f"covariates: {wrong}") from None


def _observed(rows: Sequence[Mapping[str, Any]]) -> tuple[Observed, ...]:
    found = []
    for number, row in enumerate(rows):
        for name in ("at_min", "sign", "value"):
            if name not in row:
                raise InputError(f"observed[{number}].{name} is missing")
        sign = one_of(f"observed[{number}].sign", str(row["sign"]), Sign)
        at_min = finite(f"observed[{number}].at_min", row["at_min"])
        found.append(Observed(at_min, sign, finite(f"observed[{number}].value", row["value"])))
    return tuple(found)


def forecast_to_json(answer: Forecast) -> dict[str, Any]:
    """Ready to draw: each band as {"minutes": [...], "p5": [...], ... "p95": [...]}."""
    body = asdict(answer)
    for scenario in ("so_far", "goes_on", "stops"):
        body[scenario]["bands"] = {
            name: {"minutes": band["minutes"]}
            | {f"p{level}": line for level, line in zip(LEVELS, band["levels"], strict=True)}
            for name, band in body[scenario]["bands"].items()
        }
    return body

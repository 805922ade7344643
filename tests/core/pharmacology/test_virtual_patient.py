"""The demo's monitors follow a patient who is always the same for a seed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from esker.core.pharmacology import Covariates, Dose, Route, parse_dose, simulate
from esker.core.pharmacology.virtual_patient import VirtualPatient

MINUTES = [0.0, 20.0, 40.0, 41.7, 90.0, 240.0]


def test_the_typical_patient_is_the_simulated_one() -> None:
    """Dense solver and kernels give the same patient, here and in a population."""
    dose = parse_dose("84 mg nasal", 70)
    felt = VirtualPatient("esketamine").respond(dose, MINUTES)
    one = VirtualPatient("esketamine", seed=3).respond(dose, MINUTES)
    many = simulate("esketamine", dose, MINUTES, n=9, seed=3)

    np.testing.assert_allclose(felt.delta_sbp_mmhg[[2, 4, 5]], [7.5, 4.33, 1.43], atol=0.01)
    np.testing.assert_allclose(felt.delta_dbp_mmhg, 0.8 * felt.delta_sbp_mmhg)
    np.testing.assert_allclose(one.delta_sbp_mmhg, many["delta_sbp_mmhg"][0], rtol=1e-9, atol=1e-9)


def test_a_dose_history_that_grows_does_not_change_the_past() -> None:
    """What was felt before a dose is the same after it."""
    who = VirtualPatient("ketamine", Covariates(weight_kg=90), seed=12)
    first = (Dose(0.0, Route.IV, 20.0, 20.0),)
    both = (*first, Dose(30.0, Route.IV, 20.0, 20.0))
    before, after = (who.respond(doses, MINUTES) for doses in (first, both))

    np.testing.assert_allclose(before.cadss[:2], after.cadss[:2], rtol=1e-9, atol=1e-12)
    assert after.cadss[2] > before.cadss[2]


def test_nothing_given_is_nothing_felt() -> None:
    """Zeros, not an error: monitors run before the first dose."""
    felt = VirtualPatient("ketamine").respond((), MINUTES)

    assert not felt.delta_sbp_mmhg.any()
    assert felt.minutes.tolist() == MINUTES


def test_a_monitor_needs_no_compiler() -> None:
    """One patient is solved without loading numba."""
    ask = ("import sys\n"
           "from esker.core.pharmacology import parse_dose\n"
           "from esker.core.pharmacology.virtual_patient import VirtualPatient\n"
           "VirtualPatient('ketamine', seed=1).respond(parse_dose('20 mg iv 40 min', 70), [1, 2])\n"
           "print('numba' in sys.modules)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "False"

"""The careful solver's own parts: the exponential, and equal steps by doubling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from esker.core.pharmacology.dense import march, matrix_exponential


@pytest.mark.parametrize("minutes", [0.0, 0.01, 1.0, 240.0])
def test_the_exponential_is_scipys(minutes: float) -> None:
    rng = np.random.default_rng(2)
    matrix = rng.uniform(0.0, 0.4, (3, 6, 6))
    matrix -= matrix.sum(axis=-2, keepdims=True) * np.eye(6)  # a closed system of compartments
    true = np.array([expm(each * minutes) for each in matrix])
    np.testing.assert_allclose(matrix_exponential(matrix * minutes), true, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 13])
def test_marching_by_doubling_is_stepping_one_by_one(steps: int) -> None:
    rng = np.random.default_rng(3)
    move, x = rng.uniform(0.0, 0.3, (2, 5, 5)), rng.uniform(0.0, 1.0, (2, 5))
    marched, one = march(move, x, steps), x[..., None]
    for k in range(steps):
        one = move @ one
        np.testing.assert_allclose(marched[..., k], one[..., 0], rtol=1e-12)


def test_no_time_leaves_the_state_alone() -> None:
    np.testing.assert_array_equal(march(None, np.ones((1, 2)), 3), np.ones((1, 2, 3)))

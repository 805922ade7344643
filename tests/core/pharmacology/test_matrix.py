"""Arterial and venous plasma cannot be mixed up."""

from __future__ import annotations

import numpy as np
import pytest

from esker.core.pharmacology.matrix import (
    C50,
    Arterial,
    Venous,
    arterial_from_venous,
    venous_from_arterial,
)


def test_a_c50_of_one_blood_refuses_the_other() -> None:
    """The commonest silent error of this literature is a TypeError here."""
    with pytest.raises(TypeError, match="venous plasma met a concentration in arterial"):
        C50(Venous, 50.0).effect(Arterial(np.array([50.0])))


def test_crossing_over_takes_a_named_bridge() -> None:
    """There and back is where one began."""
    venous = Venous(np.array([10.0, 100.0]))
    arterial = arterial_from_venous(venous, 1.5)

    np.testing.assert_array_equal([15.0, 150.0], arterial.ng_ml)
    np.testing.assert_array_equal(venous.ng_ml, venous_from_arterial(arterial, 1.5).ng_ml)
    np.testing.assert_array_equal([0.5], C50(Arterial, 15.0).effect(Arterial(np.array([15.0]))))

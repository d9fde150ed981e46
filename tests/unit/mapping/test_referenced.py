"""Weights as one device against a reference."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import ReferencedMapping

MAPPING = ReferencedMapping(10e-6, 2e5, 5e-6, 15e-6)


def test_by_hand() -> None:
    """W = [[1, -0.5]]: one post, two pre; R_f (15 - 10) uS = 1."""
    siemens = MAPPING.conductances([[1.0, -0.5]])
    np.testing.assert_allclose(siemens, [[15e-6], [7.5e-6]], rtol=1e-12)
    np.testing.assert_allclose(MAPPING.weights(siemens), [[1.0, -0.5]], rtol=1e-12)
    assert MAPPING.span == pytest.approx(10e-6)


def test_a_weight_beyond_the_devices_is_named() -> None:
    with pytest.raises(BadInput, match=r"weight\[0, 1\] = -1.5 needs 2.5e-06 S"):
        MAPPING.conductances([[1.0, -1.5]])
    with pytest.raises(BadInput, match=r"weight\[0, 0\] = nan"):
        MAPPING.conductances([[np.nan]])


@pytest.mark.parametrize(
    "values",
    [
        (10e-6, 0.0, 5e-6, 15e-6),
        (5e-6, 2e5, 5e-6, 15e-6),
        (10e-6, 2e5, -1e-6, 15e-6),
        (10e-6, np.inf, 5e-6, 15e-6),
        (np.nan, 2e5, 5e-6, 15e-6),
    ],
)
def test_a_mapping_that_is_none(values: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadInput, match="referenced weights"):
        ReferencedMapping(*values)

"""Compiled activations against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.activations.compiled import activate, code_of, pieces_of


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_compiled_activation(name: str) -> None:
    f = ACTIVATIONS[name]
    x = np.concatenate([-np.geomspace(1e-300, 1e4, 701), [0.0, 3.0, -3.0], np.geomspace(1e-300, 1e4, 701)])[
        None
    ]
    found = [np.empty_like(x) for _ in range(3)]
    activate(code_of(f), pieces_of(f), x, 1, x.size, *found)
    scale = np.maximum(1.0, np.abs(x)) if f.kinks else 1.0  # pieces are sums of terms of that size
    for got, want in zip(found, (f.f(x), f.slope(x), f.curvature(x)), strict=True):
        assert (np.abs(got - want) <= 1e-15 * scale).all()  # a few roundings
    if name == "tanh":  # as precise as a small argument
        np.testing.assert_allclose(found[0], np.tanh(x), rtol=5e-16)


def test_nan_stays_nan_and_infinity_saturates() -> None:
    x = np.array([[np.nan, np.inf, -np.inf]])
    for name in ("tanh", "sigmoid"):
        found = [np.empty_like(x) for _ in range(3)]
        activate(code_of(ACTIVATIONS[name]), pieces_of(ACTIVATIONS[name]), x, 1, x.size, *found)
        assert np.isnan(found[0][0, 0])
        np.testing.assert_allclose(found[0][0, 1:], ACTIVATIONS[name].f(x)[0, 1:], atol=1e-300)

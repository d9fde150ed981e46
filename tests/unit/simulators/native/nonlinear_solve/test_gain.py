"""The loop gain as few terms and few ties, against its matrix."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from analog_pc.simulators.native.kernels.unit_kernel import OPTIONS
from analog_pc.simulators.native.nonlinear_solve.gain import MOST_TIES, Gain, feel, gain_of

SAMPLES = 7


@numba.njit(**{**OPTIONS, "cache": False})  # type: ignore[untyped-decorator, unused-ignore]
def _feel(gain, q, ties, out):  # type: ignore[no-untyped-def]
    feel(gain, q, ties, out)


def felt(gain: Gain, q: np.ndarray) -> np.ndarray:
    out = np.full((len(gain.left), q.shape[1]), np.nan)
    _feel(gain, q, np.empty((len(gain.right), q.shape[1])), out)
    return out


def tied(ties: int, size: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """K and what it is without ties: a diagonal; columns differ in unit, from volts to amperes."""
    rng, scale = np.random.default_rng(0), np.logspace(0.0, 6.0, size)
    own = np.diag(rng.normal(size=size)) * scale
    return own + (rng.normal(size=(size, ties)) @ rng.normal(size=(ties, size))) * scale, own


@pytest.mark.parametrize("ties", [0, 1, 8])
def test_cells_and_their_ties_are_found(ties: int) -> None:
    whole, own = tied(ties)
    gain = gain_of(whole, own)
    assert gain.right.shape == (ties, 60)
    assert len(gain.values) == 60
    q = np.random.default_rng(1).normal(size=(60, SAMPLES)) / np.abs(whole).max(axis=0)[:, None]
    np.testing.assert_allclose(felt(gain, q), whole @ q, atol=1e-13)


def test_what_has_no_such_structure_stays_as_it_is() -> None:
    whole, own = tied(8)
    large, apart = tied(MOST_TIES + 20, size=300)
    for matrix, alone in ((whole, None), tied(40), (large, apart), (whole, own[:, ::-1])):
        gain = gain_of(matrix, alone)
        assert len(gain.right) == len(gain.values) == 0
        np.testing.assert_array_equal(gain.left, matrix)
        q = np.random.default_rng(1).normal(size=(matrix.shape[1], SAMPLES))
        np.testing.assert_allclose(felt(gain, q), matrix @ q, rtol=1e-10, atol=1e-6)


def test_no_outputs_are_felt_as_nothing() -> None:
    gain = gain_of(np.zeros((5, 0)), np.zeros((5, 0)))
    np.testing.assert_array_equal(felt(gain, np.zeros((0, SAMPLES))), np.zeros((5, SAMPLES)))

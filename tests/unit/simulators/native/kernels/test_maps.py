"""Maps of many samples in compiled code against their matrices."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.simulators.native.kernels.map_kernel import TILE, fill, plan_of


def structured(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A map with rows of many terms, of few, of one and of none, and equal ones."""
    first, second = rng.normal(size=(12, 30)), rng.normal(size=(12, 40))
    first[:4] = 0.0
    second[2:6] = 0.0
    second[2, 7] = 3.0
    first[8], second[8] = first[9], second[9]
    first[10, 2:] = 0.0
    return first, second, rng.normal(size=12)


@pytest.mark.parametrize("samples", [1, TILE, 2 * TILE + 3])
def test_a_plan_is_its_matrix(samples: int) -> None:
    rng = np.random.default_rng(0)
    first, second, constant = structured(rng)
    inputs = rng.normal(size=(70, samples))
    out = np.full((12, samples + 5), np.nan)
    fill(plan_of(first, second, constant), inputs, 0, samples, out, 3)
    expected = np.concatenate([first, second], axis=1) @ inputs + constant[:, None]
    np.testing.assert_allclose(out[:, 3 : samples + 3], expected, atol=1e-13)
    assert np.isnan(out[:, :3]).all()


def test_inputs_that_are_zero_are_left_out() -> None:
    rng = np.random.default_rng(2)
    first, second, constant = structured(rng)
    inputs = rng.normal(size=(70, 20))
    inputs[3:28] = 0.0
    inputs[5, 17] = 2.0  # in one sample only
    plan, out = plan_of(first, second, constant), np.empty((12, 20))
    fill(plan, inputs, 0, 20, out, 0)
    expected = np.concatenate([first, second], axis=1) @ inputs + constant[:, None]
    np.testing.assert_allclose(out, expected, atol=1e-13)
    fill(plan, np.zeros((70, 20)), 0, 20, out, 0)
    np.testing.assert_array_equal(out, np.repeat(constant[:, None], 20, axis=1))


def test_equal_and_short_rows_are_not_multiplied() -> None:
    first, second, constant = structured(np.random.default_rng(0))
    plan = plan_of(first, second, constant)
    assert len(plan.first) == 6  # of 12: four have no terms there, one has few, one is equal to another
    assert len(plan.second) == 7
    assert len(plan.columns) == 1 + 2

"""TransferTable in compiled code against their Python faces, and elements as tables of them."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import SIGMOID, TANH
from analog_pc.circuit import TransferFunction, transfer
from analog_pc.simulators.native.kernels import TILE
from analog_pc.simulators.native.kernels.transfer_functions import (
    NAMES,
    evaluate,
    evaluate_batch,
    evaluate_outputs,
    evaluate_values,
    tanh,
    tanh_factor,
    transfer_table,
)
from analog_pc.simulators.native.mna.diodes import wright_transfer
from analog_pc.simulators.native.mna.elements import (
    MultiplyingTransconductor,
    NonlinearElement,
    ScalarNonlinearity,
)

S = 0.1
LAWS = [
    transfer.activation_transfer(TANH, S),
    transfer.activation_gate(TANH, S),
    transfer.activation_transfer(SIGMOID, S),
    transfer.activation_gate(SIGMOID, S),
    transfer.ramp_transfer((0.0,), (0.0, 1.0)),
    transfer.ramp_transfer((-0.3, -0.2, 0.4, 0.5), (1.0, 0.0, 1.0, 0.0, 1.0), 0.02),
    transfer.limiter(0.5, 6),
    transfer.limiter(0.2, 2),
    transfer.sinh_transfer(2.0),
    transfer.cubic_transfer(0.7),
    wright_transfer(0.05),
]
V = np.concatenate([np.linspace(-2.0, 2.0, 501), np.geomspace(1e-18, 1.0, 60), [0.0, 40.0, -40.0]])
EPS = np.finfo(np.float64).eps


def compiled(law: TransferFunction, v: np.ndarray, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    assert law.parameters is not None
    kind, parameters = NAMES.index(law.name), np.array(law.parameters)
    value, slope, t = (np.empty_like(v) for _ in range(3))
    tanh(v, offset, tanh_factor(kind, law.parameters), t)
    evaluate(kind, parameters, v, offset, t, value, slope)
    return value, slope


def test_every_kind_of_law_is_here() -> None:
    assert {law.name for law in LAWS} == set(NAMES)


@pytest.mark.parametrize("law", LAWS, ids=[law.name for law in LAWS])
def test_value_and_slope_are_those_of_python(law: TransferFunction) -> None:
    value, slope = compiled(law, V, 0.05)
    expected, rise = law.value_and_derivative(V + 0.05)
    # Two roundings of an argument of size x change a tanh by 1 / cosh^2 x at most, and sums have a few more.
    np.testing.assert_allclose(value, expected, rtol=8 * EPS, atol=8 * EPS * np.abs(expected[:501]).max())
    # A tanh t to 3 units in the last place moves 1 - t^2 by 6, and t (1 - t^2) is 0.38 at most: 16 of that.
    np.testing.assert_allclose(slope, rise, rtol=1e-13, atol=20 * EPS * np.abs(rise[:501]).max())


def test_tanh_loses_nothing_where_it_is_small_or_saturated() -> None:
    v = np.concatenate([-V, V, [1e300, -1e300, np.inf, -np.inf]])
    out = np.empty_like(v)
    tanh(v, 0.0, 1.0, out)
    np.testing.assert_allclose(out, np.tanh(v), rtol=3 * EPS)


@pytest.mark.parametrize("law", LAWS, ids=[law.name for law in LAWS])
def test_what_is_no_number_stays_none(law: TransferFunction) -> None:
    value, slope = compiled(law, np.array([0.1, np.nan, 0.2]))
    assert np.isnan(value).tolist() == [False, True, False]
    assert np.isfinite(slope[[0, 2]]).all()


def test_a_limiter_far_from_its_limit_is_a_line() -> None:
    """All voltages at once; one that is no number, or near the limit, changes no other one."""
    v = 1e-4 * np.array([1.0, -2.0, 3.0])
    value, slope = compiled(transfer.limiter(0.5, 6), v, 1e-5)
    np.testing.assert_array_equal(value, v + 1e-5)
    np.testing.assert_array_equal(slope, np.ones(3))
    for other in (np.nan, 0.4, np.inf):
        again, _ = compiled(transfer.limiter(0.5, 6), np.append(v, other), 1e-5)
        np.testing.assert_array_equal(again[:3], value)
        assert again[3] != other + 1e-5


@pytest.mark.parametrize("law", LAWS, ids=[law.name for law in LAWS])
def test_nothing_is_added_to_the_line_at_rest(law: TransferFunction) -> None:
    """To the bit: where no stimulus gives a scale, a search has nothing to compare a residual with."""
    rng = np.random.default_rng(1)
    gain, offset, slope = rng.normal(size=(3, 4))
    element = ScalarNonlinearity(law, gain, 0.1 * offset, slope)
    table = transfer_table([element], np.arange(4)[None])
    assert table is not None
    np.testing.assert_array_equal(evaluate_batch(table, np.zeros((3, 4)))[0], np.zeros((3, 4)))


def test_blocks_side_by_side() -> None:
    rng = np.random.default_rng(0)
    n = 5
    curves = ScalarNonlinearity(
        LAWS[2], rng.uniform(1.0, 2.0, n), 0.1 * rng.normal(size=n), rng.uniform(size=n)
    )
    gates = MultiplyingTransconductor(LAWS[3], rng.uniform(1.0, 2.0, n))
    elements: list[NonlinearElement] = [curves, gates]
    y = 0.3 * rng.normal(size=(2 * n, 70))
    control, drive = np.arange(n), np.arange(n, 2 * n)
    inputs = np.array([[*control, *control], [*control, *drive]])  # gates read the voltages of curves, too
    table = transfer_table(elements, inputs)
    assert table is not None
    expected = np.concatenate([curves.delta(y[:n].T).T, gates.delta(y.T).T])
    value, slopes = np.empty_like(expected), np.zeros((2, 2 * n, 70))
    evaluate_outputs(table, y, np.empty((2, 70)), value, slopes)
    np.testing.assert_allclose(value, expected, atol=1e-15)
    everything, steps = np.ones(n, dtype=np.bool_), np.eye(2 * n)[None]
    np.testing.assert_allclose(evaluate_values(table, y.T), expected.T, atol=1e-15)
    rise = (
        curves.slopes_times(y[:n].T, everything, np.eye(n)[None]),
        gates.slopes_times(y.T, everything, steps),
    )
    own, one = np.arange(n), [jacobian.transpose(1, 2, 0) for jacobian in rise]
    np.testing.assert_allclose(slopes[0], np.concatenate([part[own, own] for part in one]), atol=1e-14)
    np.testing.assert_allclose(slopes[1, n:], one[1][own, own + n], atol=1e-14)


def test_a_law_of_the_users_own_is_not_known() -> None:
    own = TransferFunction("tanh", np.tanh, lambda v: 1.0 / np.cosh(v) ** 2, "tanh({})".format)
    one = np.ones(3)
    assert transfer_table([ScalarNonlinearity(own, one, one, one)], np.zeros((1, 3), dtype=np.int64)) is None


@pytest.mark.parametrize("samples", [0, 1, TILE, TILE + 1, 3 * TILE - 1])
def test_values_of_a_batch_are_those_of_its_samples(samples: int) -> None:
    """Amplifiers in their straight part add nothing, to the bit, whatever the others of the batch do."""
    two = np.full(2, 2.0)
    rails = ScalarNonlinearity(transfer.limiter(1.0, 6), two, np.array([0.1, 0.0]), two)
    table = transfer_table([rails], np.arange(2)[None])
    assert table is not None
    y = 1e-5 * np.random.default_rng(0).normal(size=(samples, 2))
    assert (evaluate_values(table, y)[:, 1] == 0.0).all()
    y[1::3] = 0.9
    values = evaluate_values(table, y)
    np.testing.assert_allclose(values, rails.delta(y), atol=1e-15)
    alone = [evaluate_values(table, sample[None])[0] for sample in y]
    np.testing.assert_allclose(values, np.reshape(alone, (-1, 2)), atol=1e-15)

"""The compiled step against the whole Hessian."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from analog_pc.activations import ACTIVATIONS
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps, random_network, relax
from analog_pc.pcn.compiled.chain import Chain, chain_of
from analog_pc.pcn.compiled.evaluation import evaluate
from analog_pc.pcn.compiled.newton_step import direction
from analog_pc.pcn.compiled.workspace import new_batch_state, workspace
from analog_pc.pcn.hessian import moving
from analog_pc.pcn.state import Landscape

CASES = {
    "one hidden layer": ((3, 5, 4), False),
    "two hidden layers": ((3, 5, 4, 2), False),
    "narrow below": ((3, 2, 6, 4), False),
    "partly clamped": ((3, 5, 4, 2), True),
    "one layer, clamped": ((3, 4), False),
}


@numba.njit(cache=False)  # type: ignore[untyped-decorator, unused-ignore]
def step_at(chain, x, mu0, shift):  # type: ignore[no-untyped-def]
    samples = x.shape[1]
    now = new_batch_state(chain, samples)
    work = workspace(chain, samples)
    now.x[:] = x
    evaluate(chain, mu0, now, samples, 1e-12, work)
    sign = np.zeros(samples)
    direction(chain, now, samples, shift, sign, work)
    return now, work.dx, sign


def side_by_side(chain: Chain, x: list[np.ndarray]) -> np.ndarray:
    """Activities above the input as compiled code takes them, [K, samples, width]."""
    layers, _, width = chain.weights.shape
    out = np.zeros((layers, len(x[0]), width))
    for k, a in enumerate(x[1:]):
        out[k, :, : a.shape[1]] = a
    return out


def landscape_of(name: str, case: str, samples: int, free_output: bool = False) -> Landscape:
    sizes, partial = CASES[case]
    rng = np.random.default_rng(7)
    net = random_network(sizes, name, seed=7, precision=rng.uniform(0.5, 3.0, len(sizes) - 1), gain=1.5)
    clamps = {}
    if partial:
        mask = np.array([[True, False, True, True]] * samples)
        clamps = {2: np.ma.array(rng.normal(size=(samples, 4)), mask=mask)}
    targets = None if free_output else rng.normal(size=(samples, sizes[-1]))
    return Landscape(net, make_clamps(net, rng.normal(size=(samples, sizes[0])), targets, clamps))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("samples", [1, 9])  # loops, and products of matrices
@pytest.mark.parametrize("free_output", [False, True])
def test_a_step_solves_the_whole_hessian(name: str, case: str, samples: int, free_output: bool) -> None:
    landscape = landscape_of(name, case, samples, free_output)
    rng = np.random.default_rng(1)
    kinks = ACTIVATIONS[name].kinks
    x = [rng.normal(size=v.shape) for v in landscape.clamps.values]
    if kinks and len(x) > 2:
        x[1][:, 0] = kinks[0]
    x = [np.where(f, a, v) for f, a, v in zip(landscape.clamps.free, x, landscape.clamps.values, strict=True)]
    chain = chain_of(landscape.network, landscape.clamps)
    shift = np.linspace(0.0, 0.7, samples)
    mu0 = landscape.state(landscape.forward()).mu[1]
    now, dx, sign = step_at(chain, side_by_side(chain, x), mu0, shift)
    gates = [None, *(np.where(now.moving[k, :, :n] < chain.free[k, :n], now.gate[k, :, :n], np.nan)
                     for k, n in enumerate(chain.sizes))]  # fmt: skip
    state = landscape.state(x, gates)
    # On a kink the step may use the slope of either side: the same for both.
    for k, n in enumerate(chain.sizes[:-1]):
        state.gate[k + 1] = now.gate[k, :, :n]
    full, masks = landscape.hessian(state), moving(landscape, state)
    gradient = np.concatenate(
        [np.zeros_like(x[0]), *(now.gradient[k, :, :n] for k, n in enumerate(chain.sizes))], 1
    )
    step = np.concatenate([np.zeros_like(x[0]), *(dx[k, :, :n] for k, n in enumerate(chain.sizes))], 1)
    for s in range(samples):
        rows = masks[s]
        matrix = full[s][np.ix_(rows, rows)] + shift[s] * np.eye(rows.sum())
        want = np.zeros(len(rows))
        want[rows] = np.linalg.solve(matrix, -gradient[s][rows])
        # Two eliminations of systems with condition below 1e3.
        np.testing.assert_allclose(step[s], want, rtol=0.0, atol=1e-11 * max(1.0, np.abs(want).max()))
        lowest = np.linalg.eigvalsh(matrix)
        if rows.any() and (chain.closed or len(chain.sizes) == 1):
            assert (sign[s] > 0.0) == (lowest[0] > 0.0)
        elif rows.any():
            assert (sign[s] > 0.0) == (np.sum(lowest < 0.0) % 2 == 0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gradient_is_that_of_the_landscape(name: str) -> None:
    landscape = landscape_of(name, "two hidden layers", 5)
    rng = np.random.default_rng(2)
    x = [np.where(f, rng.normal(size=v.shape), v)
         for f, v in zip(landscape.clamps.free, landscape.clamps.values, strict=True)]  # fmt: skip
    chain = chain_of(landscape.network, landscape.clamps)
    now, *_ = step_at(chain, side_by_side(chain, x), landscape.state(landscape.forward()).mu[1], np.zeros(5))
    state = landscape.state(x)
    for k, n in enumerate(chain.sizes):
        np.testing.assert_allclose(now.gradient[k, :, :n], state.gradient[k + 1], rtol=0.0, atol=1e-13)
    np.testing.assert_allclose(now.total[0], state.energy, rtol=1e-13)


def test_an_overflow_is_not_at_rest() -> None:
    huge = PredictiveCodingNetwork([[[1e300]], [[1e300]]], activation="identity")
    got = relax(huge, [[1e300]], [[1.0]])
    assert not got.relaxation.all_converged
    assert "not at rest" in got.relaxation.message


def chain_1_1_1(bias: float, target: float) -> PredictiveCodingNetwork:
    return PredictiveCodingNetwork([[[0.0]], [[1.0]]], [[bias], [0.0]], activation="relu")


@pytest.mark.parametrize(("bias", "target"), [(0.5, -1.0), (0.5, -0.5), (0.5, -3.0), (1e-9, -1e-9)])
@pytest.mark.parametrize("follow", [True, False])
def test_an_equilibrium_exactly_on_a_kink(bias: float, target: float, follow: bool) -> None:
    """E = 1/2 (x - b)^2 + 1/2 (t - relu(x))^2 with b > 0 and t <= -b falls from the right to x = 0, where its
    slope is -b on the left and -b - t >= 0 on the right."""
    got = relax(chain_1_1_1(bias, target), [[1.0]], [[target]], follow=follow)
    assert got.relaxation.all_converged, got.relaxation.message
    if -target > bias:
        assert got.activities[1].tolist() == [[0.0]]
        assert got.relaxation.residual[0] == 0.0
    # At t = -b the slope on the right is 0: no kink to hold x, which ends within rounding of b and t.
    np.testing.assert_allclose(got.activities[1], 0.0, rtol=0.0, atol=1e-13 * bias)
    np.testing.assert_allclose(got.energy, 0.5 * (bias**2 + target**2), rtol=1e-12)


@pytest.mark.parametrize("follow", [True, False])
def test_a_kink_that_repels_is_crossed(follow: bool) -> None:
    """b = 0.5, target 4: E has its minimum at x = (b + t) / 2; from b = -0.5 nothing pulls, and x stays."""
    got = relax(chain_1_1_1(0.5, 4.0), [[1.0]], [[4.0]], follow=follow)
    np.testing.assert_allclose(got.activities[1], [[2.25]], rtol=1e-12)
    got = relax(chain_1_1_1(-0.5, 4.0), [[1.0]], [[4.0]], follow=follow)
    np.testing.assert_allclose(got.activities[1], [[-0.5]], rtol=1e-15)


def test_a_partly_free_input_below_kinks_is_determined() -> None:
    """The gate of the input is 1, whatever kinks are above: the chain and its graph say the same."""
    rng = np.random.default_rng(1)
    net = random_network((4, 6, 3), "relu", seed=1, gain=1.5)
    mask = np.zeros((5, 4), dtype=bool)
    mask[:, 0] = True
    inputs = np.ma.array(rng.normal(size=(5, 4)), mask=mask)
    targets = rng.normal(size=(5, 3))
    got = relax(net, targets=targets, clamps={0: inputs})
    want = relax(net.graph, clamps={"0": inputs, "2": targets})
    np.testing.assert_array_equal(got.relaxation.converged, want.relaxation.converged)
    assert got.relaxation.converged.any()

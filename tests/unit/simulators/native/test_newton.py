"""Newton's method on block outputs, for batches: against scipy, and where there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from analog_pc.circuit.transfer import Law, limiter, ramp_law, sinh_law, tanh_law
from analog_pc.crossbar import NonlinearArray
from analog_pc.simulators.native.blocks import Block, Curves, Gates, Ports
from analog_pc.simulators.native.equations import Placed
from analog_pc.simulators.native.loop import Loop
from analog_pc.simulators.native.newton import LEAPS, solve


def curves(law: Law, n: int, *, mild: bool = False) -> Curves:
    one = np.ones(n)
    return Curves(law, one, 0.0 * one, one, mild=mild)


def loop_of(gain: np.ndarray, *blocks: Block) -> Loop:
    placed, reads, writes = [], 0, 0
    for block in blocks:
        placed.append(Placed(block, slice(reads, reads + block.reads), slice(writes, writes + block.writes)))
        reads, writes = reads + block.reads, writes + block.writes
    return Loop(tuple(placed), gain)


def residual(loop: Loop, r: np.ndarray, y: np.ndarray) -> float:
    return float(np.abs(y - r - loop.delta(y) @ loop.gain.T).max())


@pytest.mark.parametrize("samples", [1, 2, 40, 300])
@pytest.mark.parametrize("strength", [0.1, 0.5, 0.9])
def test_every_sample_of_a_batch_is_solved(samples: int, strength: float) -> None:
    rng = np.random.default_rng(samples)
    gain = rng.normal(size=(12, 12))
    gain *= strength / np.linalg.norm(gain, 2)  # slopes lie in -1 ... 0, so there is one solution
    loop = loop_of(gain, curves(tanh_law(0.3), 12))
    r = rng.normal(size=(samples, 12))
    y, q, found = solve(loop, r, np.zeros((samples, 12)))
    assert found.all()
    assert residual(loop, r, y) < 1e-11
    np.testing.assert_allclose(q, loop.delta(y), atol=1e-11)
    one = root(lambda v: v - r[0] - loop.delta(v[None])[0] @ gain.T, r[0], tol=1e-12)
    np.testing.assert_allclose(y[0], one.x, atol=1e-9)


def test_samples_that_need_a_matrix_of_their_own_get_it() -> None:
    # 1 - K D lies between 1 and 9 from sample to sample: no common matrix serves all of them.
    rng = np.random.default_rng(3)
    gain = 8.0 * np.eye(6) + 0.5 * rng.normal(size=(6, 6))
    loop = loop_of(gain, curves(tanh_law(0.2), 6))
    r = rng.normal(size=(50, 6)) * np.logspace(-2, 1.0, 50)[:, None]
    y, _, found = solve(loop, r, np.zeros((50, 6)))
    assert found.all()
    assert residual(loop, r, y) < 1e-11


def test_mild_blocks_are_followed_where_they_bend() -> None:
    rng = np.random.default_rng(4)
    gain = 0.3 * rng.normal(size=(10, 10))
    loop = loop_of(gain, curves(limiter(1.0, 6), 10, mild=True))
    r = 0.8 * rng.normal(size=(20, 10))
    assert loop.bends(r, 1e-3).any()
    assert not loop.bends(1e-3 * r, 1e-3).any()
    y, _, found = solve(loop, r, np.zeros((20, 10)))
    assert found.all()
    assert residual(loop, r, y) < 1e-11


def test_what_has_no_solution_is_not_found() -> None:
    square = Law("square", lambda v: v + v * v, lambda v: 1.0 + 2.0 * v, lambda v: v)
    loop = loop_of(np.eye(1), curves(square, 1))  # y = r + y^2 has a solution for r <= 1/4 alone
    _, _, found = solve(loop, np.array([[0.2], [0.3], [0.1]]), np.zeros((3, 1)))
    assert found.tolist() == [True, False, True]


def test_a_crossbar_of_nonlinear_devices_beside_a_sample_that_runs_away() -> None:
    law = sinh_law(2.0)
    ports = Ports(NonlinearArray(np.full((2, 3), 1e-4), 10.0, 10.0, 0.0, law.value, law.derivative))
    y = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 5))
    sound = ports.delta(y)
    y[2, 1] = np.nan
    delta = ports.delta(y)
    assert np.isnan(delta[2]).all()
    np.testing.assert_allclose(delta[[0, 1, 3]], sound[[0, 1, 3]], atol=1e-12 * np.abs(sound).max())


def test_a_circuit_without_blocks_needs_no_search() -> None:
    y, q, found = solve(loop_of(np.zeros((2, 0))), np.ones((3, 2)), np.zeros((3, 0)))
    assert found.all()
    assert q.shape == (3, 0)
    np.testing.assert_array_equal(y, 1.0)


def test_few_outputs_that_bend_among_many_that_hardly_do() -> None:
    rng = np.random.default_rng(5)
    gain = rng.normal(size=(36, 36))
    gain *= 0.6 / np.linalg.norm(gain, 2)
    gate = Law("gate", lambda v: 0.5 + 0.2 * np.tanh(v), lambda v: 0.2 / np.cosh(v) ** 2, lambda v: v)
    gates = Gates(gate, np.linspace(0.5, 1.5, 4))
    loop = loop_of(gain[:, :32], curves(limiter(1.0, 6), 20, mild=True), curves(tanh_law(0.3), 8), gates)
    r = 0.2 * rng.normal(size=(60, 36))
    r[:, 3] = 0.9  # one of the limiters is near its rail
    y, _, found = solve(loop, r, np.zeros((60, 32)))
    assert found.all()
    assert residual(loop, r, y) < 1e-11
    part = loop.kept[0].part
    assert part is not None
    assert set(range(20, 32)) | {3} <= set(part.writes.tolist())
    assert len(part.writes) < 32
    np.testing.assert_array_equal(part.loop.delta(y[:, part.reads]), loop.delta(y)[:, part.writes])
    np.testing.assert_array_equal(part.loop.gain, loop.gain[np.ix_(part.reads, part.writes)])


def test_a_leap_leads_out_of_a_corner_between_two_straight_pieces() -> None:
    # Found by a search through random gains; from 0 V the residual falls along no part of Newton's step.
    def corner() -> Loop:
        gain = np.array([[-3.4, -9.1], [2.5, -0.8]])
        return loop_of(gain, curves(ramp_law((0.0,), (0.0, 1.0)), 2))

    r, rest = np.array([[0.6, -0.5]]), np.zeros((1, 2))
    assert not solve(corner(), r, rest)[2].any()
    y, _, found = solve(corner(), r, rest, LEAPS)
    assert found.all()
    # both below the kink, where delta(y) = -y: (1 + K) y = r
    np.testing.assert_allclose(y[0], np.linalg.solve(np.eye(2) + corner().gain, r[0]), atol=1e-12)
    assert (y < 0.0).all()


def test_a_batch_that_one_matrix_left_is_searched_sample_by_sample_next_time() -> None:
    rng = np.random.default_rng(5)
    loop = loop_of(8.0 * np.eye(6) + 0.5 * rng.normal(size=(6, 6)), curves(tanh_law(0.2), 6))
    r = rng.normal(size=(20, 6)) * np.logspace(-2, 1.0, 20)[:, None]
    first = solve(loop, r, np.zeros((20, 6)))
    assert loop.uneven[0]
    again = solve(loop, r, np.zeros((20, 6)))
    assert first[2].all()
    assert again[2].all()
    np.testing.assert_allclose(again[0], first[0], atol=1e-11)

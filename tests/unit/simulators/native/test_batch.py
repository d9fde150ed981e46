"""Batches on circuits of small units: against scipy and dense algebra, and where an assumption breaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import root

from analog_pc.circuit.transfer import Law, limiter, ramp_law, tanh_gate, tanh_law
from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.simulators.native import batch, newton, threads
from analog_pc.simulators.native.blocks import Block, Curves, Gates
from analog_pc.simulators.native.equations import Placed
from analog_pc.simulators.native.loop import Loop
from analog_pc.simulators.native.search_kernel import Work, miss, solve
from analog_pc.simulators.native.units import DROPPED, MOST_TIES, units_of
from analog_pc.technology import IDEAL

CELLS, TIES = 10, 3
RAIL = limiter(1.0, 20)  # as sharp as to give exactly nothing at a tenth of its limit


def curves(law: Law, n: int, *, mild: bool = False) -> Curves:
    one = np.ones(n)
    return Curves(law, one, 0.0 * one, one, mild=mild)


def tied(blocks: list[Block], strength: float, ties: int = TIES, seed: int = 0) -> Loop:
    """Cells of one output of each block, tied by few voltages; every block has `CELLS` outputs."""
    rng = np.random.default_rng(seed)
    placed, reads, writes = [], 0, 0
    for block in blocks:
        placed.append(Placed(block, slice(reads, reads + block.reads), slice(writes, writes + block.writes)))
        reads, writes = reads + block.reads, writes + block.writes
    same_cell = np.arange(reads)[:, None] % CELLS == np.arange(writes) % CELLS
    cells = np.where(same_cell, rng.normal(size=(reads, writes)), 0.0)
    gain = cells + rng.normal(size=(reads, ties)) @ rng.normal(size=(ties, writes))
    scale = strength / np.linalg.norm(gain, 2)
    return Loop(tuple(placed), scale * gain, alone=lambda pick: scale * cells[:, pick])


def mixed(strength: float = 0.5, **options: int) -> Loop:
    gates = Gates(tanh_gate(0.7), np.linspace(0.5, 1.5, CELLS))
    return tied([curves(tanh_law(0.3), CELLS), gates, curves(RAIL, CELLS, mild=True)], strength, **options)


def residual(loop: Loop, r: np.ndarray, y: np.ndarray) -> float:
    return float(np.abs(y - r - loop.delta(y) @ loop.gain.T).max())


def drives(loop: Loop, samples: int, size: float = 0.4, seed: int = 1) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=(samples, len(loop.gain)))


def solved(loop: Loop, r: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return newton.solve(loop, r, np.zeros((len(r), loop.gain.shape[1])))


@pytest.mark.parametrize("strength", [0.1, 0.5, 0.9])
def test_every_sample_is_solved(strength: float) -> None:
    loop = mixed(strength)
    r = drives(loop, 150)
    y, q, found = solved(loop, r)
    assert found.all()
    assert residual(loop, r, y) < 1e-12
    np.testing.assert_allclose(q, loop.delta(y), atol=1e-12)
    one = root(lambda v: v - r[7] - loop.delta(v[None])[0] @ loop.gain.T, r[7], tol=1e-13)
    np.testing.assert_allclose(y[7], one.x, atol=1e-10)


@pytest.mark.parametrize("ties", [1, TIES])  # one: a unit of two outputs takes a way of its own
def test_the_structure_is_found_and_its_step_is_newtons(ties: int) -> None:
    loop, samples = mixed(ties=ties), 5
    y = drives(loop, samples)
    pick = loop.bends(y, 1e-3)
    units = units_of(loop, y, pick, pick)
    assert units is not None
    assert len(units.to_ties) == units.into.shape[2] == ties
    assert len(units.starts) == CELLS + 1
    part, cells = loop.part(pick), batch.cells_of(loop, units, pick, ~pick & False)
    work = Work.of(cells, samples)
    work.y[:] = y.T[cells.reads]
    work.q[:] = q = np.random.default_rng(2).normal(size=(len(part.writes), samples))
    miss(cells, work)  # leaves the slopes and f
    f = loop.delta(y).T[pick] - q
    np.testing.assert_allclose(work.f, f, atol=1e-14)
    solve(units, work)
    everything = np.ones(len(part.writes), dtype=np.bool_)
    around = part.loop.slopes_times(y[:, part.reads], everything, part.loop.gain[None])
    dense = np.linalg.solve(np.eye(len(f)) - around, f.T[:, :, None])[:, :, 0]
    np.testing.assert_allclose(work.f.T, dense, atol=10.0 * DROPPED * np.abs(dense).max())


def test_a_sample_is_solved_as_it_is_alone() -> None:
    loop = mixed(0.8)
    r = drives(loop, 100)
    together = solved(loop, r)[0]
    for sample in (0, 41, 99):
        alone = solved(mixed(0.8), r[sample : sample + 1])[0]
        np.testing.assert_allclose(together[sample], alone[0], atol=1e-12)


def test_outputs_that_wake_up_in_few_samples() -> None:
    loop = mixed()
    r = drives(loop, 100, size=0.02)  # all limiters are far from their rails, and give nothing
    r[50] *= 40.0  # a sample that is not among those looked at
    y, q, found = solved(loop, r)
    assert found.all()
    assert residual(loop, r, y) < 1e-12
    split = loop.kept_split[0]
    assert split is not None
    assert np.abs(q[50, 2 * CELLS :]).max() > 1e-6
    assert split.loud[2 * CELLS :].any()


def test_quiet_outputs_are_left_out_of_the_search_but_not_of_the_answer() -> None:
    loop = mixed()
    r = drives(loop, 100, size=0.02)
    y, q, found = solved(loop, r)
    split = loop.kept_split[0]
    assert split is not None
    assert not split.loud[2 * CELLS :].any()
    assert found.all()
    np.testing.assert_array_equal(q[:, 2 * CELLS :], loop.delta(y)[:, 2 * CELLS :])
    np.testing.assert_allclose(y, r + q @ loop.gain.T, atol=1e-15)


@pytest.mark.parametrize("heard", [CELLS, 0])
def test_outputs_that_no_read_feels_are_looked_at_once(heard: int) -> None:
    loop = tied([curves(tanh_law(0.3), CELLS), Gates(tanh_gate(0.7), np.linspace(0.5, 1.5, CELLS))], 0.5)
    felt = np.arange(2 * CELLS) < heard
    cells = loop.gain_alone(np.ones(2 * CELLS, dtype=np.bool_))
    assert cells is not None
    loop = Loop(loop.blocks, loop.gain * felt, alone=lambda pick: (cells * felt)[:, pick])
    r = drives(loop, 90)
    y, q, found = solved(loop, r)
    assert found.all()
    assert residual(loop, r, y) < 1e-12
    np.testing.assert_allclose(q, loop.delta(y), atol=1e-12)
    split = batch.complete(loop)
    assert split is not None
    assert split.cells.writes[heard:].tolist() == list(range(heard, 2 * CELLS))
    assert Work.of(split.cells, 5).last_slopes.shape == (2, 2 * CELLS - heard, 5)  # gates have two inputs


def test_what_has_no_solution_is_not_found() -> None:
    steep = ramp_law((0.25,), (0.0, 2.0))
    one = np.ones(2)
    blocks = (Placed(Curves(steep, one, 0.0 * one, 0.0 * one), slice(0, 2), slice(0, 2)),)
    loop = Loop(blocks, np.eye(2), alone=lambda pick: np.eye(2)[:, pick])
    r = np.full((80, 2), 0.1)  # y = r + 2 max(y - 1/4, 0) has a solution for r <= 1/4 alone
    r[33, 1] = 0.3
    _, _, found = solved(loop, r)
    assert np.flatnonzero(~found).tolist() == [33]
    assert loop.kept_split[0] is not None


def test_a_law_that_compiled_code_does_not_know_has_another_way() -> None:
    own = Law("tanh", lambda v: 0.5 * np.tanh(v), lambda v: 0.5 / np.cosh(v) ** 2, lambda v: f"tanh({v})/2")
    loop = tied([curves(own, CELLS)], 0.5)
    r = drives(loop, 70)
    y, _, found = solved(loop, r)
    assert loop.kept_split == [None]
    assert found.all()
    assert residual(loop, r, y) < 1e-11


def test_too_many_ties_have_another_way() -> None:
    loop = tied([curves(tanh_law(0.3), 5 * MOST_TIES)], 0.5, ties=MOST_TIES + 1)
    r = drives(loop, 70)
    y, _, found = solved(loop, r)
    assert loop.kept_split == [None]
    assert found.all()
    assert residual(loop, r, y) < 1e-11


def test_slices_hold_every_sample_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LEAST", 10)
    monkeypatch.setattr(threads, "MOST", 100)
    seen = np.zeros(77, dtype=int)

    def work(part: slice) -> None:
        seen[part] += 1
        assert part.stop - part.start <= 10

    threads.in_slices(77, 10, work)
    np.testing.assert_array_equal(seen, 1)

    def fail(part: slice) -> None:
        raise ArithmeticError("in a thread")

    with pytest.raises(ArithmeticError, match="in a thread"):
        threads.in_slices(77, 10, fail)


@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_a_network_of_real_parts_takes_this_way_and_gets_the_same(
    phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = replace(
        IDEAL, name="real", opamp_gain=1e3, opamp_gain_bandwidth=1e9, opamp_saturation=1.0, opamp_offset=1e-3,
        opamp_slew_rate=1e9, opamp_output_resistance=100.0, activation_gain_spread=0.01, levels=64,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    net, inputs = random_network((12, 6, 3), seed=0), rng.uniform(0.0, 1.0, (90, 12))
    targets = np.eye(3)[rng.integers(0, 3, 90)] if phase == "learn" else None
    compiled = compile_network(net, real, inputs, targets)
    point = compiled.operating_point(list(range(90)))
    native = Native(check_stability=False)
    found = native.simulate(compiled.circuit, point)
    kept = native.model(compiled.circuit).reduced(False)[1].kept_split
    assert kept
    assert kept[0] is not None
    monkeypatch.setattr(newton, "MANY", 1000)
    other = Native(check_stability=False).simulate(compiled.circuit, point)
    assert str(found.status) == str(other.status) == "converged"
    scale = np.abs(other.volts).max()
    np.testing.assert_allclose(found.volts, other.volts, atol=1e-11 * scale)
    assert batch.MANY < 90

"""Feedback forms solved: implicit, explicit and terminal outputs together, in batches of any size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from analog_pc.activations import TANH
from analog_pc.circuit.transfer import (
    TransferFunction,
    activation_gate,
    activation_transfer,
    limiter,
    ramp_transfer,
    sinh_transfer,
)
from analog_pc.crossbar import NonlinearArray
from analog_pc.simulators.native.mna.elements import (
    MultiplyingTransconductor,
    NonlinearElement,
    NonlinearMultiport,
    ScalarNonlinearity,
)
from analog_pc.simulators.native.mna.equations import ElementInstance
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.newton import Solved

CELLS = 10
SOFT = slice(0, 2 * CELLS)  # activations and gates of `cells_with_rails`
RAILS = slice(2 * CELLS, 3 * CELLS)


def curves(law: TransferFunction, n: int, *, near_linear: bool = False) -> ScalarNonlinearity:
    one = np.ones(n)
    return ScalarNonlinearity(law, one, 0.0 * one, one, near_linear=near_linear)


def form_of(gain: np.ndarray, *elements: NonlinearElement, own: np.ndarray | None = None) -> FeedbackForm:
    """Blocks whose inputs and outputs follow each other; own: the gain within small units."""
    inputs = np.cumsum([0, *(element.n_inputs for element in elements)])
    outputs = np.cumsum([0, *(element.n_outputs for element in elements)])
    placed = tuple(
        ElementInstance(element, slice(inputs[k], inputs[k + 1]), slice(outputs[k], outputs[k + 1]))
        for k, element in enumerate(elements)
    )
    return FeedbackForm(placed, gain, uncoupled=None if own is None else lambda some: own[:, some])


def cells_with_rails(strength: float = 0.5) -> FeedbackForm:
    """Cells of an activation, a gate and an amplifier with rails, tied by three voltages."""
    rng = np.random.default_rng(0)
    same_cell = np.arange(4 * CELLS)[:, None] % CELLS == np.arange(3 * CELLS) % CELLS
    own = np.where(same_cell, rng.normal(size=same_cell.shape), 0.0)
    gain = own + rng.normal(size=(4 * CELLS, 3)) @ rng.normal(size=(3, 3 * CELLS))
    scale = strength / np.linalg.norm(gain, 2)
    gates = MultiplyingTransconductor(activation_gate(TANH, 0.7), np.linspace(0.5, 1.5, CELLS))
    rails = curves(limiter(1.0, 20), CELLS, near_linear=True)  # exactly straight up to a tenth of the rail
    return form_of(scale * gain, curves(activation_transfer(TANH, 0.3), CELLS), gates, rails, own=scale * own)


def drives(form: FeedbackForm, samples: int, size: float) -> np.ndarray:
    return size * np.random.default_rng(1).normal(size=(samples, len(form.gain)))


def check(form: FeedbackForm, r: np.ndarray, solved: Solved) -> None:
    """All samples are found, and there q = delta(y), y = r + K q."""
    assert solved.found.all()
    size = np.abs(solved.y).max()
    np.testing.assert_allclose(solved.y, r + solved.q @ form.gain.T, rtol=0.0, atol=1e-13 * size)
    left = np.abs((form.delta(solved.y) - solved.q) @ form.gain.T)
    assert left.max() <= 1e-11 * size


@pytest.mark.parametrize("samples", [1, 2, 20, 300])
@pytest.mark.parametrize("size", [0.02, 0.4, 2.0])  # rails far away, near some, at most
def test_every_sample_is_solved(samples: int, size: float) -> None:
    form = cells_with_rails()
    r = drives(form, samples, size)
    solved = FeedbackSolver(form).solve(r)
    check(form, r, solved)
    one = root(lambda y: y - r[-1] - form.delta(y[None])[0] @ form.gain.T, r[-1], tol=1e-13)
    np.testing.assert_allclose(solved.y[-1], one.x, atol=1e-10)


def test_a_sample_is_solved_in_a_batch_as_it_is_alone() -> None:
    form = cells_with_rails(0.9)
    r = drives(form, 120, 0.6)
    together = FeedbackSolver(form).solve(r)
    for sample in (0, 41, 119):
        alone = FeedbackSolver(form).solve(r[sample : sample + 1])
        np.testing.assert_allclose(together.y[sample], alone.y[0], rtol=0.0, atol=1e-11)
        np.testing.assert_allclose(together.q[sample], alone.q[0], rtol=0.0, atol=1e-11)


def test_samples_in_another_order_have_the_same_solutions() -> None:
    form = cells_with_rails(0.9)
    r = drives(form, 90, 0.6)
    order = np.random.default_rng(2).permutation(90)
    straight = FeedbackSolver(form).solve(r)
    mixed = FeedbackSolver(form).solve(r[order])
    np.testing.assert_allclose(mixed.y, straight.y[order], rtol=0.0, atol=1e-11)


def test_what_was_solved_before_does_not_show() -> None:
    form = cells_with_rails(0.9)
    small = drives(form, 60, 0.02)
    large = drives(form, 60, 2.0)
    used = FeedbackSolver(form)
    before = used.solve(small)
    used.solve(large)  # its rails join the implicit set, and stay there
    after = used.solve(small, drives(form, 60, 0.1)[:, : 3 * CELLS])  # from elsewhere
    np.testing.assert_allclose(after.y, before.y, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize("stop", [1e-4, 1e-6, 1e-9])
def test_sweeps_end_where_they_were_told_to(stop: float) -> None:
    """A sweep leaves a third of the last move at most, all that follow half of it."""
    form = cells_with_rails()
    r = drives(form, 40, 0.4)
    exact = FeedbackSolver(form).solve(r)
    rough = FeedbackSolver(form, stop).solve(r)
    assert rough.found.all()
    size = np.abs(exact.y).max(axis=1)
    assert (np.abs(rough.y - exact.y).max(axis=1) <= 0.5 * stop * size).all()


def test_an_output_that_was_zero_before_is_heard_when_it_is_not() -> None:
    """Rails are 0 in the first batch, so their columns of K were left out."""
    form = cells_with_rails(0.2)
    used = FeedbackSolver(form)
    assert not used.solve(drives(form, 40, 0.02)).q[:, RAILS].any()
    large = drives(form, 40, 0.3)
    found = used.solve(large)
    assert found.q[:, RAILS].any()
    check(form, large, found)
    np.testing.assert_allclose(found.y, FeedbackSolver(form).solve(large).y, rtol=0.0, atol=1e-11)


def test_rails_are_implicit_where_they_are_reached() -> None:
    form = cells_with_rails()
    far = FeedbackSolver(form)
    r = drives(form, 100, 0.02)
    solved = far.solve(r)
    check(form, r, solved)
    assert far.implicit[SOFT].all()
    assert not far.implicit[RAILS].any()
    np.testing.assert_array_equal(solved.q[:, RAILS], form.delta(solved.y)[:, RAILS])
    near = FeedbackSolver(form)
    r[:, -1] = 1.5  # the last amplifier is beyond its rail in every sample
    check(form, r, near.solve(r))
    assert near.implicit[RAILS].tolist() == [False] * (CELLS - 1) + [True]


def test_outputs_that_one_sample_of_many_needs() -> None:
    """The sample is not among those that say which outputs are implicit, and its rails feed back strongly."""
    form = cells_with_rails(3.0)
    r = drives(form, 100, 0.02)
    r[50] *= 60.0
    solver = FeedbackSolver(form)
    solved = solver.solve(r)
    check(form, r, solved)
    assert np.abs(solved.q[50, RAILS]).max() > 1e-3
    alone = FeedbackSolver(form).solve(r[50:51])
    np.testing.assert_allclose(solved.y[50], alone.y[0], rtol=0.0, atol=1e-10)


def test_few_implicit_outputs_among_many_that_are_nearly_linear() -> None:
    rng = np.random.default_rng(5)
    gain = rng.normal(size=(36, 32))
    gain *= 0.6 / np.linalg.norm(gain, 2)
    gate = TransferFunction(
        "gate", lambda v: 0.5 + 0.2 * np.tanh(v), lambda v: 0.2 / np.cosh(v) ** 2, lambda v: v
    )
    gates = MultiplyingTransconductor(gate, np.linspace(0.5, 1.5, 4))
    form = form_of(
        gain, curves(limiter(1.0, 6), 20, near_linear=True), curves(activation_transfer(TANH, 0.3), 8), gates
    )
    r = 0.15 * rng.normal(size=(60, 36))
    r[:, 3] = 0.9  # one of the limiters is near its rail
    solver = FeedbackSolver(form)
    check(form, r, solver.solve(r))
    assert solver.implicit[20:].all()
    assert solver.implicit[3]
    assert 0 < solver.implicit[:20].sum() < 20


@pytest.mark.parametrize("samples", [3, 80])
def test_implicit_outputs_that_only_explicit_ones_depend_on(samples: int) -> None:
    """Activations drive amplifiers far from their rails, and nothing feeds back: a layer that predicts.

    Among the implicit outputs alone no input depends on any of them.  A search that starts near the solution
    must not take that for a residual of 0.
    """
    gain = np.zeros((2 * CELLS, 2 * CELLS))
    gain[CELLS:, :CELLS] = 0.1 * np.random.default_rng(8).normal(size=(CELLS, CELLS))
    gain[CELLS:, CELLS:] = 0.1 * np.eye(CELLS)
    rails = curves(limiter(1.0, 20), CELLS, near_linear=True)
    form = form_of(gain, curves(activation_transfer(TANH, 0.3), CELLS), rails, own=gain)
    r = drives(form, samples, 0.02)
    solver = FeedbackSolver(form)
    solved = solver.solve(r, np.full((samples, 2 * CELLS), 1e-8))
    check(form, r, solved)
    np.testing.assert_allclose(solved.q, form.delta(r + solved.q @ gain.T), rtol=0.0, atol=1e-14)


@pytest.mark.parametrize("observed", [CELLS, 0])
def test_outputs_that_no_input_depends_on_are_explicit(observed: int) -> None:
    rng = np.random.default_rng(6)
    gain = np.where(np.arange(2 * CELLS) < observed, 0.1 * rng.normal(size=(3 * CELLS, 2 * CELLS)), 0.0)
    gates = MultiplyingTransconductor(activation_gate(TANH, 0.7), np.linspace(0.5, 1.5, CELLS))
    form = form_of(gain, curves(activation_transfer(TANH, 0.3), CELLS), gates)
    r = drives(form, 90, 0.4)
    solver = FeedbackSolver(form)
    solved = solver.solve(r)
    check(form, r, solved)
    np.testing.assert_array_equal(solver.implicit, np.arange(2 * CELLS) < observed)
    np.testing.assert_allclose(solved.q[:, observed:], form.delta(solved.y)[:, observed:], rtol=1e-13)
    assert np.abs(solved.q[:, CELLS:]).max() > 0.1


@pytest.mark.parametrize("samples", [3, 80])
def test_what_has_no_solution_is_not_found(samples: int) -> None:
    one = np.ones(2)
    steep = ScalarNonlinearity(ramp_transfer((0.25,), (0.0, 2.0)), one, 0.0 * one, 0.0 * one)
    form = form_of(np.eye(2), steep, own=np.eye(2))
    r = np.full((samples, 2), 0.1)  # y = r + 2 max(y - 1/4, 0) has a solution for r <= 1/4 alone
    r[1, 1] = 0.3
    solved = FeedbackSolver(form).solve(r)
    assert np.flatnonzero(~solved.found).tolist() == [1]
    np.testing.assert_array_equal(solved.y[solved.found], 0.1)


@pytest.mark.parametrize("samples", [4, 80])
def test_a_sample_that_is_no_number_does_not_show_in_others(samples: int) -> None:
    form = cells_with_rails()
    r = drives(form, samples, 0.4)
    sound = FeedbackSolver(form).solve(r)
    r[2, 5] = np.nan
    solved = FeedbackSolver(form).solve(r)
    assert np.flatnonzero(~solved.found).tolist() == [2]
    others = np.arange(samples) != 2
    np.testing.assert_allclose(solved.y[others], sound.y[others], rtol=0.0, atol=1e-11)


def test_a_circuit_without_elements_needs_no_search() -> None:
    solved = FeedbackSolver(form_of(np.zeros((2, 0)))).solve(np.ones((3, 2)))
    assert solved.found.all()
    assert solved.q.shape == (3, 0)
    np.testing.assert_array_equal(solved.y, 1.0)


def crossbar(per_volt: float, ohms: float) -> tuple[NonlinearArray, FeedbackForm]:
    """A 2 x 3 array of sinh devices, every port fed through `ohms`: y = r + K delta, K = -(1/ohms + Y)^-1."""
    law = sinh_transfer(per_volt)
    siemens = np.linspace(0.2e-4, 1e-4, 6).reshape(2, 3)
    array = NonlinearArray(siemens, 10.0, 10.0, 0.0, law.value, law.derivative)
    return array, form_of(-np.linalg.inv(np.eye(5) / ohms + array.admittance), NonlinearMultiport(array))


@pytest.mark.parametrize(
    ("per_volt", "ohms", "implicit"),
    [(0.1, 1e4, False), (3.0, 10.0, False), (3.0, 1e4, True), (8.0, 1e3, True), (50.0, 1e3, True)],
    ids=["nearly linear", "hardly loaded", "loaded", "the fixed point diverges", "the fixed point overflows"],
)
def test_a_crossbar_of_nonlinear_devices(per_volt: float, ohms: float, implicit: bool) -> None:
    array, form = crossbar(per_volt, ohms)
    sources = np.random.default_rng(7).uniform(-0.8, 0.8, (12, 5))
    solver = FeedbackSolver(form)
    solved = solver.solve(sources / ohms @ -form.gain.T)
    assert solved.found.all()
    assert solver.implicit.tolist() == [implicit] * 5
    # Kirchhoff's current law at every port; the currents of a passive array are unique
    into_array = solved.y @ array.admittance + array.evaluate(solved.y)[0]
    from_source = (sources - solved.y) / ohms
    np.testing.assert_allclose(into_array, from_source, rtol=0.0, atol=1e-9 * np.abs(from_source).max())


def test_a_crossbar_beside_a_sample_that_is_no_number() -> None:
    array, form = crossbar(3.0, 1e3)
    ports = NonlinearMultiport(array)
    y = np.random.default_rng(0).uniform(-0.5, 0.5, (4, 5))
    sound = ports.delta(y)
    y[2, 1] = np.nan
    delta = ports.delta(y)
    assert np.isnan(delta[2]).all()
    np.testing.assert_allclose(delta[[0, 1, 3]], sound[[0, 1, 3]], atol=1e-12 * np.abs(sound).max())
    solved = FeedbackSolver(form).solve(y)
    assert solved.found.tolist() == [True, True, False, True]
    check(form, y[[0, 1, 3]], Solved(solved.y[[0, 1, 3]], solved.q[[0, 1, 3]], solved.found[[0, 1, 3]]))

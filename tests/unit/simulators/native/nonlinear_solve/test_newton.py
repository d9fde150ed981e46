"""Newton's method on feedback forms: dense against scipy, compiled against dense, what has no solution."""

from __future__ import annotations

import numba
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
)
from analog_pc.simulators.native.kernels import TILE, threads
from analog_pc.simulators.native.kernels.block_elimination import (
    BlockProblem,
    newton_step,
    residual,
    solve_tiles,
    workspace,
)
from analog_pc.simulators.native.mna.elements import (
    MultiplyingTransconductor,
    NonlinearElement,
    ScalarNonlinearity,
)
from analog_pc.simulators.native.mna.equations import ElementInstance
from analog_pc.simulators.native.nonlinear_solve.block_newton import (
    DROPPED,
    BlockNewton,
    block_gain_of,
    compile_block_newton,
)
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, UNDAMPED_STEPS, DenseNewton, Solved

CELLS = 10
RANK = 3


def curves(law: TransferFunction, n: int, *, near_linear: bool = False) -> ScalarNonlinearity:
    one = np.ones(n)
    return ScalarNonlinearity(law, one, 0.0 * one, one, near_linear=near_linear)


def placed(elements: tuple[NonlinearElement, ...]) -> tuple[ElementInstance, ...]:
    """Blocks whose inputs and outputs follow each other."""
    inputs = np.cumsum([0, *(element.n_inputs for element in elements)])
    outputs = np.cumsum([0, *(element.n_outputs for element in elements)])
    return tuple(
        ElementInstance(element, slice(inputs[k], inputs[k + 1]), slice(outputs[k], outputs[k + 1]))
        for k, element in enumerate(elements)
    )


def coupled(strength: float, *elements: NonlinearElement, rank: int = RANK, seed: int = 0) -> FeedbackForm:
    """Cells of one output of each element, coupled by few voltages; every element has as many outputs."""
    rng = np.random.default_rng(seed)
    where = placed(elements)
    inputs = where[-1].inputs.stop
    outputs = where[-1].outputs.stop
    cells = elements[0].n_outputs
    same_cell = np.arange(inputs)[:, None] % cells == np.arange(outputs) % cells
    own = np.where(same_cell, rng.normal(size=(inputs, outputs)), 0.0)
    gain = own + rng.normal(size=(inputs, rank)) @ rng.normal(size=(rank, outputs))
    scale = strength / np.linalg.norm(gain, 2)
    return FeedbackForm(where, scale * gain, uncoupled=lambda some: scale * own[:, some])


def mixed(strength: float = 0.5, rank: int = RANK) -> FeedbackForm:
    gates = MultiplyingTransconductor(activation_gate(TANH, 0.7), np.linspace(0.5, 1.5, CELLS))
    rails = curves(limiter(1.0, 6), CELLS, near_linear=True)
    return coupled(strength, curves(activation_transfer(TANH, 0.3), CELLS), gates, rails, rank=rank)


def drives(form: FeedbackForm, samples: int, size: float = 0.4) -> np.ndarray:
    return size * np.random.default_rng(1).normal(size=(samples, len(form.gain)))


def nothing(form: FeedbackForm, samples: int) -> np.ndarray:
    return np.zeros((samples, form.gain.shape[1]))


def dense(form: FeedbackForm, r: np.ndarray) -> Solved:
    return DenseNewton(form).solve(r, nothing(form, len(r)))


def compiled(form: FeedbackForm, r: np.ndarray) -> Solved:
    newton = BlockNewton.of(form, r)
    assert newton is not None
    return newton.solve(r, nothing(form, len(r)))


def check(form: FeedbackForm, r: np.ndarray, solved: Solved, found: slice | np.ndarray = np.s_[:]) -> None:
    """q = delta(y) and y = r + K q hold in the samples that are found."""
    y = solved.y[found]
    q = solved.q[found]
    size = np.abs(y).max()
    np.testing.assert_allclose(q, form.delta(y), rtol=0.0, atol=1e-11 * size)
    np.testing.assert_allclose(y, r[found] + q @ form.gain.T, rtol=0.0, atol=1e-12 * size)


def by_scipy(form: FeedbackForm, r: np.ndarray) -> np.ndarray:
    """y of one sample r [inputs]."""
    found = root(lambda y: y - r - form.delta(y[None])[0] @ form.gain.T, r, tol=1e-13)
    return np.asarray(found.x)


@pytest.mark.parametrize("samples", [1, 2, 300])
@pytest.mark.parametrize("strength", [0.1, 0.5, 0.9])  # below 1 there is one solution: slopes are below 1
@pytest.mark.parametrize("method", [dense, compiled])
def test_every_sample_is_solved(method: type, samples: int, strength: float) -> None:
    form = mixed(strength)
    r = drives(form, samples)
    solved = method(form, r)
    assert solved.found.all()
    check(form, r, solved)
    np.testing.assert_allclose(solved.y[-1], by_scipy(form, r[-1]), atol=1e-10)


def test_compiled_finds_what_dense_finds() -> None:
    form = mixed(0.8)
    r = drives(form, TILE + 40)
    np.testing.assert_allclose(compiled(form, r).y, dense(form, r).y, rtol=0.0, atol=1e-11)


def test_samples_that_need_a_matrix_of_their_own_get_it() -> None:
    # 1 - K D lies between 1 and 9 from sample to sample: no common matrix serves all of them.
    rng = np.random.default_rng(3)
    gain = 8.0 * np.eye(6) + 0.5 * rng.normal(size=(6, 6))
    form = FeedbackForm(placed((curves(activation_transfer(TANH, 0.2), 6),)), gain)
    r = rng.normal(size=(50, 6)) * np.logspace(-2, 1.0, 50)[:, None]
    solved = dense(form, r)
    assert solved.found.all()
    check(form, r, solved)


@pytest.mark.parametrize("method", [dense, compiled])
def test_what_has_no_solution_is_not_found_and_does_not_show_in_others(method: type) -> None:
    one = np.ones(2)
    steep = ScalarNonlinearity(ramp_transfer((0.25,), (0.0, 2.0)), one, 0.0 * one, 0.0 * one)
    form = FeedbackForm(placed((steep,)), np.eye(2), uncoupled=lambda some: np.eye(2)[:, some])
    r = np.full((80, 2), 0.1)  # y = r + 2 max(y - 1/4, 0) has a solution for r <= 1/4 alone
    r[33, 1] = 0.3
    solved = method(form, r)
    assert np.flatnonzero(~solved.found).tolist() == [33]
    np.testing.assert_array_equal(solved.y[solved.found], 0.1)


def test_a_square_law_beyond_its_turning_point() -> None:
    square = TransferFunction("square", lambda v: v + v * v, lambda v: 1.0 + 2.0 * v, lambda v: v)
    form = FeedbackForm(placed((curves(square, 1),)), np.eye(1))
    r = np.array([[0.2], [0.3], [0.1]])  # y = r + y^2 has a solution for r <= 1/4 alone
    solved = dense(form, r)
    assert solved.found.tolist() == [True, False, True]
    exact = 0.5 - np.sqrt(0.25 - r[[0, 2]])
    np.testing.assert_allclose(solved.y[[0, 2]], exact, atol=1e-12)


@pytest.mark.parametrize("method", [dense, compiled])
def test_a_sample_that_is_no_number_does_not_show_in_others(method: type) -> None:
    form = mixed()
    r = drives(form, 80)
    sound = method(form, r)
    r[17, 3] = np.nan
    solved = method(form, r)
    assert np.flatnonzero(~solved.found).tolist() == [17]
    others = np.arange(80) != 17
    np.testing.assert_allclose(solved.y[others], sound.y[others], rtol=0.0, atol=1e-11)


def test_a_sample_beyond_all_numbers_leaves_the_others_at_a_turning_point_alone() -> None:
    """1 - D K of 0 in one sample, NaN in another: the matrices of both need more than elimination."""
    square = TransferFunction("square", lambda v: v + v * v, lambda v: 1.0 + 2.0 * v, lambda v: v)
    form = FeedbackForm(placed((curves(square, 1),)), np.eye(1))
    solved = DenseNewton(form).solve(np.array([[0.1], [0.5], [np.nan]]), np.array([[0.0], [0.0], [0.0]]))
    assert solved.found.tolist() == [True, False, False]
    np.testing.assert_allclose(solved.y[0], 0.5 - np.sqrt(0.15), atol=1e-12)


def test_one_sample_after_another_finds_what_each_would_alone() -> None:
    """The factors that the last one has left are tried first, and never decide."""
    form = mixed(0.9)
    r = drives(form, 12, size=1.0)
    kept = DenseNewton(form)
    for sample in r[:, None]:
        after_others = kept.solve(sample, nothing(form, 1))
        assert after_others.found.all()
        np.testing.assert_allclose(after_others.y, dense(form, sample).y, rtol=0.0, atol=1e-10)


@pytest.mark.parametrize("method", [dense, compiled])
def test_a_search_that_starts_at_the_solution_stays_there(method: type) -> None:
    form = mixed(0.8)
    r = drives(form, 50)
    first = method(form, r)
    newton = DenseNewton(form) if method is dense else BlockNewton.of(form, r)
    assert newton is not None
    again = newton.solve(r, first.q)
    assert again.found.all()
    np.testing.assert_allclose(again.y, first.y, rtol=0.0, atol=1e-12)


def test_a_leap_leads_out_of_a_corner_between_two_straight_pieces() -> None:
    # Found by a search through random gains; from 0 V the residual falls along no part of Newton's step.
    gain = np.array([[-3.4, -9.1], [2.5, -0.8]])
    form = FeedbackForm(placed((curves(ramp_transfer((0.0,), (0.0, 1.0)), 2),)), gain)
    r = np.array([[0.6, -0.5]])
    assert not dense(form, r).found.any()
    solved = DenseNewton(form).solve(r, nothing(form, 1), UNDAMPED_STEPS)
    assert solved.found.all()
    # both below the kink, where delta(y) = -y: (1 + K) y = r
    np.testing.assert_allclose(solved.y[0], np.linalg.solve(np.eye(2) + gain, r[0]), atol=1e-12)
    assert (solved.y < 0.0).all()


@numba.njit(cache=False)  # type: ignore[untyped-decorator, unused-ignore]
def _residual_and_step(problem, y, q, f, step):  # type: ignore[no-untyped-def]
    work = workspace(problem, y.shape[1])
    work.y[:] = y
    work.q[:] = q
    residual(problem, work)
    f[:] = work.f
    newton_step(problem, work)
    step[:] = work.step


@pytest.mark.parametrize("rank", [1, RANK])
def test_the_structure_is_found_and_its_step_is_newtons(rank: int) -> None:
    form = mixed(rank=rank)
    y = drives(form, 5)
    own = form.uncoupled_gain()
    assert own is not None
    assert form.table is not None
    block_gain = block_gain_of(form, form.table, y, own)
    assert block_gain is not None
    assert len(block_gain.out) == rank
    assert np.diff(block_gain.starts).tolist() == [form.gain.shape[1] // CELLS] * CELLS
    problem = BlockProblem(block_gain, form.table, form.gain, form.largest_gain, STOP)
    q = np.random.default_rng(2).normal(size=(form.gain.shape[1], len(y)))
    f = np.empty_like(q)
    step = np.empty_like(q)
    _residual_and_step(problem, np.ascontiguousarray(y.T), q, f, step)
    np.testing.assert_allclose(f, form.delta(y).T - q, atol=1e-14)
    every = np.ones(len(q), dtype=np.bool_)
    system = np.eye(len(q)) - form.slopes_times(y, every, form.gain[None])
    exact = np.linalg.solve(system, f.T[:, :, None])[:, :, 0]
    np.testing.assert_allclose(step.T, exact, atol=10.0 * DROPPED * np.abs(exact).max())


def test_compiled_elements_are_those_of_python() -> None:
    """Values, slopes and which slopes changed, of a form all of whose elements compiled code knows."""
    form = mixed()
    y = drives(form, 7)
    assert form.table is not None
    for rails in (1.0, 8.0):
        elements = form.elements
        at = rails * y
        each = [b.element.delta(at[:, b.inputs]) for b in elements]
        np.testing.assert_allclose(form.delta(at), np.concatenate(each, axis=1), atol=1e-14)
        some = np.arange(form.gain.shape[1]) % 3 > 0
        slopes = [
            b.element.slopes_times(at[:, b.inputs], some[b.outputs], form.gain[None, b.inputs])
            for b in elements
        ]
        np.testing.assert_allclose(
            form.slopes_times(at, some, form.gain[None]), np.concatenate(slopes, axis=1), atol=1e-13
        )
        changed = [b.element.slope_changed(at[:, b.inputs], 1e-3) for b in elements]
        np.testing.assert_array_equal(form.slope_changed(at, 1e-3), np.concatenate(changed))


def test_one_machine_code_serves_all_structures() -> None:
    """The one that is compiled in advance: arrays of another layout would be compiled apart, for seconds."""
    compile_block_newton()
    for rank in (0, RANK):
        form = mixed(rank=rank)
        found = BlockNewton.of(form, drives(form, 5))
        assert found is not None
        found.solve(np.zeros((1, form.gain.shape[0])), nothing(form, 1))
    assert len(vars(solve_tiles)["overloads"]) == 1


def test_without_a_structure_there_is_no_compiled_way() -> None:
    own = TransferFunction(
        "tanh", lambda v: 0.5 * np.tanh(v), lambda v: 0.5 / np.cosh(v) ** 2, lambda v: f"tanh({v})/2"
    )
    unknown = coupled(0.5, curves(own, CELLS))
    assert BlockNewton.of(unknown, drives(unknown, 40)) is None
    tangled = coupled(0.5, curves(activation_transfer(TANH, 0.3), 40), rank=39)
    assert BlockNewton.of(tangled, drives(tangled, 40)) is None


def test_threads_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    form = mixed(0.8)
    r = drives(form, 700)
    monkeypatch.setattr(threads, "PARTS", 1)
    alone = compiled(form, r)
    monkeypatch.setattr(threads, "PARTS", 9)
    together = compiled(form, r)
    assert together.found.all()
    np.testing.assert_allclose(together.y, alone.y, rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(together.q, alone.q, rtol=0.0, atol=1e-12)


def test_slices_hold_every_sample_once() -> None:
    seen = np.zeros(77, dtype=int)

    def work(first: int, last: int) -> None:
        seen[first:last] += 1
        assert last - first >= 10

    threads.in_slices(77, work, 10)
    np.testing.assert_array_equal(seen, 1)

    def fail(first: int, last: int) -> None:
        raise ArithmeticError("in a thread")

    with pytest.raises(ArithmeticError, match="in a thread"):
        threads.in_slices(77, fail)

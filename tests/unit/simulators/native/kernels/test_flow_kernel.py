"""The slow flow in compiled code: Jacobians, contraction and steps, against finite differences and numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.activations import SIGMOID, TANH
from analog_pc.circuit.transfer import (
    TransferFunction,
    activation_gate,
    activation_transfer,
    ramp_transfer,
)
from analog_pc.simulators.native.kernels.contraction import contracts_to, keep
from analog_pc.simulators.native.kernels.flow_kernel import (
    FlowProblem,
    FlowState,
    contracts,
    eliminate_outputs,
    evaluate,
    workspace,
)
from analog_pc.simulators.native.kernels.flow_walk import follow
from analog_pc.simulators.native.kernels.slope_bounds import worst_slopes
from analog_pc.simulators.native.mna.elements import (
    MultiplyingTransconductor,
    NonlinearElement,
    ScalarNonlinearity,
)
from analog_pc.simulators.native.mna.equations import ElementInstance
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.slow_flow import row_spans
from analog_pc.simulators.native.nonlinear_solve.strategies.step_sources import solve_stepped

STATES = 3


def curves(law: TransferFunction, n: int) -> ScalarNonlinearity:
    return ScalarNonlinearity(law, np.ones(n), np.linspace(-0.2, 0.2, n), np.zeros(n))


def flow_of(
    form: FeedbackForm,
    by_x: np.ndarray,
    rate_x: np.ndarray,
    rate_q: np.ndarray,
    metric: np.ndarray | None = None,
) -> FlowProblem:
    """dx/dt = A x + E q + push with the outputs of a feedback form, in their own order."""
    assert form.table is not None
    pushes = np.sign(np.einsum("no,on->o", rate_q, by_x[form.input_index[0]]))
    return FlowProblem(
        table=form.table,
        gain=form.gain,
        by_x=by_x,
        spans=row_spans(by_x),
        rate_x=rate_x,
        rate_q=rate_q,
        reads=np.abs(by_x[form.input_index[0]]).argmax(axis=1),
        pushes=np.where(pushes < 0.0, -1.0, 1.0),
        metric=np.ones(len(rate_x)) if metric is None else metric,
        tick=1.0,
    )


class Cells:
    """Three states, each seen by an activation and by a gate that feeds back what other outputs make."""

    def __init__(self, *activations: NonlinearElement, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        elements = (
            *activations,
            MultiplyingTransconductor(activation_gate(TANH, 0.7), np.linspace(0.5, 1.5, STATES)),
        )
        inputs = np.cumsum([0, *(element.n_inputs for element in elements)])
        outputs = np.cumsum([0, *(element.n_outputs for element in elements)])
        placed = tuple(
            ElementInstance(b, slice(inputs[k], inputs[k + 1]), slice(outputs[k], outputs[k + 1]))
            for k, b in enumerate(elements)
        )
        # slopes below 2: the outputs have one rest beside every state
        self.form = FeedbackForm(placed, 0.05 * rng.normal(size=(inputs[-1], outputs[-1])))
        self.by_x = rng.normal(size=(inputs[-1], STATES))
        self.rate_x = -np.eye(STATES) + 0.1 * rng.normal(size=(STATES, STATES))
        self.rate_q = 0.2 * rng.normal(size=(STATES, outputs[-1]))
        self.drive = 0.3 * rng.normal(size=inputs[-1])
        self.push = 0.2 * rng.normal(size=STATES)
        self.problem = flow_of(self.form, self.by_x, self.rate_x, self.rate_q)

    def outputs(self, x: np.ndarray) -> np.ndarray:
        r = (self.drive + self.by_x @ x)[None]
        solved = solve_stepped(
            FeedbackSolver(self.form), r, np.zeros((1, self.form.gain.shape[1])), Deadline(None)
        )
        assert solved.found.all()
        return solved.q[0]

    def rate(self, x: np.ndarray) -> np.ndarray:
        return self.rate_x @ x + self.rate_q @ self.outputs(x) + self.push


def smooth_cells(seed: int = 0) -> Cells:
    return Cells(
        curves(activation_transfer(TANH, 0.4), 2), curves(activation_transfer(SIGMOID, 0.3), 1), seed=seed
    )


@numba.njit(cache=False)  # type: ignore[untyped-decorator, unused-ignore]
def _jacobian_at(problem, drive, x, q, jacobian):  # type: ignore[no-untyped-def]
    work = workspace(problem)
    evaluate(problem, drive, x, q, work)
    eliminate_outputs(problem, work.slopes, q, work, False)
    jacobian[:] = work.jacobian


@numba.njit(cache=False)  # type: ignore[untyped-decorator, unused-ignore]
def _jacobian_between(problem, drive, x0, q0, x1, q1, around, jacobian):  # type: ignore[no-untyped-def]
    work = workspace(problem)
    evaluate(problem, drive, x0, q0, work)
    keep(work)
    evaluate(problem, drive, x1, q1, work)
    worst_slopes(problem, around, work)
    eliminate_outputs(problem, work.mean, q1, work, False)
    jacobian[:] = work.jacobian


@numba.njit(cache=False)  # type: ignore[untyped-decorator, unused-ignore]
def _contracts_with(problem, jacobian, rate):  # type: ignore[no-untyped-def]
    work = workspace(problem)
    work.jacobian[:] = jacobian
    return contracts(work, rate)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kinked", [False, True])
def test_the_jacobian_is_that_of_finite_differences(seed: int, kinked: bool) -> None:
    relu = curves(ramp_transfer((0.0,), (0.1, 1.0)), STATES)
    cells = Cells(relu, seed=seed) if kinked else smooth_cells(seed)
    x = np.random.default_rng(seed + 10).normal(size=STATES)
    jacobian = np.empty((STATES, STATES))
    _jacobian_at(cells.problem, cells.drive, x, cells.outputs(x), jacobian)
    step = 1e-5
    for k, direction in enumerate(step * np.eye(STATES)):
        difference = (cells.rate(x + direction) - cells.rate(x - direction)) / (2.0 * step)
        np.testing.assert_allclose(jacobian[:, k], difference, rtol=0.0, atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_contraction_is_what_the_eigenvalues_of_the_symmetric_part_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = smooth_cells(seed).problem._replace(metric=np.exp(rng.normal(size=STATES)))
    jacobian = rng.normal(size=(STATES, STATES))
    scaled = problem.metric[:, None] * jacobian / problem.metric
    fastest = np.linalg.eigvalsh(0.5 * (scaled + scaled.T)).max()
    assert _contracts_with(problem, jacobian, fastest + 1e-9)
    assert not _contracts_with(problem, jacobian, fastest - 1e-9)


def scalar(law: TransferFunction, gain: float) -> FlowProblem:
    """dx/dt = gain law(x) - 2 x + push."""
    element = ScalarNonlinearity(law, np.array([gain]), np.zeros(1), np.zeros(1))
    form = FeedbackForm((ElementInstance(element, slice(0, 1), slice(0, 1)),), np.zeros((1, 1)))
    one = np.ones((1, 1))
    return flow_of(form, one, -2.0 * one, one)


def gated(gate: TransferFunction) -> FlowProblem:
    """dx/dt = gate(x) d - 2 x + push; d is the second input."""
    element = MultiplyingTransconductor(gate, np.ones(1))
    form = FeedbackForm((ElementInstance(element, slice(0, 2), slice(0, 1)),), np.zeros((2, 1)))
    one = np.ones((1, 1))
    # delta is the gate beyond its value at 0 V, which is 0 for the gates here
    return flow_of(form, np.array([[1.0], [0.0]]), -2.0 * one, one)


def starts(x: np.ndarray, q: np.ndarray, push: float, drive: tuple[float, ...]) -> FlowState:
    samples = len(x)
    return FlowState(
        x=x[:, None].copy(),
        q=q[:, None].copy(),
        drive=np.tile(drive, (samples, 1)),
        push=np.full((samples, 1), push),
        scale=np.maximum(np.abs(x), 1.0),
        found=np.zeros(samples, dtype=np.bool_),
    )


@pytest.mark.parametrize("distance", [1e-6, 0.1, 3.0])
def test_between_two_points_an_activation_has_its_secant(distance: float) -> None:
    problem = scalar(activation_transfer(TANH, 1.0), 4.0)
    x = np.array([0.7, 0.7 + distance])
    jacobian = np.empty((1, 1))
    q = 4.0 * np.tanh(x)
    _jacobian_between(problem, np.zeros(1), x[:1], q[:1], x[1:], q[1:], 0.0, jacobian)
    change = (q[1] - q[0]) - 2.0 * (x[1] - x[0])
    np.testing.assert_allclose(jacobian.item() * (x[1] - x[0]), change, rtol=1e-8)


@pytest.mark.parametrize("kinked", [False, True])
def test_between_a_point_and_itself_the_jacobian_is_that_of_the_point(kinked: bool) -> None:
    cells = Cells(curves(ramp_transfer((0.0,), (0.1, 1.0)), STATES)) if kinked else smooth_cells()
    x = np.random.default_rng(4).normal(size=STATES)
    q = cells.outputs(x)
    at = np.empty((STATES, STATES))
    between = np.empty((STATES, STATES))
    _jacobian_at(cells.problem, cells.drive, x, q, at)
    _jacobian_between(cells.problem, cells.drive, x, q, x, q, 0.0, between)
    np.testing.assert_allclose(between, at, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("drive", [-1.0, 1.0])
@pytest.mark.parametrize("around", [0.0, 0.5])
def test_between_two_points_a_gate_pushes_away_as_much_as_anywhere(drive: float, around: float) -> None:
    """dx/dt = gate(x) d - 2 x: the largest derivative by x within `around` of the way."""
    gate = activation_gate(TANH, 1.0)
    problem = gated(gate)
    x = np.array([-1.2, 0.9])
    q = (gate.value(x) - gate.value(np.zeros(2))) * drive
    jacobian = np.empty((1, 1))
    _jacobian_between(problem, np.array([0.0, drive]), x[:1], q[:1], x[1:], q[1:], around, jacobian)
    between = np.linspace(x[0] - around, x[1] + around, 20001)
    np.testing.assert_allclose(jacobian.item(), (gate.derivative(between) * drive).max() - 2.0, atol=1e-6)


LATCH = 1.9150080481545  # 2 x = 4 tanh x


def test_a_latch_contracts_within_a_well_and_not_across_the_barrier() -> None:
    latch = scalar(activation_transfer(TANH, 1.0), 4.0)
    x = np.array([1.6, 2.2, 6.0, -0.1, -1.9])
    state = starts(x, 4.0 * np.tanh(x), 0.0, (0.0,))._replace(scale=np.full(5, 20.0))  # all within a piece
    rest = np.full((5, 1), LATCH)
    contracts_to(latch, state, rest, 4.0 * np.tanh(rest), 0, 5)
    # from 6 V the flow contracts too, but the barrier is no farther from the rest than the start is
    assert state.found.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("distance", [1e-6, 1e-3, 0.5, 30.0])
def test_a_latch_is_followed_to_its_own_side(distance: float) -> None:
    latch = scalar(activation_transfer(TANH, 1.0), 4.0)
    x = np.array([-distance, distance])
    state = starts(x, 4.0 * np.tanh(x), 0.0, (0.0,))
    follow(latch, state, 0, 2)
    assert state.found.all()
    np.testing.assert_allclose(state.x[:, 0], [-LATCH, LATCH], atol=1e-6)


@pytest.mark.parametrize("width", [1e-2, 1e-6])
def test_a_gate_that_opens_at_a_kink_pushes_away_or_holds(width: float) -> None:
    """dx/dt = p - 2 x + d gate(x), the gate opens from 0 to 1 just above 0 V.

    d = 1, p = -1/2: rests at -1/4 and 1/4, and away from the kink.  d = -1, p = 1/2: the flow from both sides
    ends on the kink, where the gate is open by half.
    """
    problem = gated(ramp_transfer((0.0, width), (0.0, 1.0 / width, 0.0)))
    x = np.array([-0.2, -width, 2.0 * width, 0.2, 3.0])
    opens = np.clip(x / width, 0.0, 1.0)
    away = starts(x, opens, -0.5, (0.0, 1.0))
    across = np.full((5, 1), 0.25)
    contracts_to(problem, away, across, np.ones((5, 1)), 0, 5)
    assert away.found.tolist()[:2] == [False, False]
    follow(problem, away, 0, 5)
    assert away.found.all()
    np.testing.assert_allclose(away.x[:, 0], 0.25 * np.sign(x), atol=1e-9)
    holds = starts(x, -opens, 0.5, (0.0, -1.0))
    follow(problem, holds, 0, 5)
    assert holds.found.all()
    exact = 0.5 * width / (1.0 + 2.0 * width)
    np.testing.assert_allclose(holds.x[:, 0], exact, rtol=0.0, atol=1e-9 + 1e-6 * width)


def test_a_rest_that_lies_exactly_on_a_kink() -> None:
    """dx/dt = max(x, 0) - 2 x: slope -2 on one side of 0 V, -1 on the other."""
    problem = scalar(ramp_transfer((0.0,), (0.0, 1.0)), 1.0)
    x = np.array([-50.0, -0.3, -1e-12, 0.0, 1e-12, 0.3, 50.0])
    state = starts(x, np.maximum(x, 0.0), 0.0, (0.0,))
    follow(problem, state, 0, len(x))
    assert state.found.all()
    np.testing.assert_allclose(state.x, 0.0, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_cells_are_followed_to_where_an_integrator_takes_them(seed: int) -> None:
    cells = smooth_cells(seed)
    rng = np.random.default_rng(seed)
    x = np.array([0.01, 1.0, 30.0])[:, None] * rng.normal(size=(3, STATES))
    state = FlowState(
        x=x.copy(),
        q=np.array([cells.outputs(row) for row in x]),
        drive=np.tile(cells.drive, (3, 1)),
        push=np.tile(cells.push, (3, 1)),
        scale=np.maximum(1.0, np.abs(x).max(axis=1)),
        found=np.zeros(3, dtype=np.bool_),
    )
    follow(cells.problem, state, 0, 3)
    assert state.found.all()
    for start, rest in zip(x, state.x, strict=True):
        way = solve_ivp(lambda _, v: cells.rate(v), (0.0, 60.0), start, method="LSODA", rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(rest, way.y[:, -1], atol=1e-5)
        np.testing.assert_allclose(cells.rate(rest), 0.0, atol=1e-6)


def test_samples_of_another_slice_stay_as_they_are() -> None:
    latch = scalar(activation_transfer(TANH, 1.0), 4.0)
    x = np.array([0.5, 0.6, -0.5])
    state = starts(x, 4.0 * np.tanh(x), 0.0, (0.0,))
    follow(latch, state, 1, 2)
    assert state.found.tolist() == [False, True, False]
    np.testing.assert_array_equal(state.x[[0, 2], 0], x[[0, 2]])


@pytest.mark.parametrize(
    ("rate", "contracts"),
    [
        ([[-1.0, 3.0], [0.0, -1.0]], True),  # first goes away, but in the metric (1, 6) it does not
        ([[-1.0, 90.0], [0.01, -1.0]], True),  # one way 9000 times as strong as the other
        ([[1.0, 3.0], [-3.0, -2.0]], False),  # a stable spiral; the first state drives itself away
    ],
)
def test_a_rest_is_vouched_for_if_the_flow_contracts_in_a_diagonal_metric(
    rate: list[list[float]], contracts: bool
) -> None:
    none = np.zeros((0, 2))
    problem = flow_of(FeedbackForm((), np.zeros((0, 0))), none, np.array(rate), none.T)
    x = np.array([[1.0, 1.0]])
    empty = np.zeros((1, 0))
    state = FlowState(x, empty, empty, np.zeros((1, 2)), np.ones(1), np.zeros(1, np.bool_))
    follow(problem, state, 0, 1)
    assert state.found.all() == contracts
    np.testing.assert_allclose(state.x, 0.0, atol=1e-6)

"""Operating points: the state that the circuit relaxes to, in circuits where that is known exactly."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.activations import TANH
from analog_pc.circuit import (
    Capacitors,
    Circuit,
    MultiplyingVCCS,
    NonlinearVCVS,
    OperatingPoint,
    Outcome,
    Resistors,
    Settling,
    StimulusSources,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import TransferFunction, activation_transfer, ramp_transfer
from analog_pc.compiler import compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape
from analog_pc.simulators.native import Native
from analog_pc.simulators.native.mna.elements import ScalarNonlinearity
from analog_pc.simulators.native.mna.equations import ElementInstance
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState
from analog_pc.simulators.native.nonlinear_solve.strategies.follow_slow_flow import FollowSlowFlow
from analog_pc.simulators.native.nonlinear_solve.strategies.step_sources import solve_stepped
from analog_pc.technology import IDEAL

OHMS = 1e3


def fed_back(law: TransferFunction, gain: float, *more: object, capacitor: bool = True) -> Circuit:
    """R C dv/dt = u - 2 v + gain law(v)."""
    elements = [
        StimulusSources("u", ("u",), grounds(1)),
        NonlinearVCVS("f", ("v",), ("f",), law, gain=gain),
        Resistors("r", ("u", "f"), ("v", "v"), OHMS),
        *more,
    ]
    if capacitor:
        elements.append(Capacitors("c", ("v",), grounds(1), 1e-9))
    return Circuit("fed_back", tuple(elements))


def point(u: float | np.ndarray, start: np.ndarray, **stimuli: float) -> OperatingPoint:
    """Every sample from its own voltage of v."""
    columns = {"u": u, **stimuli}
    volts = {name: np.broadcast_to(value, len(start))[:, None] for name, value in columns.items()}
    return OperatingPoint(volts, guess={"v": start})


def rests(circuit: Circuit, analysis: OperatingPoint) -> np.ndarray:
    solution = Native().simulate(circuit, analysis)
    assert solution.status.outcome is Outcome.CONVERGED, str(solution.status)
    return solution.voltage(("v",))[:, 0]


@pytest.mark.parametrize("bias", [0.0, 0.3, -0.8])
def test_a_double_well_ends_on_the_side_of_the_barrier_that_it_starts_on(bias: float) -> None:
    """du/dv of bias - 2 v + 4 tanh v: the barrier is the middle root."""
    roots = np.array([-3.0, 0.0, 3.0])
    for _ in range(100):
        roots -= (bias - 2.0 * roots + 4.0 * np.tanh(roots)) / (4.0 / np.cosh(roots) ** 2 - 2.0)
    low, barrier, high = roots
    near = np.logspace(-6.0, -3.0, 4)
    starts = np.concatenate([barrier - near, barrier + near, [-40.0, 40.0]])
    expected = np.where(starts < barrier, low, high)
    np.testing.assert_allclose(
        rests(fed_back(activation_transfer(TANH, 1.0), 4.0), point(bias, starts)), expected, atol=1e-9
    )


@pytest.mark.parametrize("check", [False, True])
def test_a_saddle_is_an_answer_where_any_root_is_asked_for(check: bool) -> None:
    """From the barrier itself the flow does not move."""
    model = Native().model(fed_back(activation_transfer(TANH, 1.0), 4.0))
    problem = Problem.of(model, point(0.0, np.zeros(1)), check=check, deadline=Deadline(None))
    state = SolveState.initial(problem)
    FollowSlowFlow().step(problem, state)
    assert state.found.tolist() == [not check]
    assert not state.stable.any()


@pytest.mark.parametrize("scale", [1e-2, 1e-1])
def test_a_latch_that_is_small_beside_the_other_voltages(scale: float) -> None:
    """Full scale is 1 V, the whole latch a small part of that."""
    other = (StimulusSources("w", ("w",), grounds(1)), Resistors("load", ("w",), grounds(1), OHMS))
    sizes = scale * np.logspace(-3.0, 1.5, 10)
    starts = np.concatenate([-sizes, sizes])
    found = rests(fed_back(activation_transfer(TANH, scale), 4.0, *other), point(0.0, starts, w=1.0))
    np.testing.assert_allclose(found, np.sign(starts) * 1.91500804815454 * scale, rtol=1e-9)


def rivals() -> Circuit:
    """Two units that hold each other down; who starts higher stays higher, by symmetry."""
    v = bus("v", 2)
    return Circuit(
        "rivals",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", v, bus("f", 2), activation_transfer(TANH, 0.3), gain=-3.0),
            Resistors("r", ("u", "u", "f_0", "f_1"), (*v, "v_1", "v_0"), OHMS),
            Capacitors("c", v, grounds(2), 1e-9),
        ),
    )


def test_two_rivals_end_in_the_order_in_which_they_start() -> None:
    rng = np.random.default_rng(0)
    apart = np.concatenate([np.full(20, 1e-3), np.full(20, 0.1), np.full(20, 3.0)]) * rng.choice([-1, 1], 60)
    middle = rng.normal(size=60)
    starts = {"v_0": middle + 0.5 * apart, "v_1": middle - 0.5 * apart}
    analysis = OperatingPoint({"u": rng.uniform(-0.3, 0.3, (60, 1))}, guess=starts)  # equal units: a saddle
    solution = Native().simulate(rivals(), analysis)
    assert solution.status.outcome is Outcome.CONVERGED
    v = solution.voltage(("v_0", "v_1"))
    np.testing.assert_array_equal(np.sign(v[:, 0] - v[:, 1]), np.sign(apart))
    u = analysis.stimuli["u"]
    np.testing.assert_allclose(2.0 * v, u - 0.9 * np.tanh(v[:, ::-1] / 0.3), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_networks_with_many_rests_end_where_an_integrator_does(seed: int) -> None:
    """C dx/dt = (u - x + sum_j |w_j| (sign(w_j) f(x_j) - x)) / R; w is symmetric, so that none oscillates."""
    n = 4
    rng = np.random.default_rng(seed)
    weights = rng.uniform(-1.0, 1.0, (n, n))
    weights = 0.5 * (weights + weights.T)
    farads = 1e-9 * 10.0 ** rng.uniform(-1.0, 1.0, n)
    pairs = [(i, j) for i in range(n) for j in range(n)]
    x = bus("x", n)
    circuit = Circuit(
        "many_rests",
        (
            StimulusSources("u", bus("u", n), grounds(n)),
            NonlinearVCVS("plus", x, bus("p", n), activation_transfer(TANH, 0.1), gain=4.0),
            NonlinearVCVS("minus", x, bus("m", n), activation_transfer(TANH, 0.1), gain=-4.0),
            Resistors("r", bus("u", n), x, OHMS),
            Resistors(
                "w",
                tuple(("p" if weights[i, j] > 0.0 else "m") + f"_{j}" for i, j in pairs),
                tuple(x[i] for i, _ in pairs),
                [OHMS / abs(weights[i, j]) for i, j in pairs],
            ),
            Capacitors("c", x, grounds(n), farads),
        ),
    )
    u = 0.1 * rng.normal(size=(12, n))
    starts = 0.3 * rng.normal(size=(12, n))
    guess = {node: starts[:, k] for k, node in enumerate(x)}
    solution = Native().simulate(circuit, OperatingPoint({"u": u}, guess=guess))
    found = solution.voltage(x)

    def rate(_: float, v: np.ndarray, given: np.ndarray) -> np.ndarray:
        pull = weights @ (0.4 * np.tanh(v / 0.1)) - np.abs(weights).sum(axis=1) * v
        return (given - v + pull) / (OHMS * farads)

    for sample in range(12):
        span = (0.0, 200.0 * OHMS * farads.max())
        way = solve_ivp(rate, span, starts[sample], args=(u[sample],), method="LSODA", rtol=1e-8, atol=1e-11)
        assert solution.status.samples[sample] is Outcome.CONVERGED
        np.testing.assert_allclose(found[sample], way.y[:, -1], rtol=0.0, atol=1e-7)


def test_a_mode_thousands_of_times_slower_than_the_fastest() -> None:
    rng = np.random.default_rng(59)
    depth = rng.integers(1, 5)
    sizes = rng.integers(1, 12, size=depth + 1)
    gain = rng.choice([0.5, 1, 2, 3])
    weights = [gain * rng.normal(size=(post, pre)) / np.sqrt(pre) for pre, post in itertools.pairwise(sizes)]
    biases = [0.1 * rng.normal(size=post) for post in sizes[1:]]
    inputs = rng.normal(size=(8, sizes[0]))
    targets = rng.normal(size=(8, sizes[-1]))
    precision = 10.0 ** rng.uniform(-1.5, 1.5, size=depth)
    network = PredictiveCodingNetwork(weights, biases, activation="tanh", precision=list(precision))
    ideal = relax(network, inputs[:1], targets[:1])
    compiled = compile_network(network, IDEAL, inputs[:1], targets[:1])
    landscape = Landscape(network, compiled.clamps)
    slowest = curvatures(landscape, landscape.resting_state(list(ideal.activities)))[0][0]
    assert slowest < 1e-3 * precision.max()
    solution = Native().simulate(compiled.circuit, compiled.operating_point())
    assert solution.status.outcome is Outcome.CONVERGED
    circuit = compiled.decode(solution)
    for x, expected in zip(circuit.activities, ideal.activities, strict=True):
        assert x == pytest.approx(expected, abs=1e-6)


def test_a_rest_that_lies_exactly_on_a_kink() -> None:
    starts = np.array([-100.0, -0.5, -1e-9, 0.0, 1e-9, 0.5, 100.0])
    found = rests(fed_back(ramp_transfer((0.0,), (0.0, 1.0)), 1.0), point(0.0, starts))
    np.testing.assert_allclose(found, 0.0, atol=1e-9)


def gated(width: float) -> Circuit:
    """R C dv/dt = u - 2 v + gate(v) d: the gate opens from 0 to 1 just above 0 V."""
    gate = ramp_transfer((0.0, width), (0.0, 1.0 / width, 0.0))
    return fed_back(
        activation_transfer(TANH, 1.0),
        0.0,
        StimulusSources("d", ("d",), grounds(1)),
        MultiplyingVCCS("g", ("v",), ("d",), ("v",), 1.0 / OHMS, gate),
    )


@pytest.mark.parametrize("width", [1e-2, 1e-5, 1e-8])
def test_a_rest_on_a_kink_that_the_flow_enters_from_both_sides(width: float) -> None:
    found = rests(gated(width), point(0.5, np.array([-3.0, -0.1, 0.1, 3.0]), d=-1.0))
    np.testing.assert_allclose(found, 0.5 * width / (1.0 + 2.0 * width), rtol=1e-6)


@pytest.mark.parametrize("width", [1e-2, 1e-5, 1e-8])
def test_a_kink_that_pushes_the_state_away(width: float) -> None:
    starts = np.array([-5.0, -1e-3, -2.0 * width, 2.0 * width, 1.5e-2, 5.0])
    found = rests(gated(width), point(-0.5, starts, d=1.0))
    np.testing.assert_allclose(found, 0.25 * np.sign(starts), atol=1e-9)


def chain(n: int = 6) -> Circuit:
    """Units that pull each other up or down, symmetrically and weakly: one smooth rest."""
    weights = np.random.default_rng(1).normal(size=(n, n))
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    signed = [("p" if weights[min(i, j), max(i, j)] > 0.0 else "m", i, j) for i, j in pairs]
    x = bus("x", n)
    return Circuit(
        "chain",
        (
            StimulusSources("u", bus("u", n), grounds(n)),
            NonlinearVCVS("plus", x, bus("p", n), activation_transfer(TANH, 0.3)),
            NonlinearVCVS("minus", x, bus("m", n), activation_transfer(TANH, 0.3), gain=-1.0),
            Resistors("r", bus("u", n), x, OHMS),
            Resistors("w", tuple(f"{s}_{j}" for s, _, j in signed), tuple(x[i] for _, i, _ in signed), 9e3),
            Capacitors("c", x, grounds(n), 1e-9),
        ),
    )


@pytest.mark.parametrize("check", [False, True])
def test_smooth_rests_are_found_from_far_away(check: bool) -> None:
    rng = np.random.default_rng(2)
    u = np.repeat(rng.normal(size=(20, 6)), 2, axis=0)
    starts = rng.normal(size=(40, 6)) * np.tile([0.1, 100.0], 20)[:, None]
    guess = {node: starts[:, k] for k, node in enumerate(bus("x", 6))}
    solution = Native(check_stability=check).simulate(chain(), OperatingPoint({"u": u}, guess=guess))
    assert solution.status.outcome is Outcome.CONVERGED
    x = solution.voltage(bus("x", 6))
    np.testing.assert_allclose(x[::2], x[1::2], atol=1e-10)


def test_neither_the_batch_nor_its_order_shows() -> None:
    rng = np.random.default_rng(3)
    u = rng.uniform(-0.3, 0.3, (70, 1))
    starts = 2.0 * rng.normal(size=(70, 2))
    order = rng.permutation(70)

    def run(samples: np.ndarray) -> np.ndarray:
        guess = {"v_0": starts[samples, 0], "v_1": starts[samples, 1]}
        return Native().simulate(rivals(), OperatingPoint({"u": u[samples]}, guess=guess)).volts

    together = run(np.arange(70))
    np.testing.assert_allclose(run(order), together[order], atol=1e-10)
    for sample in (0, 13, 69):
        np.testing.assert_allclose(run(np.array([sample])), together[sample : sample + 1], atol=1e-10)


def test_a_linear_circuit_with_a_start_has_its_one_rest() -> None:
    circuit = Circuit(
        "rc",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "v"), ("v", "0"), OHMS),
            Capacitors("c", ("v",), grounds(1), 1e-9),
        ),
    )
    np.testing.assert_allclose(rests(circuit, point(1.0, np.array([-5.0, 0.0, 7.0]))), 0.5, atol=1e-12)


def test_a_transfer_function_of_the_users_own_is_followed_too() -> None:
    own = TransferFunction("own", np.tanh, lambda v: 1.0 / np.cosh(v) ** 2, lambda v: f"tanh({v})")
    starts = np.array([-2.5, -1e-2, 1e-2, 2.5])
    found = rests(fed_back(own, 4.0), point(0.0, starts))
    np.testing.assert_allclose(found, 1.91500804815454 * np.sign(starts), atol=1e-8)


def test_a_time_limit_ends_the_search_and_says_so() -> None:
    starts = np.linspace(-1e-3, 1e-3, 50)
    status = (
        Native(time_limit=1e-9)
        .simulate(fed_back(activation_transfer(TANH, 1.0), 4.0), point(0.0, starts))
        .status
    )
    assert status.outcome is Outcome.NOT_CONVERGED
    assert not status.converged(50).any()
    assert "time_limit" in str(status)
    assert "1e-09 s" in str(status)


def test_a_time_limit_ends_a_relaxation() -> None:
    own = TransferFunction(
        "own", np.tanh, lambda v: 1.0 / np.cosh(v) ** 2, lambda v: f"tanh({v})"
    )  # compiled code: unknown
    settling = Settling({"v": np.full(3, 1e-3)}, 1e-5)
    analysis = OperatingPoint({"u": np.zeros((3, 1))}, settling=settling)
    status = Native(time_limit=1e-9).simulate(fed_back(own, 4.0), analysis).status
    assert status.samples == (Outcome.NOT_CONVERGED,) * 3
    assert "time_limit" in str(status)


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(BadInput, match=r"Native: time_limit \(None: no limit\) = .*, must be finite and > 0"):
        Native(time_limit=limit)


def test_without_a_time_limit_the_search_ends_by_itself() -> None:
    found = Native(time_limit=None).simulate(
        fed_back(activation_transfer(TANH, 1.0), 4.0), point(0.0, np.array([0.1]))
    )
    assert found.status.outcome is Outcome.CONVERGED
    assert not Deadline(None).passed


def test_the_rest_under_the_preset_comes_first_where_there_is_no_state() -> None:
    """v = (u + 5 tanh v) / 2 without a capacitor: at u = 0 the branch is that of the preset."""
    circuit = fed_back(activation_transfer(TANH, 1.0), 5.0, capacitor=False)
    preset = np.array([[-3.0], [3.0], [-3.0], [3.0]])
    u = np.array([[0.0], [0.0], [0.4], [-0.4]])
    solution = Native().simulate(circuit, OperatingPoint({"u": u}, {"u": preset}))
    assert solution.status.outcome is Outcome.CONVERGED
    v = solution.voltage(("v",))[:, 0]
    np.testing.assert_array_equal(np.sign(v), np.sign(preset[:, 0]))
    np.testing.assert_allclose(2.0 * v, u[:, 0] + 5.0 * np.tanh(v), atol=1e-9)
    assert solution.preset_volts is not None
    before = solution.preset_volts[:, solution.nodes.index("v")]
    np.testing.assert_allclose(2.0 * before, preset[:, 0] + 5.0 * np.tanh(before), atol=1e-9)


def test_sources_are_stepped_where_newtons_method_does_not_arrive_at_once() -> None:
    """From 0 V outputs the residual falls along no part of Newton's step; see `test_newton.py`."""
    gain = np.array([[-3.4, -9.1], [2.5, -0.8]])
    one = np.ones(2)
    rectifiers = ScalarNonlinearity(ramp_transfer((0.0,), (0.0, 1.0)), one, 0.0 * one, one)
    form = FeedbackForm((ElementInstance(rectifiers, slice(0, 2), slice(0, 2)),), gain)
    r = np.array([[0.6, -0.5], [0.0, 0.0]])
    rest = np.zeros((2, 2))
    assert FeedbackSolver(form).solve(r, rest).found.tolist() == [False, True]
    solved = solve_stepped(FeedbackSolver(form), r, rest, Deadline(None))
    assert solved.found.all()
    np.testing.assert_allclose(solved.q, form.delta(solved.y), atol=1e-12)
    np.testing.assert_allclose(solved.y, r + solved.q @ gain.T, atol=1e-12)
    late = solve_stepped(FeedbackSolver(form), r, rest, Deadline(0.0))
    assert late.found.tolist() == [False, True]


@pytest.mark.parametrize("volts", [1e300, 1e304, 1.7e308])
def test_a_sample_beyond_all_voltages_leaves_the_others_alone(volts: float) -> None:
    """Its rates overflow, and no step of a transient is short enough."""
    net = random_network((2, 3, 2), "tanh", seed=1)
    rng = np.random.default_rng(1)
    compiled = compile_network(net, IDEAL, rng.normal(size=(40, 2)), rng.normal(size=(40, 2)))
    analysis = compiled.operating_point()
    sound = Native().simulate(compiled.circuit, analysis)
    stimuli = {name: np.array(u) for name, u in analysis.stimuli.items()}
    stimuli["clamp0"][17, 0] = volts
    with np.errstate(all="ignore"):
        found = Native().simulate(compiled.circuit, replace(analysis, stimuli=stimuli))
    others = np.arange(40) != 17
    np.testing.assert_array_equal(found.status.converged(40), others)
    np.testing.assert_allclose(found.volts[others], sound.volts[others], rtol=0.0, atol=1e-10)

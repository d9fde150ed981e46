"""The method of the transients: its order conditions, and its order on a circuit."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.activations import TANH
from analog_pc.circuit import (
    Capacitors,
    Circuit,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Transient,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer
from analog_pc.simulators.native import Native
from analog_pc.simulators.native.analyses.transient import ARK436L2SA, KEPT_LENGTHS, Integrator
from analog_pc.simulators.native.model import Model

A = ARK436L2SA.stages
B = A[-1]
C = A.sum(axis=1)


def conditions(b: np.ndarray, order: int) -> list[float]:
    """What the order conditions (Butcher) leave, up to the given order."""
    left = [b.sum() - 1.0, b @ C - 1 / 2, b @ C**2 - 1 / 3, b @ A @ C - 1 / 6]
    if order == 4:
        left += [b @ C**3 - 1 / 4, b * C @ A @ C - 1 / 8, b @ A @ C**2 - 1 / 12, b @ A @ A @ C - 1 / 24]
    return left


def test_the_coefficients_have_order_4_and_3() -> None:
    assert np.abs(conditions(B, 4)).max() < 1e-14
    assert np.abs(conditions(ARK436L2SA.embedded, 3)).max() < 1e-14
    np.testing.assert_array_equal(np.diag(A)[1:], ARK436L2SA.diagonal)


def nonlinear_pair() -> Circuit:
    """Two capacitors, each driven by tanh of the other."""
    return Circuit(
        "pair",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", ("a", "b"), ("fb", "fa"), activation_transfer(TANH, 0.5)),
            Resistors("r", ("u", "fa", "fb"), ("a", "a", "b"), [1e3, 2e3, 3e3]),
            Capacitors("c", ("a", "b"), grounds(2), 1e-9),
        ),
    )


def exact(u: float, start: tuple[float, float], duration: float) -> np.ndarray:
    def rate(_: float, v: np.ndarray) -> list[float]:
        a, b = v
        fa, fb = 0.5 * np.tanh(b / 0.5), 0.5 * np.tanh(a / 0.5)
        return [((u - a) / 1e3 + (fa - a) / 2e3) / 1e-9, (fb - b) / 3e3 / 1e-9]

    return solve_ivp(rate, (0.0, duration), start, method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]


def test_steps_of_half_the_length_are_sixteen_times_as_good() -> None:
    circuit, duration = nonlinear_pair(), 4e-6
    model = Model(circuit)
    dynamic, solver = model.reduced(True)
    volts, misses = exact(0.7, (0.1, -0.4), duration), []
    order = [model.nodes[a] for a, _ in model.equations.state_nodes]
    expected = np.array([volts[("a", "b").index(node)] for node in order])
    for steps in (16, 32, 64):
        integrator = Integrator(dynamic, solver, np.array([[0.7]]), 1e-10)
        x = np.array([[0.1, -0.4][("a", "b").index(node)] for node in order])[None]
        state, found = integrator.start(x, np.zeros((1, solver.form.gain.shape[1])))
        assert found
        for _ in range(steps):
            taken = integrator.step(state, duration / steps)
            assert taken is not None
            state = taken[0]
        assert state.time == pytest.approx(duration)
        misses.append(np.abs(state.x[0] - expected).max())
    orders = np.log2(np.array(misses[:-1]) / misses[1:])
    assert (orders > 3.7).all()


@pytest.mark.parametrize("precision", [1e-5, 1e-7, 1e-9])
def test_what_is_asked_of_a_transient_is_kept(precision: float) -> None:
    initial = {"a": 0.1, "b": -0.4}
    analysis = Transient({"u": np.array([0.7])}, initial, 4e-6, 4e-6, save=("a", "b"), precision=precision)
    run = Native().simulate(nonlinear_pair(), analysis)
    miss = np.abs(run.volts[-1] - exact(0.7, (0.1, -0.4), 4e-6)).max()
    assert miss < 100.0 * precision  # TRUST steps' worth of local truncation, over some ten steps


def test_few_step_lengths_keep_their_matrices() -> None:
    """Memory does not grow with the number of step lengths, and a length that comes back steps as before."""
    model = Model(nonlinear_pair())
    dynamic, solver = model.reduced(True)
    integrator = Integrator(dynamic, solver, np.array([[0.7]]), 1e-8)
    state, _ = integrator.start(np.array([[0.1, -0.4]]), np.zeros((1, solver.form.gain.shape[1])))
    first = integrator.step(state, 1e-7)
    for power in range(8, 20):
        integrator.step(state, 10.0**-power)
    assert integrator.kept_lengths == KEPT_LENGTHS
    again = integrator.step(state, 1e-7)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(again[0].x, first[0].x)


def test_matrices_of_a_transient_go_with_it() -> None:
    """Nothing refers to itself, so memory does not wait for a collector that counts objects, not bytes."""
    model = Model(nonlinear_pair())
    dynamic, solver = model.reduced(True)
    integrator = Integrator(dynamic, solver, np.array([[0.7]]), 1e-8)
    state, _ = integrator.start(np.array([[0.1, -0.4]]), np.zeros((1, solver.form.gain.shape[1])))
    integrator.step(state, 1e-7)
    alive = weakref.ref(integrator)
    gc.disable()
    try:
        del integrator
        assert alive() is None
    finally:
        gc.enable()

"""Statuses, refusals and bookkeeping of the native simulator."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Noise,
    NonlinearVCVS,
    OperatingPoint,
    Outcome,
    Resistors,
    Settling,
    StimulusSources,
    Transient,
    VoltageSources,
    grounds,
)
from analog_pc.circuit.transfer import TransferFunction, activation_transfer, sinh_transfer
from analog_pc.compiler import compile_network
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import random_network
from analog_pc.simulators.native import Native
from analog_pc.technology import technology


def inverting(saturation: float = np.inf) -> Circuit:
    """V(out) = -2 V(u), if the amplifier can."""
    return Circuit(
        "inverting",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "m"), ("m", "out"), [1e3, 2e3]),
            Amplifiers("amp", grounds(1), ("m",), ("out",), 1e6, saturation=saturation),
        ),
    )


def fed_back(law: TransferFunction, gain: float) -> Circuit:
    """R C dv/dt = gain law(v) + u - 2 v."""
    return Circuit(
        "fed_back",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", ("v",), ("f",), law, gain=gain),
            Resistors("r", ("u", "f"), ("v", "v"), 1e3),
            Capacitors("c", ("v",), grounds(1), 1e-9),
        ),
    )


def latch() -> Circuit:
    """Two stable states around an unstable one at 0 V."""
    return fed_back(activation_transfer(TANH, 1.0), 4.0)


def test_an_amplifier_at_its_rail_is_called_saturated_sample_by_sample() -> None:
    status = Native().simulate(inverting(1.0), OperatingPoint({"u": np.array([[0.1], [2.0], [0.2]])})).status
    assert status.outcome is Outcome.SATURATED
    assert status.converged(3).tolist() == [True, False, True]
    assert "samples 1" in str(status)


def test_the_middle_state_of_a_latch_is_called_unstable() -> None:
    analysis = OperatingPoint({"u": np.zeros((1, 1))})
    solution = Native().simulate(latch(), analysis)
    assert abs(solution.voltage(("v",)).item()) < 1e-12
    assert solution.status.outcome is Outcome.UNSTABLE
    assert "saddle" in str(solution.status)
    assert Native(check_stability=False).simulate(latch(), analysis).status.outcome is Outcome.CONVERGED


@pytest.mark.parametrize("start", [0.5, -0.5])
def test_relaxation_ends_in_the_state_that_it_starts_next_to(start: float) -> None:
    settling = Settling({"v": np.array([start])}, 1e-5)
    solution = Native().simulate(latch(), OperatingPoint({"u": np.zeros((1, 1))}, settling=settling))
    v = solution.voltage(("v",)).item()
    assert solution.status.outcome is Outcome.CONVERGED
    assert np.sign(v) == np.sign(start)
    assert 2.0 * v == pytest.approx(4.0 * np.tanh(v), abs=1e-9)


def test_every_sample_may_have_a_guess_of_its_own() -> None:
    starts = np.array([1.9, -1.9, 1.9])
    analysis = OperatingPoint({"u": np.zeros((3, 1))}, guess={"v": starts})
    found = Native().simulate(latch(), analysis).voltage(("v",))[:, 0]
    np.testing.assert_array_equal(np.sign(found), np.sign(starts))


def test_a_guess_chooses_between_stable_states() -> None:
    for start in (1.9, -1.9):
        analysis = OperatingPoint({"u": np.zeros((1, 1))}, guess={"v": start})
        solution = Native().simulate(latch(), analysis)
        assert np.sign(solution.voltage(("v",)).item()) == np.sign(start)
        assert solution.status.outcome is Outcome.CONVERGED


def test_samples_stay_on_the_branch_of_their_presets_whatever_the_others_do() -> None:
    """x = (u + 5 tanh x) / 2: the slopes of sample 0 would carry the saturated ones to the other side."""
    circuit = Circuit(
        "branches",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", ("x",), ("y",), activation_transfer(TANH, 1.0), gain=5.0),
            Resistors("r", ("u", "y"), ("x", "x"), 1e3),
        ),
    )
    volts, preset = (np.array([[a], [b], [c]]) for a, b, c in ((0.0, 0.0, 0.1), (0.2, -3.0, 3.0)))
    solution = Native().simulate(circuit, OperatingPoint({"u": volts}, {"u": preset}, {"x": -1.0}))
    x = solution.voltage(("x",))[:, 0]
    assert np.sign(x[1:]).tolist() == [-1.0, 1.0]
    np.testing.assert_allclose(2.0 * x, volts[:, 0] + 5.0 * np.tanh(x), atol=1e-9)


def test_modes_are_those_of_the_point_that_is_asked_for() -> None:
    at_rest = {"u": np.zeros((1, 1))}
    (saddle,) = Native().modes(latch(), OperatingPoint(at_rest))
    (rest,) = Native().modes(latch(), OperatingPoint(at_rest, guess={"v": 1.9}))
    # C dv/dt = (4 tanh(v) - 2 v) / R: slope 2 at 0 V, and 4 / cosh(v)^2 - 2 at the root
    v = Native().simulate(latch(), OperatingPoint(at_rest, guess={"v": 1.9})).voltage(("v",)).item()
    assert saddle.margin == pytest.approx(-2.0 / 1e-6)
    assert rest.margin == pytest.approx((2.0 - 4.0 / np.cosh(v) ** 2) / 1e-6)
    assert "saddle" in saddle.growth
    assert rest.growth == ""


def test_a_relaxation_that_never_rests_is_not_called_converged() -> None:
    # Two lags and an amplifier: it rings, and grows until its rails hold it.
    circuit = Circuit(
        "ringing",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("out", "a", "b"), ("a", "b", "c"), [1e3, 1e4, 1e5]),
            Resistors("leak", ("u",), ("a",), 1e6),
            Capacitors("cap", ("a", "b", "c"), grounds(3), [1e-9, 1e-10, 1e-11]),
            Amplifiers("amp", ("u",), ("c",), ("out",), 200.0, saturation=1.0),
        ),
    )
    settling = Settling({"a": np.array([0.1])}, 1e-6)
    status = (
        Native().simulate(circuit, OperatingPoint({"u": np.full((1, 1), 0.01)}, settling=settling)).status
    )
    assert status.outcome in (Outcome.UNSTABLE, Outcome.NOT_SETTLED)
    assert not status.converged(1).any()


def runaway() -> Circuit:
    """Rests near u / 1.5, and runs away from above 3.3 V."""
    return fed_back(sinh_transfer(1.0), 0.5)


def test_a_sample_that_cannot_be_followed_does_not_take_the_others_along() -> None:
    starts = np.array([0.5, 5.0, -0.5, -5.0])
    settling = Settling({"v": starts}, 1e-5)
    solution = Native().simulate(runaway(), OperatingPoint({"u": np.full((4, 1), 0.1)}, settling=settling))
    assert [outcome is Outcome.CONVERGED for outcome in solution.status.samples] == [True, False] * 2
    assert solution.status.outcome is Outcome.NOT_CONVERGED
    assert "samples 1, 3; sample 1: relaxation: " in str(solution.status)
    v = solution.voltage(("v",))[::2]
    np.testing.assert_allclose(0.5 * np.sinh(v) + 0.1, 2.0 * v, atol=1e-9)


def test_where_no_sample_can_be_followed_none_is_said_to_be_found() -> None:
    settling = Settling({"v": np.array([5.0])}, 1e-5)
    status = Native().simulate(runaway(), OperatingPoint({"u": np.zeros((1, 1))}, settling=settling)).status
    assert status.outcome is Outcome.NOT_CONVERGED
    assert "sample 0: relaxation: " in str(status)


def test_only_the_nodes_that_are_saved_come_back() -> None:
    analysis = OperatingPoint({"u": np.array([[0.1], [0.2]])}, save=("out", "u"))
    solution = Native().simulate(inverting(), analysis)
    assert solution.nodes == ("out", "u")
    np.testing.assert_allclose(solution.volts, [[-0.2, 0.1], [-0.4, 0.2]], rtol=1e-5)


def test_unknown_nodes_are_refused_by_name() -> None:
    native, u = Native(), np.zeros((1, 1))
    for analysis in (
        OperatingPoint({"u": u}, save=("nowhere",)),
        OperatingPoint({"u": u}, guess={"nowhere": 1.0}),
        Transient({"u": u[0]}, {"nowhere": 1.0}, 1e-6, 1e-6),
    ):
        with pytest.raises(BadInput, match="'nowhere'"):
            native.simulate(latch(), analysis)
    with pytest.raises(BadInput, match="'nowhere'"):
        native.noise(latch(), Noise({"u": u[0]}, ("nowhere",), 1.0, 1e9))
    with pytest.raises(BadInput, match="no samples"):
        native.simulate(latch(), OperatingPoint({"u": np.zeros((0, 1))}))


def test_two_outputs_on_one_node_are_refused() -> None:
    sources = (StimulusSources("u", ("a",), grounds(1)), VoltageSources("v", ("a",), grounds(1), 1.0))
    with pytest.raises(BadInput, match="'a'"):
        Native().simulate(Circuit("clash", sources), OperatingPoint({"u": np.zeros((1, 1))}))


def test_a_loop_of_sources_has_no_single_solution() -> None:
    loop = VoltageSources("v", ("a", "b", "c"), ("b", "c", "a"), [1.0, 1.0, 1.0])
    elements = (StimulusSources("u", ("u",), grounds(1)), Resistors("r", ("a", "u"), grounds(2), 1e3), loop)
    with pytest.raises(SimulationFailed, match="no single solution"):
        Native().simulate(Circuit("loop", elements), OperatingPoint({"u": np.zeros((1, 1))}))


def test_dissipation_is_what_the_sources_deliver() -> None:
    circuit, native = inverting(), Native()
    solution = native.simulate(circuit, OperatingPoint({"u": np.array([[0.3], [-0.1]])}))
    watts = native.dissipation(circuit, solution)
    u, out, m = (solution.voltage((node,))[:, 0] for node in ("u", "out", "m"))
    delivered = u * (u - m) / 1e3 + out * (out - m) / 2e3
    np.testing.assert_allclose(watts["r"], delivered, rtol=1e-9)


def test_a_transfer_function_with_a_pole_at_0_volts_is_refused() -> None:
    pole = TransferFunction("pole", np.reciprocal, lambda v: -1.0 / (v * v), "1/({})".format)
    circuit = Circuit(
        "c", (StimulusSources("u", ("a",), grounds(1)), NonlinearVCVS("f", ("a",), ("b",), pole))
    )
    with pytest.raises(BadInput, match="transfer f, number 0: the slope of 'pole' at 0 V is"):
        Native().simulate(circuit, OperatingPoint({"u": np.ones((1, 1))}))


def test_jacobians_of_a_solution_are_those_of_its_operating_points() -> None:
    net = random_network((3, 4, 2), "tanh", seed=1)
    compiled = compile_network(net, technology("pcm"), [[0.3, -0.4, 0.5]], [[0.9, -0.6]])
    native = Native()
    solution = native.simulate(compiled.circuit, compiled.operating_point(every_node=True))
    (jacobian,) = native.jacobians(compiled.circuit, solution)
    (modes,) = native.modes(compiled.circuit, compiled.operating_point())
    found = np.sort_complex(np.linalg.eigvals(jacobian))
    # Both are linearised at one point, up to the search's tolerance.
    np.testing.assert_allclose(found, np.sort_complex(modes.eigenvalues), rtol=1e-5)

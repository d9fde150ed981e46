"""The boundary where amplifiers become too slow, and the modes on both sides of it.

One hidden unit between clamps, prediction and feedback with one pole tau_a each, r = tau_a / tau::

    (1 + s tau) (1 + s tau_a)^2 + sigma^2 = 0        stable iff sigma^2 < 4 + 2 (r + 1/r)     (Routh)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc import (
    CompiledNetwork,
    PredictiveCodingNetwork,
    compile_network,
    random_network,
    technology,
)
from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    OperatingPoint,
    Outcome,
    Resistors,
    StimulusSources,
    Transient,
    grounds,
)
from analog_pc.simulators.native import Modes, Native
from analog_pc.simulators.native.analyses import operating_point
from analog_pc.simulators.native.analyses.eigenmodes import eigenmodes
from analog_pc.simulators.native.analyses.operating_point import found_points
from analog_pc.simulators.native.options import Options
from analog_pc.technology import IDEAL

G, TAU, GAIN = 1e-4, 1e-6, 1e8  # the gain so high that NG / A0 does not show
AT_ZERO = {"u": np.zeros(1)}


def hidden_unit(sigma: float, r: float) -> Circuit:
    """x predicts sigma x through one amplifier; the feedback of a second one pulls x back."""
    bandwidth = GAIN / (2.0 * np.pi * r * TAU)  # the pole lies at gain_bandwidth / gain

    def lag(name: str, plus: str, out: str) -> Amplifiers:
        return Amplifiers(name, (plus,), grounds(1), (out,), GAIN, gain_bandwidth=bandwidth)

    divided = 1e3 * (GAIN - 1.0)  # the amplifiers are open-loop: their input is divided by their gain
    return Circuit(
        "hidden_unit",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("spring", ("x",), ("u",), 1.0 / G),
            Capacitors("cap", ("x",), grounds(1), G * TAU),
            Amplifiers("follow", ("x",), grounds(1), ("xb",), 1.0),
            Resistors("hi", ("xb", "e"), ("p", "q"), divided),
            Resistors("lo", ("p", "q"), grounds(2), 1e3),
            lag("forward", "p", "mu"),
            Amplifiers("eps", grounds(1), ("mu",), ("e",), sigma),  # the output is clamped at 0 V
            lag("feedback", "q", "back"),
            VCCS("gate", ("back",), ("x",), sigma * G),
        ),
    )


def boundary(r: float) -> float:
    return 4.0 + 2.0 * (r + 1.0 / r)


def modes_at(sigma_squared: float, r: float) -> Modes:
    return Native().modes(hidden_unit(np.sqrt(sigma_squared), r), OperatingPoint({"u": np.zeros((1, 1))}))[0]


@pytest.mark.parametrize("r", [1.0, 0.3, 0.1, 0.05, 0.01])
def test_the_boundary_lies_where_it_is_predicted(r: float) -> None:
    low, high = 1.0, 1e4
    while high / low > 1.0 + 1e-9:
        middle = np.sqrt(low * high)
        low, high = (middle, high) if modes_at(middle, r).stable else (low, middle)
    assert low == pytest.approx(boundary(r), rel=1e-6)


@pytest.mark.parametrize("r", [0.3, 0.05])
def test_modes_are_the_roots_of_the_characteristic_polynomial(r: float) -> None:
    tau_a, sigma_squared = r * TAU, 7.0
    cubic = np.polymul([TAU, 1.0], np.polymul([tau_a, 1.0], [tau_a, 1.0]))
    cubic[-1] += sigma_squared
    found, expected = modes_at(sigma_squared, r), np.roots(cubic)
    for root in expected:
        assert np.abs(found.eigenvalues - root).min() < 1e-6 * abs(root)
    assert found.margin == pytest.approx(-expected.real.max(), rel=1e-6)
    assert found.damping == pytest.approx((-expected.real / np.abs(expected)).min(), rel=1e-6)
    assert found.settling(0.01) == pytest.approx(np.log(100.0) / -expected.real.max(), rel=1e-6)


@pytest.mark.parametrize("r", [0.3, 0.1])
@pytest.mark.parametrize("side", [0.98, 1.02])
def test_two_percent_from_the_boundary_the_waveform_decays_or_grows(r: float, side: float) -> None:
    circuit = hidden_unit(np.sqrt(side * boundary(r)), r)
    period = 2.0 * np.pi / np.abs(modes_at(side * boundary(r), r).eigenvalues.imag).max()
    analysis = Transient(AT_ZERO, {"x": 1e-3}, 40.0 * period, period, save=("x",), precision=1e-5)
    run = Native().simulate(circuit, analysis)
    early, late = (run.axis > 10.0 * period) & (run.axis < 20.0 * period), run.axis > 30.0 * period
    assert (np.abs(run.volts[late]).max() < np.abs(run.volts[early]).max()) == (side < 1.0)


def test_an_operating_point_beyond_the_boundary_is_called_unstable() -> None:
    for side, outcome in ((0.98, Outcome.CONVERGED), (1.02, Outcome.UNSTABLE)):
        circuit = hidden_unit(np.sqrt(side * boundary(0.1)), 0.1)
        status = Native().simulate(circuit, OperatingPoint({"u": np.array([[0.1]])})).status
        assert status.outcome is outcome
        assert ("too slow" in str(status)) == (outcome is Outcome.UNSTABLE)
        assert status.converged(1).tolist() == [outcome is Outcome.CONVERGED]


def test_without_states_nothing_can_be_unstable() -> None:
    found = Modes(np.empty(0))
    assert found.stable
    assert found.margin == np.inf
    assert found.damping == 1.0


def certified_and_stable(compiled: CompiledNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Of the operating points of a batch: which the certificate vouches for, which the eigenvalues do."""
    analysis = compiled.operating_point()
    model = Native().model(compiled.circuit)
    y = found_points(model, analysis, Options(False, None, None))
    certified = model.certificate(model.holdable(analysis.guess)).certified(y)
    maps, solver = model.reduced(True)
    return certified, np.array([modes.stable for modes in eigenmodes(maps, solver.form, y)])


def test_rectifiers_between_real_parts_are_certified() -> None:
    """Samples differ in which rectifiers conduct: some of their Jacobians are far from symmetric."""
    inputs = np.random.default_rng(0).uniform(size=(20, 6))
    network = random_network((6, 8, 3), "relu", seed=1)
    certified, stable = certified_and_stable(
        compile_network(network, technology("cmos65-rram"), inputs, seed=1)
    )
    assert certified.all()
    assert stable.all()


@pytest.mark.parametrize(("bandwidth", "decided"), [(3e7, "unstable"), (1e8, "neither"), (1e9, "certified")])
def test_what_is_certified_is_stable(bandwidth: float, decided: str) -> None:
    """A network of strong weights, between amplifiers too slow for it and fast enough."""
    rng = np.random.default_rng(0)
    inputs = rng.uniform(size=(24, 5))
    targets = rng.uniform(size=(24, 3))
    weak = random_network((5, 6, 3), "tanh", seed=1)
    network = PredictiveCodingNetwork([3.0 * w for w in weak.W], list(weak.b), "tanh")
    slow = replace(IDEAL, name="slow", opamp_gain=1e4, opamp_gain_bandwidth=bandwidth)
    certified, stable = certified_and_stable(compile_network(network, slow, inputs, targets, seed=1))
    assert not (certified & ~stable).any()
    assert stable.any() == (decided != "unstable")
    np.testing.assert_array_equal(certified, stable if decided == "certified" else np.zeros(24, np.bool_))


def test_a_batch_of_amplifiers_is_stable_without_eigenvalues(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a breadboard amplifiers are fast beside the value nodes: a certificate stands for all samples."""
    rng = np.random.default_rng(0)
    compiled = compile_network(
        random_network((6, 5, 4, 3), "tanh", seed=1),
        technology("breadboard"),
        rng.uniform(-1.0, 1.0, (40, 6)),
        rng.uniform(-0.5, 0.5, (40, 3)),
        seed=1,
    )
    looked_at = []

    def counted(maps: Any, form: Any, y: np.ndarray) -> list[Modes]:
        looked_at.append(len(y))
        return eigenmodes(maps, form, y)

    monkeypatch.setattr(operating_point, "eigenmodes", counted)
    found = Native().simulate(compiled.circuit, compiled.operating_point())
    assert found.status.converged(40).all()
    assert sum(looked_at) == 0

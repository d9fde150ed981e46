"""Diodes: closed form by Lambert's function, and resistive networks with real diodes.

Circuits with a closed form by the diode's voltage are in `cases/diodes.py`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import lambertw

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import (
    Circuit,
    Diodes,
    Noise,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Wire,
    grounds,
    thermal_voltage,
)
from analog_pc.compiler.resistive import ResistiveParts, compile_resistive_network
from analog_pc.errors import BadInput
from analog_pc.resistive import (
    ContrastiveRule,
    Gradient,
    Load,
    ResistiveEquilibrium,
    ResistiveNetwork,
    adjoint_gradient,
    contrastive_gradient,
    nudge,
    random_resistive_network,
    settle,
)
from analog_pc.simulators import SIMULATORS

EVERY = pytest.mark.parametrize("simulator", ["ngspice", "native", "vacask"])
OHMS = 1e4
SATURATION = 1e-9
SLOPE = 1.9 * thermal_voltage()


def rectifier() -> Circuit:
    return Circuit(
        "rectifier",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u",), ("a",), OHMS),
            Diodes("d", ("a",), grounds(1), SATURATION, SLOPE),
        ),
    )


@EVERY
def test_a_diode_behind_a_resistor(simulator: str) -> None:
    """v = u + I_s R - s W(I_s R / s exp((u + I_s R) / s)), W of Lambert."""
    volts = np.array([0.2, 0.5, 1.0, 3.0, 10.0])
    drop = SATURATION * OHMS
    w = lambertw(drop / SLOPE * np.exp((volts + drop) / SLOPE)).real
    exact = volts + drop - SLOPE * w
    solution = SIMULATORS[simulator]().simulate(rectifier(), OperatingPoint({"u": volts[:, None]}))
    # The simulators' own rule, 1e-6 of the current, moves the junction by 1e-6 s; gmin adds 1e-12 S.
    np.testing.assert_allclose(solution.voltage(("a",))[:, 0], exact, atol=1e-6 * SLOPE)


@pytest.mark.parametrize("simulator", ["ngspice", "native"])
def test_a_diode_with_next_to_no_leakage(simulator: str) -> None:
    """I_s of 1e-30 A, below what ngspice takes if it is not told otherwise, by the same law."""
    leakage = 1e-30
    diode = Diodes("d", ("a",), grounds(1), leakage, SLOPE)
    circuit = Circuit("junction", (*rectifier().elements[:2], diode))
    w = lambertw(leakage * OHMS / SLOPE * np.exp(5.0 / SLOPE)).real
    solution = SIMULATORS[simulator]().simulate(circuit, OperatingPoint({"u": np.array([[5.0]])}))
    assert solution.voltage(("a",))[0, 0] == pytest.approx(5.0 - SLOPE * w, abs=1e-6 * SLOPE)


@pytest.mark.parametrize("volts", [0.5, 0.9, 2.0])
def test_a_diode_across_a_source_changes_nothing(volts: float) -> None:
    """However large its current is: a source has any, and the divider beside it does not see it."""
    divider = Resistors("r", ("u", "m"), ("m", *grounds(1)), 1e3)
    across = Diodes("d", ("u",), grounds(1), 1e-14, thermal_voltage())
    circuit = Circuit("across", (StimulusSources("u", ("u",), grounds(1)), divider, across))
    solution = SIMULATORS["native"]().simulate(circuit, OperatingPoint({"u": np.array([[volts]])}))
    assert solution.status.converged(1).all()
    assert solution.voltage(("m",))[0, 0] == pytest.approx(0.5 * volts, rel=1e-12)


@EVERY
def test_a_diode_blocks(simulator: str) -> None:
    solution = SIMULATORS[simulator]().simulate(rectifier(), OperatingPoint({"u": np.array([[-1.0]])}))
    # I_s R = 10 uV; ngspice's law is 0.4 % of I_s off, and gmin adds 1e-12 A
    assert solution.voltage(("a",))[0, 0] == pytest.approx(-1.0 + SATURATION * OHMS, abs=1e-7)


def test_the_noise_of_diodes_is_refused() -> None:
    with pytest.raises(BadInput, match="ngspice: d: the noise of diodes"):
        SIMULATORS["ngspice"]().noise(rectifier(), Noise({"u": np.array([1.0])}, ("a",), 1.0, 1e3))


NETWORK = random_resistive_network((8, 6, 3), gain=20.0, seed=0)
INPUTS = np.random.default_rng(2).uniform(0.0, 1.0, (5, 8))
TARGETS = np.eye(3)[[0, 1, 2, 0, 1]]


class Measured:
    """Equilibria of a circuit with diodes of an emission coefficient, on a simulator."""

    def __init__(self, simulator: str, emission: float) -> None:
        self.simulator = SIMULATORS[simulator]()
        self.parts = ResistiveParts(volts=1.0, saturation=1e-9, emission=emission)

    def __call__(
        self,
        network: ResistiveNetwork,
        inputs: ArrayLike,
        load: Load | None = None,
        start: ResistiveEquilibrium | None = None,
    ) -> ResistiveEquilibrium:
        compiled = compile_resistive_network(network, inputs, load, self.parts)
        solution = self.simulator.simulate(compiled.circuit, compiled.operating_point())
        return compiled.decode(solution)


def largest(a: ResistiveEquilibrium, b: ResistiveEquilibrium) -> float:
    return max(float(np.abs(x - y).max()) for x, y in zip(a.voltages, b.voltages, strict=True))


@EVERY
def test_real_diodes_tend_to_ideal_ones(simulator: str) -> None:
    """The drop of a diode is n V_t ln(I / I_s): a tenth of n is ten times nearer to the quadratic program."""
    ideal = settle(NETWORK, INPUTS)
    away = [largest(Measured(simulator, n)(NETWORK, INPUTS), ideal) for n in (1.0, 0.1, 0.01)]
    assert away[0] / away[1] == pytest.approx(10.0, rel=0.1)
    assert away[1] / away[2] == pytest.approx(10.0, rel=0.1)


def test_the_distance_to_the_quadratic_program_is_in_proportion_to_the_emission_coefficient() -> None:
    """Over five decades of n; of I_s = 1e-15 A the leakage makes 1e-10 V, below the drop of the sharpest."""
    ideal = settle(NETWORK, INPUTS)
    emissions = 10.0 ** -np.arange(6.0)
    away = []
    for n in emissions:
        circuit = Measured("native", n)
        circuit.parts = replace(circuit.parts, saturation=1e-15)
        away.append(largest(circuit(NETWORK, INPUTS), ideal))
    ratio = np.array(away) / emissions
    np.testing.assert_allclose(ratio[2:], ratio[-1], rtol=2e-3)  # what the drop changes of the currents
    np.testing.assert_allclose(ratio[:2], ratio[-1], rtol=0.05)


def test_a_circuit_of_ideal_diodes_is_the_quadratic_program() -> None:
    ideal = settle(NETWORK, INPUTS)
    found = Measured("native", 0.0)(NETWORK, INPUTS)
    assert largest(found, ideal) < 64.0 * 2.0**-52 * NETWORK.gain
    assert found.relaxation.converged.all()


def test_a_network_with_wires_is_the_same_in_ngspice() -> None:
    """To 1e-6 of full scale; the leakage that ngspice's diodes lack, 4e-12 A, makes 4e-7 V in 100 kOhm."""
    network = random_resistive_network((8, 6, 6, 3), gain=20.0, seed=1)
    parts = ResistiveParts(volts=0.1, saturation=1e-9, series_ohms=50.0, wire=Wire(2.0, 3.0))
    compiled = compile_resistive_network(network, INPUTS, None, parts)
    point = compiled.operating_point()
    ours = SIMULATORS["native"]().simulate(compiled.circuit, point)
    theirs = SIMULATORS["ngspice"]().simulate(compiled.circuit, point)
    assert np.abs(theirs.voltage(ours.nodes) - ours.volts).max() <= 1e-6 * 0.1 * network.gain


def test_sources_behind_the_diodes_cancel_their_drop() -> None:
    ideal = settle(NETWORK, INPUTS)
    away = []
    for lift in (0.0, 0.35):
        circuit = Measured("ngspice", 1.0)
        circuit.parts = replace(circuit.parts, lift=lift)
        away.append(largest(circuit(NETWORK, INPUTS), ideal))
    assert away[1] < 0.5 * away[0]


@EVERY
@pytest.mark.parametrize("kind", ["spring", "current", "clamp"])
def test_a_nudged_circuit_follows_the_quadratic_program(simulator: str, kind: str) -> None:
    load = nudge(kind, 0.3, settle(NETWORK, INPUTS).output, TARGETS)
    ideal = settle(NETWORK, INPUTS, load)
    assert largest(Measured(simulator, 1e-3)(NETWORK, INPUTS, load), ideal) < 1e-3


def flat(gradient: Gradient) -> Floats:
    return np.concatenate([g.ravel() for g in gradient.conductances])


def test_equilibrium_propagation_needs_no_model_of_the_diodes() -> None:
    """The estimate from the circuit's own voltages is the derivative of the circuit's own cost.

    With diodes of n = 1 the circuit is far from the ideal network (0.3 of 20 units), and the ideal gradient
    is another one; the estimate follows the circuit.
    """
    circuit = Measured("ngspice", 1.0)
    rule = ContrastiveRule("current", 1e-2, (-1, 1))
    estimate = contrastive_gradient(NETWORK, INPUTS, TARGETS, rule, circuit)
    layer = 1
    size = np.where(NETWORK.G[layer] > 0.0, np.abs(estimate.conductances[layer]), 0.0)
    post, pre = np.unravel_index(int(size.argmax()), size.shape)
    step = 1e-3 * float(NETWORK.G[layer][post, pre])

    def cost(change: float) -> float:
        conductances = [g.copy() for g in NETWORK.G]
        conductances[layer][post, pre] += change
        output = circuit(NETWORK.with_parameters(conductances, NETWORK.b), INPUTS).output
        return 0.5 * float(((output - TARGETS) ** 2).sum())

    derivative = (cost(step) - cost(-step)) / (2.0 * step)
    assert estimate.conductances[layer][post, pre] == pytest.approx(derivative, rel=1e-3)


def test_with_sharp_diodes_it_is_the_ideal_gradient() -> None:
    exact = flat(adjoint_gradient(NETWORK, INPUTS, TARGETS))
    rule = ContrastiveRule("current", 1e-2, (-1, 1))
    errors = []
    for emission in (0.1, 0.01):
        circuit = Measured("ngspice", emission)
        estimate = flat(contrastive_gradient(NETWORK, INPUTS, TARGETS, rule, circuit))
        errors.append(float(np.linalg.norm(estimate - exact) / np.linalg.norm(exact)))
    assert errors[0] / errors[1] == pytest.approx(10.0, rel=0.2)

"""Laws of resistive networks with diodes: Kirchhoff's current law, monotony, the same answer as ngspice."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    Circuit,
    Diodes,
    IdealDiodes,
    OperatingPoint,
    Outcome,
    Resistors,
    Solution,
    StimulusSources,
    bus,
    grounds,
)
from analog_pc.simulators import Ngspice
from analog_pc.simulators.native import Native

NODES = 6
SOURCES = 2
SAMPLES = 4
LEAKAGE = 4e-3  # of I_s: what ngspice's diode lets pass less than Shockley's below -3 n V_t


def network(rng: np.random.Generator, ideal: bool) -> Circuit:
    """Resistors from each node to one before it and between others; diodes between any nodes and ground."""
    names = bus("n", NODES)
    places = ("0", *bus("s", SOURCES), *names)
    before = [places[rng.integers(0, 1 + SOURCES + k)] for k in range(NODES)]
    more = [rng.choice(len(places), 2, replace=False) for _ in range(NODES)]
    a = (*names, *(places[i] for i, _ in more))
    b = (*before, *(places[j] for _, j in more))
    resistors = Resistors("r", a, b, 10.0 ** rng.uniform(3, 6, len(a)))
    ends = [rng.choice(1 + NODES, 2, replace=False) for _ in range(int(rng.integers(1, 9)))]
    anodes = tuple(("0", *names)[i] for i, _ in ends)
    cathodes = tuple(("0", *names)[j] for _, j in ends)
    diodes: Diodes | IdealDiodes = IdealDiodes("d", anodes, cathodes, rng.choice([0.0, 0.3]))
    if not ideal:
        saturation = 10.0 ** rng.uniform(-14, -9)
        slope = 10.0 ** rng.uniform(-3, -1)
        diodes = Diodes("d", anodes, cathodes, saturation, slope, float(rng.choice([0.0, 50.0])))
    sources = StimulusSources("u", bus("s", SOURCES), grounds(SOURCES))
    return Circuit("diodes", (sources, resistors, diodes))


@st.composite
def drawn(draw: st.DrawFn) -> tuple[np.random.Generator, Floats]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    swing = 10.0 ** draw(st.floats(-1.0, 1.3))
    return rng, swing * rng.normal(size=(SAMPLES, SOURCES))


def volts(solution: Solution, nodes: tuple[str, ...]) -> Floats:
    """Volts of nodes, ground among them, [samples, nodes]."""
    columns = [np.zeros(len(solution.axis)) if n == "0" else solution.voltage((n,))[:, 0] for n in nodes]
    return np.stack(columns, axis=1)


def kirchhoff(circuit: Circuit, solution: Solution) -> float:
    """Largest current that is missing at a node, as a part of the currents there and of what rounding makes.

    A voltage of size V is rounded to some machine epsilons of it, which moves the currents of the node by
    the sum of its slopes, those of diodes among them.
    """
    _, r, d = circuit.elements
    assert isinstance(r, Resistors)
    assert isinstance(d, Diodes)
    ohms = np.asarray(r.ohms)
    missing = np.zeros((len(solution.axis), NODES))
    scale = np.zeros_like(missing)
    across = volts(solution, d.anode) - volts(solution, d.cathode)
    current = d.current(across)
    inner = np.asarray(d.saturation) + current
    slope = inner / (d.slope_volts + d.series_ohms * inner)
    through = (volts(solution, r.a) - volts(solution, r.b)) / ohms
    siemens = np.broadcast_to(1.0 / ohms, through.shape)
    largest = np.abs(solution.volts).max(axis=1, keepdims=True)
    parts = ((r.a, r.b, through, siemens), (d.anode, d.cathode, current, slope))
    for plus, minus, amperes, rise in parts:
        for nodes, sign in ((plus, 1.0), (minus, -1.0)):
            for k, node in enumerate(nodes):
                if node.startswith("n"):
                    n = int(node.removeprefix("n_"))
                    missing[:, n] += sign * amperes[:, k]
                    scale[:, n] += np.abs(amperes[:, k]) + rise[:, k] * largest[:, 0]
    return float((np.abs(missing) / scale).max())


@settings(max_examples=20, deadline=None)
@given(drawn())
def test_currents_balance_at_every_node(case: tuple[np.random.Generator, Floats]) -> None:
    rng, u = case
    circuit = network(rng, ideal=False)
    solution = Native().simulate(circuit, OperatingPoint({"u": u}))
    assert solution.status.outcome is Outcome.CONVERGED
    assert kirchhoff(circuit, solution) < 1e-11


@settings(max_examples=20, deadline=None)
@given(drawn(), st.booleans())
def test_no_voltage_falls_where_a_source_rises(case: tuple[np.random.Generator, Floats], ideal: bool) -> None:
    """Resistors and diodes are monotone: the node voltages rise with every source, and never by more."""
    rng, u = case
    circuit = network(rng, ideal)
    rise = np.abs(rng.normal(size=u.shape)) * np.abs(u).max()
    native = Native()
    before = native.simulate(circuit, OperatingPoint({"u": u}))
    after = native.simulate(circuit, OperatingPoint({"u": u + rise}))
    change = after.volts - before.volts
    rounding = 1e-9 * np.abs(u).max()
    assert (change >= -rounding).all()
    assert (change <= rise.max(axis=1, keepdims=True) + rounding).all()


@settings(max_examples=6, deadline=None)
@given(drawn())
def test_ngspice_has_the_same_answer(case: tuple[np.random.Generator, Floats]) -> None:
    """To 1e-6 of full scale, and what the leakage of blocked diodes, its law apart, makes in 1 MOhm."""
    rng, u = case
    circuit = network(rng, ideal=False)
    ours = Native().simulate(circuit, OperatingPoint({"u": u}))
    theirs = Ngspice().simulate(circuit, OperatingPoint({"u": u}))
    diodes = circuit.elements[2]
    assert isinstance(diodes, Diodes)
    leak = LEAKAGE * float(np.sum(diodes.saturation)) * float(np.sum(np.asarray(circuit.elements[1].ohms)))
    assert np.abs(theirs.voltage(ours.nodes) - ours.volts).max() <= 1e-6 * np.abs(u).max() + leak

"""Laws of passive networks, kept by the native simulator for any resistors and crossbars."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.circuit import (
    Capacitors,
    Circuit,
    Crossbar,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Transient,
    Wire,
    bus,
    grounds,
)
from analog_pc.simulators.native import Native

NODES = 6


@st.composite
def networks(draw: st.DrawFn) -> tuple[Circuit, np.random.Generator]:
    """Resistors between all of some nodes, and a crossbar with wires; three nodes are driven."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = bus("n", NODES)
    pairs = [(a, b) for k, a in enumerate(n) for b in n[k + 1 :]]
    ohms = 10.0 ** rng.uniform(2, 6, size=len(pairs))
    siemens = 10.0 ** rng.uniform(-6, -3, size=(3, 3)) * (rng.random((3, 3)) < 0.8)
    wire = Wire(*draw(st.sampled_from([(0.0, 0.0), (1.0, 2.0), (30.0, 0.0)])))
    access = draw(st.sampled_from([0.0, 1e3]))
    elements = (
        StimulusSources("u", n[:3], grounds(3)),
        Resistors("r", tuple(a for a, _ in pairs), tuple(b for _, b in pairs), ohms),
        Resistors("leak", n, grounds(NODES), 1e7),
        Crossbar("x", n[:3], n[3:], siemens, wire=wire, access_ohms=access),
    )
    return Circuit("network", elements), rng


@given(networks(), st.floats(-3.0, 3.0))
@settings(max_examples=40, deadline=None)
def test_superposition(case: tuple[Circuit, np.random.Generator], factor: float) -> None:
    circuit, rng = case
    a, b = rng.normal(size=(2, 3))
    volts = Native().simulate(circuit, OperatingPoint({"u": np.array([a, b, a + factor * b])})).volts
    np.testing.assert_allclose(volts[2], volts[0] + factor * volts[1], atol=1e-12)


@given(networks())
@settings(max_examples=40, deadline=None)
def test_passivity_and_maximum_principle(case: tuple[Circuit, np.random.Generator]) -> None:
    circuit, rng = case
    u = rng.normal(size=(4, 3))
    native = Native()
    solution = native.simulate(circuit, OperatingPoint({"u": u}))
    # No node lies outside its neighbours, so none lies outside the sources and ground.
    assert (solution.volts <= np.maximum(u.max(axis=1), 0.0)[:, None] + 1e-12).all()
    assert (solution.volts >= np.minimum(u.min(axis=1), 0.0)[:, None] - 1e-12).all()
    for watts in native.dissipation(circuit, solution).values():
        assert (watts >= -1e-18).all()


@given(networks())
@settings(max_examples=40, deadline=None)
def test_reciprocity(case: tuple[Circuit, np.random.Generator]) -> None:
    """1 V at source i makes the same current in a short at source j as the other way round."""
    circuit, _ = case
    solution = Native().simulate(circuit, OperatingPoint({"u": np.eye(3)}))
    r = circuit.elements[1]
    assert isinstance(r, Resistors)
    unit = circuit.elements[3]
    assert isinstance(unit, Crossbar)
    native = Native()
    admittance, _ = native.model(circuit).equations.crossbars["x"]
    into = solution.voltage((*unit.rows, *unit.columns)) @ admittance[:, :3]
    for k, node in enumerate(unit.rows):
        for a, b, ohms in zip(r.a, r.b, np.asarray(r.ohms), strict=True):
            if node in (a, b):
                other = b if node == a else a
                difference = solution.voltage((node,))[:, 0] - solution.voltage((other,))[:, 0]
                into[:, k] += difference / ohms
    np.testing.assert_allclose(into, into.T, atol=1e-12 * np.abs(into).max())


@given(networks(), st.floats(1e-13, 1e-9))
@settings(max_examples=15, deadline=None)
def test_stored_energy_never_rises_without_sources(
    case: tuple[Circuit, np.random.Generator], farads: float
) -> None:
    circuit, rng = case
    loaded = Circuit("loaded", (*circuit.elements, Capacitors("c", bus("n", NODES)[3:], grounds(3), farads)))
    initial = dict(zip(bus("n", NODES)[3:], rng.normal(size=3).tolist(), strict=True))
    slowest = 1.0 / Native().modes(loaded, OperatingPoint({"u": np.zeros((1, 3))}))[0].margin
    analysis = Transient({"u": np.zeros(3)}, initial, 5.0 * slowest, slowest, save=tuple(initial))
    energy = 0.5 * farads * (Native().simulate(loaded, analysis).volts ** 2).sum(axis=1)
    assert (np.diff(energy) <= 1e-7 * energy[0]).all()  # what a step of precision 1e-8 may add

"""The three maps of a reduction against closed forms, and elements that have no stamp."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    ClockSources,
    Crossbar,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    VoltageSources,
    Wire,
    grounds,
)
from analog_pc.circuit.transfer import activation_gate, activation_transfer
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.mna.stamps import assemble

R, C = 1e3, 1e-9


def reduced(*elements: object, held: bool) -> Reduced:
    equations = assemble(Circuit("c", elements))  # type: ignore[arg-type]
    return Reduced(equations, np.full(len(equations.states), held))


def test_a_divider_with_a_capacitor() -> None:
    """C dx/dt = (u - x) / R - (x - 2 V) / (3 R); at rest x = (3 u + 2 V) / 4."""
    elements = (
        StimulusSources("u", ("u",), grounds(1)),
        VoltageSources("v", ("v",), grounds(1), [2.0]),
        Resistors("r", ("u", "v"), ("x", "x"), [R, 3 * R]),
        Capacitors("c", ("x",), grounds(1), C),
    )
    moving = reduced(*elements, held=True).rate
    np.testing.assert_allclose(moving.by_x, [[-4 / (3 * R * C)]], rtol=1e-12)
    np.testing.assert_allclose(moving.by_u, [[1 / (R * C)]], rtol=1e-12)
    np.testing.assert_allclose(moving.constant, [2 / (3 * R * C)], rtol=1e-12)
    static = reduced(*elements, held=False)
    x = static.equations.flat.number("x")
    u = np.array([[1.0], [-2.0]])
    nodes = static.nodes.rows(np.array([x])).value(None, np.zeros((2, 0)), u)
    np.testing.assert_allclose(nodes[:, 0], (3 * u[:, 0] + 2.0) / 4, rtol=1e-12)


def test_inputs_of_nonlinear_elements() -> None:
    """The line through y = 0 is in the matrix: what is left of both elements reaches the inputs by K."""
    maps = reduced(
        StimulusSources("u", ("u",), grounds(1)),
        NonlinearVCVS("f", ("u",), ("fu",), activation_transfer(TANH, 0.5), gain=2.0),
        MultiplyingVCCS("g", ("fu",), ("u",), ("out",), 1e-3, activation_gate(TANH, 0.5)),
        Resistors("r", ("out",), grounds(1), R),
        held=False,
    )
    assert [type(e.element).__name__ for e in maps.equations.elements] == [
        "ScalarNonlinearity",
        "MultiplyingTransconductor",
    ]
    # y: u; then the control fu = 2 u + q_f and the drive u
    np.testing.assert_allclose(maps.inputs.by_u, [[1.0], [2.0], [1.0]], rtol=1e-12)
    np.testing.assert_allclose(maps.inputs.by_q, [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], atol=1e-15)
    out = maps.nodes.rows(np.array([maps.equations.flat.number("out")]))
    np.testing.assert_allclose(out.by_u, [[1e-3 * R]], rtol=1e-12)
    np.testing.assert_allclose(out.by_q, [[0.0, R]], rtol=1e-12)


def test_a_crossbar_with_and_without_its_coupling() -> None:
    """Rows driven by a stiff source, the column into a resistor: v = sum(G u) / (sum(G) + 1 / R)."""
    siemens = np.array([[1e-3], [3e-3]])
    elements = (
        StimulusSources("u", ("a", "b"), grounds(2)),
        Crossbar("x", ("a", "b"), ("y",), siemens, Wire(0.0, 0.0)),
        Resistors("r", ("y",), grounds(1), R),
    )
    equations = assemble(Circuit("c", elements))
    none = np.zeros(0, dtype=np.bool_)
    row = np.array([equations.flat.number("y")])
    whole = Reduced(equations, none).nodes.rows(row).by_u
    np.testing.assert_allclose(whole, siemens.T / (siemens.sum() + 1 / R), rtol=1e-12)
    np.testing.assert_allclose(Reduced(equations, none, coupled=False).nodes.rows(row).by_u, 0.0, atol=1e-15)


def test_a_pole_holds_or_rests() -> None:
    """dp/dt = w (d + offset - p / gain); at rest p = gain (d + offset)."""
    amplifier = Amplifiers(
        "a", ("u",), grounds(1), ("y",), 100.0, gain_bandwidth=1e6 / (2 * np.pi), offset=[1e-3]
    )
    elements = (StimulusSources("u", ("u",), grounds(1)), amplifier)
    rate = reduced(*elements, held=True).rate
    np.testing.assert_allclose([rate.by_x[0, 0], rate.by_u[0, 0], rate.constant[0]], [-1e4, 1e6, 1e3])
    static = reduced(*elements, held=False)
    y = static.nodes.rows(np.array([static.equations.flat.number("y")]))
    np.testing.assert_allclose([y.by_u[0, 0], y.constant[0]], [100.0, 0.1], rtol=1e-12)


def test_an_element_without_a_stamp_is_refused() -> None:
    clock = ClockSources("clock", ("c",), grounds(1), [0.0, 1.0], [[0.0, 1.0]])
    with pytest.raises(BadInput, match="native: clock: no stamp for ClockSources, use ngspice or vacask"):
        assemble(Circuit("c", (clock,)))

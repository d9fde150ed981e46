"""Cells: their parts, their values, and a schematic in every docstring."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from analog_pc import cells
from analog_pc.cells import activations as circuits
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Crossbar,
    GatedTransconductors,
    Resistors,
    StimulusSources,
    Transconductors,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import tanh_gate
from analog_pc.mapping import encode
from analog_pc.pcn.activations import ACTIVATIONS
from analog_pc.technology import IDEAL

X, MU = bus("x", 2), bus("mu", 2)
DRAWN = [f for n in cells.__all__ if inspect.isfunction(f := getattr(cells, n))]
UNDRAWN = {"activation_cell": "a choice among the three cells below", "free_input_node": "a capacitor alone"}


@pytest.mark.parametrize("cell", [*DRAWN, circuits.buffer, circuits.differential_pair, circuits.rectifier])
def test_every_cell_says_what_it_is_and_draws_it(cell) -> None:
    lines = inspect.getdoc(cell).splitlines()
    assert lines[0].endswith((".", ":")) or len(lines[0]) > 20
    if cell.__name__ not in UNDRAWN:
        drawing = lines[lines.index("::") + 1 :]
        assert any("--" in line for line in drawing)


def test_value_node() -> None:
    spring, cap = cells.value_node("node", X, MU, 2e-5, 1e-12)
    assert isinstance(spring, Resistors)
    assert isinstance(cap, Capacitors)
    assert (spring.a, spring.b) == (X, MU)
    np.testing.assert_array_equal(spring.ohms, 1.0 / 2e-5)
    assert (cap.a, cap.b) == (X, grounds(2))
    np.testing.assert_array_equal(cap.farads, 1e-12)


def test_free_input_node_has_no_spring() -> None:
    (cap,) = cells.free_input_node("node", X, 1e-12)
    assert isinstance(cap, Capacitors)


def test_eps_sense_subtracts_the_prediction() -> None:
    (amp,) = cells.eps_sense("eps", X, MU, bus("eps", 2))
    assert (amp.plus, amp.minus, amp.gain) == (X, MU, 1.0)


def test_inverters_invert() -> None:
    (amp,) = cells.inverters("inv", X, MU)
    assert (amp.plus, amp.minus, amp.out, amp.gain) == (grounds(2), X, MU, 1.0)


def test_clamp_has_the_name_of_its_stimulus() -> None:
    (source,) = cells.clamp("clamp0", X)
    assert isinstance(source, StimulusSources)
    assert (source.name, source.plus, source.minus) == ("clamp0", X, grounds(2))


def test_feedback_gate() -> None:
    law = tanh_gate(0.1)
    (gated,) = cells.feedback_gate("fb", X, MU, X, 1e-5, law)
    assert isinstance(gated, GatedTransconductors)
    assert (gated.control, gated.drive, gated.out, gated.gate) == (X, MU, X, law)
    (plain,) = cells.feedback_gate("fb", X, MU, X, 1e-5, None)
    assert isinstance(plain, Transconductors)
    assert (plain.drive, plain.out) == (MU, X)


def test_crossbar_and_amplifier_compute_the_product() -> None:
    """Kirchhoff by hand at the virtual ground: V(out) = -R_f sum(G V) = W x, without a simulator."""
    w, volts = np.array([[0.5, -2.0, 1.0], [0.0, 0.3, -0.7]]), np.array([0.1, -0.2, 0.3])
    pair = encode(w, IDEAL)
    rows, anti, columns = bus("rate", 3), bus("anti", 3), bus("column", 2)
    at = dict(zip(rows, volts, strict=True)) | dict(zip(anti, -volts, strict=True))
    arrays = cells.differential_crossbar("g", rows, anti, columns, pair, Wire())
    assert all(isinstance(a, Crossbar) and a.columns == columns for a in arrays)
    current = sum(np.array([at[r] for r in a.rows]) @ a.siemens for a in arrays)
    feedback, amp = cells.transimpedance("tia", columns, bus("mu", 2), pair.ohms, 1e9)
    assert (amp.plus, amp.minus, amp.out, amp.gain) == (grounds(2), columns, bus("mu", 2), 1e9)
    assert (feedback.a, feedback.b) == (columns, bus("mu", 2))
    np.testing.assert_allclose(-feedback.ohms * current, w @ volts, rtol=0.0, atol=1e-15)  # roundings


S, GAIN = 0.1, 1e7
GRID = np.linspace(-0.9013, 0.9017, 91)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_circuit_is_the_activation(name: str) -> None:
    f = ACTIVATIONS[name]
    rate = bus("rate", 2)
    cell = cells.activation_cell("act", f, X, rate, S, GAIN)
    first = cell.elements[0]
    assert first.out == rate
    value = first.gain * GRID if isinstance(first, Amplifiers) else first.law.value(GRID)
    np.testing.assert_allclose(value, S * f.f(GRID / S), rtol=0.0, atol=1e-14)  # roundings
    assert len(cell.elements) == (3 if f.kinks else 1)
    if name == "identity":
        assert cell.gate is None
        return
    # The gate over the drive (x itself where f is smooth) is f' unfolded.
    np.testing.assert_allclose(cell.gate.value(GRID), f.gate(GRID / S), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("name", [n for n, f in ACTIVATIONS.items() if f.kinks])
def test_rectifier_folds_the_drive(name: str) -> None:
    f = ACTIVATIONS[name]
    cell = cells.activation_cell("act", f, X, bus("rate", 2), S, GAIN)
    _, diodes, amp = cell.elements
    np.testing.assert_allclose(diodes.law.value(GRID), S * f.position(GRID / S), rtol=0.0, atol=1e-14)
    assert (amp.plus, amp.minus, amp.out, amp.gain) == (X, diodes.out, diodes.control, GAIN)
    assert cell.control == diodes.control

"""The chip whose cost is told: the compiled circuit with converters at its inputs, and its parts by role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Element,
    Instance,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    Subcircuit,
)
from analog_pc.compiler import CompiledNetwork

# What a bank of a layer is for, by the end of its name; other banks keep the role of their kind.
AMPLIFIER_ROLES = {
    "drive_p": "word line drivers",
    "drive_n": "word line drivers",
    "predict_amp": "prediction amplifiers",
    "feedback_amp": "feedback amplifiers",
    "eps_sense": "eps amplifiers",
    "eps_anti": "eps amplifiers",
    "act_amp": "rectifier amplifiers",
}
RESISTOR_ROLES = {
    "node_spring": "springs",
    "predict_rf": "feedback resistors",
    "feedback_rf": "feedback resistors",
}
OTHER_AMPLIFIERS = "other amplifiers"
OTHER_RESISTORS = "driver resistances"
CROSSBARS = "crossbars"
ACTIVATIONS = "activation circuits"
GATES = "feedback gates"
CAPACITORS = "capacitors"
OUTPUTS = "amplifier outputs"


def with_converters(compiled: CompiledNetwork) -> Circuit:
    """The circuit with one DAC of two outputs per input in place of its two drivers, stiff at the word lines.

    ::

        x0[i] ---( DAC )--- +x0[i]: word line of the minus devices of W_1
                        --- -x0[i]: word line of the plus devices of W_1

    A converter holds the end of its word line: there is no driver resistance, and the line's capacitance
    is charged by it at once.  All other parts are as they were compiled.
    """
    inputs, first, *others = compiled.circuit.instances
    return replace(compiled.circuit, instances=(_stiff_inputs(inputs), _stiff_lines(first), *others))


def _stiff_inputs(instance: Instance) -> Instance:
    """Layer 0 with ideal sources as its drivers."""
    elements = tuple(
        Amplifiers(e.name, e.plus, e.minus, e.out, 1.0)
        if isinstance(e, Amplifiers) and AMPLIFIER_ROLES.get(e.name) == "word line drivers"
        else e
        for e in instance.subcircuit.elements
    )
    return _with_elements(instance, elements)


def _stiff_lines(instance: Instance) -> Instance:
    """Layer 1 with the word lines of its forward arrays at their sources."""
    drivers = {
        e.name.removesuffix("_driver"): e
        for e in instance.subcircuit.elements
        if isinstance(e, Resistors) and e.name.startswith("forward_") and e.name.endswith("_driver")
    }
    dropped = {f"{name}_driver" for name in drivers} | {"forward_plus_word_cap", "forward_minus_word_cap"}
    kept: list[Element] = []
    for element in instance.subcircuit.elements:
        if element.name in dropped:
            continue
        if isinstance(element, Crossbar) and element.name in drivers:
            kept.append(replace(element, rows=drivers[element.name].a))
        else:
            kept.append(element)
    return _with_elements(instance, tuple(kept))


def _with_elements(instance: Instance, elements: tuple[Element, ...]) -> Instance:
    sub = instance.subcircuit
    return replace(instance, subcircuit=Subcircuit(sub.name, sub.ports, elements, sub.comment))


@dataclass(frozen=True, eq=False)
class Bank:
    """A bank of equal parts: its role, its label as the simulators name it, and how many parts it has.

    `physical` is False for what stands in the circuit for a converter.
    """

    role: str
    label: str
    element: Element
    count: int
    physical: bool = True


def banks(circuit: Circuit) -> Iterator[Bank]:
    """Every bank of a circuit that is a part of the chip; sources are not."""
    for path, element in circuit.banks():
        label = f"{path}.{element.name}" if path else element.name
        stem = element.name
        if isinstance(element, Amplifiers):
            role = AMPLIFIER_ROLES.get(stem, OTHER_AMPLIFIERS)
            converter = role == "word line drivers" and not element.has_pole and path == "layer0"
            yield Bank(role, label, element, len(element.out), not converter)
        elif isinstance(element, Resistors):
            yield Bank(RESISTOR_ROLES.get(stem, OTHER_RESISTORS), label, element, len(element.a))
        elif isinstance(element, Crossbar):
            yield Bank(CROSSBARS, label, element, len(element.rows) * len(element.columns))
        elif isinstance(element, Capacitors):
            yield Bank(CAPACITORS, label, element, len(element.a))
        elif isinstance(element, NonlinearVCVS) and not stem.endswith("_diodes"):
            yield Bank(ACTIVATIONS, label, element, len(element.out))
        elif isinstance(element, MultiplyingVCCS | VCCS):
            yield Bank(GATES, label, element, len(element.out))


def lines(circuit: Circuit) -> Ints:
    """Word and bit lines of every crossbar, [crossbars, 2]."""
    found = [(len(e.rows), len(e.columns)) for _, e in circuit.banks() if isinstance(e, Crossbar)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)

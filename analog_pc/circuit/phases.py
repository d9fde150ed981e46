"""A clocked circuit between two edges: switches stand still, and every simulator can solve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit.bus import GROUND
from analog_pc.circuit.circuit import Circuit, Instance, outer_names
from analog_pc.circuit.elements import (
    ClockSources,
    Element,
    Memristors,
    Multiplexers,
    Resistors,
    Switches,
    VoltageSources,
)
from analog_pc.errors import BadInput


def at_phase(circuit: Circuit, time: float) -> Circuit:
    """The circuit as its clocks stand at a time: switches are resistors, clocks constant sources.

    ::

        a --o  o-- b,  V(control) = c(time)     ->     a --[ 1 / (off + (on - off) c) ]-- b

    Parameters
    ----------
    circuit
        Clocked by `ClockSources` alone, whose other node is ground.
    time
        s, between two edges.

    Raises
    ------
    BadInput
        For a switch that something else than a clock controls, and for multiplexers and memristors.
    """
    volts = clock_volts(circuit, time)
    instances = []
    for instance in circuit.instances:
        block = instance.subcircuit
        ports = {n: outer_names(circuit, instance.name, [n])[0] for e in block.elements for n in _controls(e)}
        local = {n: volts[outer] for n, outer in ports.items() if outer in volts}
        elements = tuple(_still(e, time, local) for e in block.elements)
        instances.append(Instance(instance.name, replace(block, elements=elements), instance.nodes))
    return Circuit(
        circuit.name,
        tuple(_still(e, time, volts) for e in circuit.elements),
        tuple(instances),
        circuit.temperature,
    )


def clock_volts(circuit: Circuit, time: float) -> dict[str, float]:
    """Volts of the nodes that clocks drive against ground, by their outer names."""
    found: dict[str, float] = {GROUND: 0.0}
    for path, element in circuit.banks():
        if isinstance(element, ClockSources):
            pairs = zip(
                outer_names(circuit, path, element.plus), element.minus, _levels(element, time), strict=True
            )
            found |= {node: level for node, minus, level in pairs if minus == GROUND}
    return found


def _levels(clocks: ClockSources, time: float) -> list[float]:
    times = np.asarray(clocks.times)
    return [float(np.interp(time, times, line)) for line in np.asarray(clocks.volts)]


def _controls(element: Element) -> tuple[str, ...]:
    return element.control if isinstance(element, Switches) else ()


def _still(element: Element, time: float, volts: Mapping[str, float]) -> Element:
    if isinstance(element, ClockSources):
        return VoltageSources(element.name, element.plus, element.minus, _levels(element, time))
    if isinstance(element, Switches):
        return Resistors(element.name, element.a, element.b, 1.0 / _siemens(element, volts))
    if isinstance(element, Multiplexers | Memristors):
        raise BadInput(
            f"{element.name}: has no phase that stands still; simulate the clocked circuit in ngspice"
        )
    return element


def _siemens(switches: Switches, volts: Mapping[str, float]) -> Floats:
    for node in switches.control:
        if node not in volts:
            raise BadInput(f"{switches.name}: control {node!r} is driven by no clock against ground")
    on = np.asarray(switches.on)
    off = np.asarray(switches.off)
    closed = np.clip([volts[node] for node in switches.control], 0.0, 1.0)
    return np.asarray(off + (on - off) * closed)

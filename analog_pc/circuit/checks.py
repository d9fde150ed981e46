"""Checks of a circuit before it is simulated.

ngspice 39 gives a node without a path for direct current the value 0 or 1e9 V, and returns exit code
0; so such a node is refused here, by name, before any simulator runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakSet

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analog_pc.arrays import Ints
from analog_pc.circuit.amplifiers import Amplifiers
from analog_pc.circuit.bus import GROUND, Bus
from analog_pc.circuit.circuit import Circuit, outer_names
from analog_pc.circuit.diodes import Diodes, IdealDiodes
from analog_pc.circuit.elements import (
    TIMED,
    VCCS,
    Capacitors,
    ClockSources,
    Crossbar,
    Element,
    Memristors,
    Multiplexers,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Switches,
    VoltageSources,
)
from analog_pc.errors import BadInput

_sound: WeakSet[Circuit] = WeakSet()  # circuits do not change: compiler and simulators look at each once


def check_circuit(circuit: Circuit) -> None:
    """Refuse nodes without a path for direct current to ground.

    A controlled current source counts as a path: its current depends on the circuit's voltages.

    Raises
    ------
    BadInput
        Naming the first such node; for what is no circuit.
    """
    if not isinstance(circuit, Circuit):
        raise BadInput(f"a simulator needs a Circuit, got a {type(circuit).__name__}: use compiled.circuit")
    if circuit in _sound:
        return
    number: dict[str, int] = {GROUND: 0}
    ends: list[Ints] = [np.empty((2, 0), dtype=np.int64)]
    for path, element in circuit.banks():

        def numbers(bus: Bus, path: str = path) -> Ints:
            names = outer_names(circuit, path, bus)
            return np.array([number.setdefault(name, len(number)) for name in names], dtype=np.int64)

        buses = {name: numbers(bus) for name, bus in vars(element).items() if isinstance(bus, tuple)}
        ends.append(_paths(element, buses))
    a, b = np.concatenate(ends, axis=1)
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(number), len(number)))
    group = connected_components(graph, directed=False)[1]
    for node, k in number.items():
        if group[k] != group[0]:
            raise BadInput(f"circuit {circuit.name}: node {node!r} has no path for direct current to ground")
    _sound.add(circuit)


def refuse_timed(circuit: Circuit, simulator: str) -> None:
    """Refuse elements that change with time by themselves, for a simulator that has no model of them.

    Raises
    ------
    BadInput
        Naming the first such bank.
    """
    for path, element in circuit.banks():
        if isinstance(element, TIMED):
            place = f"{path}.{element.name}" if path else element.name
            raise BadInput(f"{simulator}: {place}: has no {type(element).__name__}; use ngspice")


def _paths(element: Element, buses: Mapping[str, Ints]) -> Ints:
    """Pairs of nodes [2, paths] that the element connects for direct current."""
    match element:
        case Resistors() | Switches():
            return np.stack([buses["a"], buses["b"]])
        case VoltageSources() | StimulusSources() | ClockSources():
            return np.stack([buses["plus"], buses["minus"]])
        case Amplifiers() | NonlinearVCVS() | MultiplyingVCCS() | VCCS() | Multiplexers():
            return np.stack([buses["out"], np.zeros_like(buses["out"])])
        case Diodes() | IdealDiodes():
            return np.stack([buses["anode"], buses["cathode"]])
        case Memristors():
            held = np.stack([buses["state"], np.zeros_like(buses["state"])])  # by its initial value
            return np.concatenate([np.stack([buses["plus"], buses["minus"]]), held], axis=1)
        case Crossbar():
            i, j = np.nonzero(np.asarray(element.siemens) > 0.0)
            return np.stack([buses["rows"][i], buses["columns"][j]])
        case Capacitors():
            return np.empty((2, 0), dtype=np.int64)

"""Clocks, switches, multiplexers and memristors -> netlist.

::

    clock         V<name>_<i> plus minus PWL(t v t v ...)
    switch        B<name>_<i> a b I=v(a,b)*(off+(on-off)*min(max(v(control),0),1))
    multiplexer   B<name>_<i> out 0 V=v(select)*v(input)+...
    memristor     X<name>_<i> plus minus state <model>        with one .subckt <model> at the top
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySpice.Spice.Netlist import Netlist

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import (
    GROUND,
    Circuit,
    ClockSources,
    MemristorModel,
    Memristors,
    Multiplexers,
    Switches,
)
from analog_pc.circuit.circuit import outer_names
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.names import number, plain_expression
from analog_pc.simulators.spice.subcircuit import CommentedSubCircuit

PORTS = ("plus", "minus", "state")


def add_timed(netlist: Netlist, element: ClockSources | Switches | Multiplexers | Memristors) -> None:
    """Append one bank to a PySpice netlist."""
    match element:
        case ClockSources():
            _add_clocks(netlist, element)
        case Switches():
            _add_switches(netlist, element)
        case Multiplexers():
            _add_multiplexers(netlist, element)
        case Memristors():
            netlist.raw_spice += "".join(_memristor_lines(element))


def _add_clocks(netlist: Netlist, element: ClockSources) -> None:
    times = np.asarray(element.times)
    for i, (plus, minus) in enumerate(zip(element.plus, element.minus, strict=True)):
        volts = np.asarray(element.volts)[i]
        corners = _corners(volts)
        points = zip(times[corners].tolist(), volts[corners].tolist(), strict=True)
        text = " ".join(f"{number(t)} {number(v)}" for t, v in points)
        netlist.V(f"{element.name}_{i}", plus, minus, f"PWL({text})")


def _corners(volts: Floats) -> Bools:
    """Points that are written: all but the inner points of a level stretch."""
    level = np.concatenate([[False], (volts[1:-1] == volts[:-2]) & (volts[1:-1] == volts[2:]), [False]])
    return np.asarray(~level[: len(volts)])


def _add_switches(netlist: Netlist, element: Switches) -> None:
    on = np.asarray(element.on).tolist()
    off = np.asarray(element.off).tolist()
    ends = zip(element.a, element.b, element.control, on, off, strict=True)
    for i, (a, b, control, most, least) in enumerate(ends):
        opening = f"min(max(v({control}),0),1)"
        text = f"v({a},{b})*({number(least)}+{number(most - least)}*{opening})"
        netlist.BehavioralSource(f"{element.name}_{i}", a, b, current_expression=text)


def _add_multiplexers(netlist: Netlist, element: Multiplexers) -> None:
    for i, out in enumerate(element.out):
        terms = [
            f"v({select})*v({element.inputs_of(k)[i]})"
            for k, select in enumerate(element.select)
            if element.inputs_of(k)[i] != GROUND
        ]
        text = "+".join(terms) or "0"
        netlist.BehavioralSource(f"{element.name}_{i}", out, GROUND, voltage_expression=text)


def _memristor_lines(element: Memristors) -> Iterator[str]:
    yield f"* {len(element.plus)} memristors {element.name}\n"
    for i, nodes in enumerate(zip(element.plus, element.minus, element.state, strict=True)):
        yield f"X{element.name}_{i} {' '.join(nodes)} {element.model.name}\n"


def add_memristor_models(netlist: Netlist, circuit: Circuit) -> None:
    """One subcircuit for each model of the circuit's memristors.

    Raises
    ------
    BadInput
        For different models of one name, a name that a block has too, or an expression that is not plain.
    """
    models: dict[str, MemristorModel] = {}
    blocks = {i.subcircuit.name for i in circuit.instances}
    for _, element in circuit.banks():
        if isinstance(element, Memristors):
            model = element.model
            if model.name in blocks or models.setdefault(model.name, model) != model:
                raise BadInput(f"circuit {circuit.name}: two different subcircuits are called {model.name!r}")
    for model in models.values():
        netlist.subcircuit(_memristor_subcircuit(model))


def _memristor_subcircuit(model: MemristorModel) -> CommentedSubCircuit:
    """The compact model as ngspice reads it; the state is the charge of 1 F."""
    subcircuit = CommentedSubCircuit(model.name, PORTS, model.comment)
    current, rate = (plain_expression(model.name, text) for text in (model.current, model.rate))
    subcircuit.BehavioralSource("current", "plus", "minus", current_expression=current)
    subcircuit.C("state", "state", GROUND, 1.0)
    subcircuit.BehavioralSource("rate", GROUND, "state", current_expression=rate)
    return subcircuit


def memristor_states(circuit: Circuit) -> dict[str, float]:
    """State node, as a solution calls it, -> its volts at t = 0."""
    found: dict[str, float] = {}
    for path, element in circuit.banks():
        if isinstance(element, Memristors):
            nodes = outer_names(circuit, path, element.state)
            found |= zip(nodes, np.asarray(element.initial).tolist(), strict=True)
    return found


def refuse_memristors(circuit: Circuit) -> None:
    """Refuse memristors, for an analysis of a circuit at rest.

    Raises
    ------
    BadInput
    """
    for path, element in circuit.banks():
        if isinstance(element, Memristors):
            place = f"{path}.{element.name}" if path else element.name
            raise BadInput(f"{place}: memristors have no operating point, any state rests; use a transient")

"""The state of a circuit at rest: the volts of its capacitors and of its amplifiers' poles.

Everything else in a circuit follows from these.  A pole is no node of the circuit but one of the netlist
(`amplifiers.py`); at rest it has gain (V(plus) - V(minus) + offset).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analog_pc.circuit import (
    GROUND,
    Amplifiers,
    Bus,
    Capacitors,
    Circuit,
    ClockSources,
    Element,
    Multiplexers,
    NonlinearVCVS,
    StimulusSources,
    VoltageSources,
)
from analog_pc.circuit.circuit import outer_names
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.amplifiers import POLE
from analog_pc.simulators.spice.names import spice_node
from analog_pc.simulators.spice.netlist import amplifier_path


def state_at_rest(circuit: Circuit, volts: Mapping[str, float]) -> dict[str, float]:
    """Volts of the nodes that hold the state, under ngspice's names.

    A node that a source fixes holds no state, whatever capacitors it has.  ngspice would hold it by 1e10 S
    against that source, and the current of this is a rounding error that never settles.

    Parameters
    ----------
    volts
        Of the circuit's nodes, at rest.

    Raises
    ------
    BadInput
        For volts that lack a node of the state.
    """
    by_node = {GROUND: 0.0, **volts}
    try:
        state = {spice_node(node): by_node[node] for node in _charged_nodes(circuit)}
        for pole, gain_of_inputs, at_zero in _poles(circuit):
            state[pole] = at_zero + sum(gain * by_node[node] for gain, node in gain_of_inputs)
    except KeyError as missing:
        raise BadInput(f"state of circuit {circuit.name}: no volts of node {missing}") from None
    return state


def _charged_nodes(circuit: Circuit) -> list[str]:
    """Nodes of capacitors that no source fixes, each once."""
    fixed = {GROUND}
    charged: dict[str, None] = {}
    for path, element in circuit.banks():
        fixed.update(outer_names(circuit, path, _fixed_nodes(element)))
        if isinstance(element, Capacitors):
            charged.update(dict.fromkeys(outer_names(circuit, path, element.a + element.b)))
    return [node for node in charged if node not in fixed]


def _fixed_nodes(element: Element) -> Bus:
    """Nodes whose voltage the bank fixes, whatever current flows."""
    match element:
        case VoltageSources() | StimulusSources() | ClockSources():
            return element.plus + element.minus
        case NonlinearVCVS() | Multiplexers():
            return element.out
        case Amplifiers() if element.output_ohms == 0.0:
            return element.out
        case _:
            return ()


def _poles(circuit: Circuit) -> Iterator[tuple[str, list[tuple[float, str]], float]]:
    """Each pole's node, the gains from its inputs, and its volts at inputs of 0 V."""
    for path, element in circuit.banks():
        if not (isinstance(element, Amplifiers) and element.has_pole):
            continue
        gain = float(element.gain)
        offsets = gain * np.asarray(element.offset)
        plus = outer_names(circuit, path, element.plus)
        minus = outer_names(circuit, path, element.minus)
        for i, (p, m) in enumerate(zip(plus, minus, strict=True)):
            pole = amplifier_path(circuit, path, element.name, i) + POLE
            yield pole, [(gain, p), (-gain, m)], float(offsets[i])

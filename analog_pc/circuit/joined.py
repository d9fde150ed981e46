"""Several circuits in one netlist, so that one transient simulates them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analog_pc.circuit.bus import GROUND, checked_name
from analog_pc.circuit.circuit import Circuit, Instance, Subcircuit
from analog_pc.circuit.elements import Element
from analog_pc.errors import BadInput


def joined(name: str, circuits: Mapping[str, Circuit]) -> Circuit:
    """Circuits that share ground and nothing else, each under a prefix of its own.

    ::

        node "x1_0" of the circuit "early"                   ->   "early_x1_0"
        node "state_0" of its instance "layer1"              ->   "early_layer1.state_0"
        stimulus "input"                                     ->   "early_input"

    Parameters
    ----------
    name
        Of the whole.
    circuits
        Prefix -> circuit; `prefixed` gives the new name of a node, an element or a stimulus.

    Raises
    ------
    BadInput
        For circuits of different temperatures, or none.
    """
    temperatures = {circuit.temperature for circuit in circuits.values()}
    if len(temperatures) != 1:
        raise BadInput(f"circuit {name}: temperatures {sorted(temperatures)} K, expected one")
    for prefix in circuits:
        checked_name(prefix, "prefix")
    return Circuit(
        name,
        tuple(_element(prefix, e) for prefix, circuit in circuits.items() for e in circuit.elements),
        tuple(_instance(prefix, i) for prefix, circuit in circuits.items() for i in circuit.instances),
        temperatures.pop(),
    )


def prefixed(prefix: str, node: str) -> str:
    """The name in the joined circuit; ground is common."""
    return node if node == GROUND else f"{prefix}_{node}"


def _element(prefix: str, element: Element) -> Element:
    buses = {
        field: tuple(prefixed(prefix, node) for node in value)
        for field, value in vars(element).items()
        if isinstance(value, tuple)
    }
    return replace(element, name=prefixed(prefix, element.name), **buses)  # type: ignore[arg-type]


def _instance(prefix: str, instance: Instance) -> Instance:
    block = instance.subcircuit
    named = Subcircuit(prefixed(prefix, block.name), block.ports, block.elements, block.comment)
    nodes = tuple(prefixed(prefix, node) for node in instance.nodes)
    return Instance(prefixed(prefix, instance.name), named, nodes)

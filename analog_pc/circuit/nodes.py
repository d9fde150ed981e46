"""The nodes of a circuit by the names that a `Solution` has for them: ``node`` or ``instance.node``."""

from __future__ import annotations

from collections.abc import Iterable

from analog_pc.circuit.bus import GROUND
from analog_pc.circuit.circuit import Circuit
from analog_pc.circuit.elements import Element


def terminals(element: Element) -> list[str]:
    """Every node that the bank touches (with repetitions), as its own block calls it."""
    buses = (value for value in vars(element).values() if isinstance(value, tuple))
    return [node for nodes in buses for node in nodes]


def node_names(circuit: Circuit) -> tuple[str, ...]:
    """Every node of the circuit but ground."""
    found: dict[str, None] = {}
    for path, element in circuit.banks():
        found.update(dict.fromkeys(outer_names(circuit, path, terminals(element))))
    found.pop(GROUND, None)
    return tuple(found)


def outer_names(circuit: Circuit, path: str, nodes: Iterable[str]) -> list[str]:
    """The names of nodes of the instance `path`, or of the top level, whose path is ""."""
    ports: dict[str, str] = {}
    for instance in circuit.instances:
        if instance.name == path:
            ports = dict(zip(instance.subcircuit.ports, instance.nodes, strict=True))
    return [ports.get(node, f"{path}.{node}" if path and node != GROUND else node) for node in nodes]

"""Circuits as data: elements, subcircuits and their instances, and the names of their nodes.

A `Solution` calls a node ``node``, or ``instance.node`` inside an instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analog_pc.circuit.bus import GROUND, Bus, checked_name
from analog_pc.circuit.elements import Element, StimulusSources
from analog_pc.circuit.values import values
from analog_pc.errors import BadInput

ROOM = 300.15  # K, where SPICE simulates unless told otherwise
BOLTZMANN = 1.380649e-23  # J/K, exact in the SI of 2019
CHARGE = 1.602176634e-19  # C, exact in the SI of 2019


def thermal_voltage(temperature: float = ROOM) -> float:
    """k T / q in V; `temperature` in K."""
    return BOLTZMANN * temperature / CHARGE


@dataclass(frozen=True, eq=False)
class Subcircuit:
    """A named block: its ports in order, its elements, and one line that says what it is."""

    name: str
    ports: Bus
    elements: tuple[Element, ...]
    comment: str = ""

    def __post_init__(self) -> None:
        checked_name(self.name, "subcircuit")
        _unique(f"subcircuit {self.name}: port", self.ports)
        _unique(f"subcircuit {self.name}: element", [e.name for e in self.elements])


@dataclass(frozen=True, eq=False)
class Instance:
    """A use of a subcircuit; `nodes` connect to its ports in order."""

    name: str
    subcircuit: Subcircuit
    nodes: Bus

    def __post_init__(self) -> None:
        checked_name(self.name, "instance")
        if len(self.nodes) != len(self.subcircuit.ports):
            raise BadInput(
                f"instance {self.name}: {len(self.nodes)} nodes for the "
                f"{len(self.subcircuit.ports)} ports of {self.subcircuit.name}"
            )


@dataclass(frozen=True, eq=False)
class Circuit:
    """A whole circuit: top-level elements (sources, clamps), instances of subcircuits, temperature in K."""

    name: str
    elements: tuple[Element, ...] = ()
    instances: tuple[Instance, ...] = ()
    temperature: float = ROOM

    def __post_init__(self) -> None:
        checked_name(self.name, "circuit")
        values(f"circuit {self.name}", "temperature", self.temperature, (), low=0.0)
        _unique(f"circuit {self.name}: element", [e.name for e in self.elements])
        _unique(f"circuit {self.name}: instance", [i.name for i in self.instances])

    @property
    def stimuli(self) -> dict[str, int]:
        """The stimuli that an analysis of this circuit must give: name -> number of sources."""
        found = (e for e in self.elements if isinstance(e, StimulusSources))
        return {e.name: len(e.plus) for e in found}

    def banks(self) -> Iterator[tuple[str, Element]]:
        """Every bank with the path of the instance that holds it ("" at the top level)."""
        for element in self.elements:
            yield "", element
        for instance in self.instances:
            for element in instance.subcircuit.elements:
                yield instance.name, element


def _unique(what: str, names: list[str] | Bus) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadInput(f"{what} {name!r} appears twice")
        seen.add(name)


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


def check_nodes(circuit: Circuit, nodes: Iterable[str]) -> None:
    """Refuse nodes that the circuit does not have; `BadInput` names the first one."""
    names = list(nodes)
    existing = set(node_names(circuit)) if names else set()
    for node in names:
        if node not in existing:
            raise BadInput(f"circuit {circuit.name}: no node {node!r}")


def outer_names(circuit: Circuit, path: str, nodes: Iterable[str]) -> list[str]:
    """The names of nodes of the instance `path`, or of the top level, whose path is ""."""
    ports: dict[str, str] = {}
    for instance in circuit.instances:
        if instance.name == path:
            ports = dict(zip(instance.subcircuit.ports, instance.nodes, strict=True))
    return [ports.get(node, f"{path}.{node}" if path and node != GROUND else node) for node in nodes]

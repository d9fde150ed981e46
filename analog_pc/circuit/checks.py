"""What a simulator would accept in silence and answer with an arbitrary number.

ngspice 39 gives a node without a path for direct current the value 0 or 1e9 V, and returns exit code
0; so such a node is refused here, by name, before any simulator runs.
"""

from __future__ import annotations

from analog_pc.circuit.bus import GROUND
from analog_pc.circuit.circuit import Circuit
from analog_pc.circuit.elements import (
    Amplifiers,
    Capacitors,
    Crossbar,
    Element,
    GatedTransconductors,
    Resistors,
    StimulusSources,
    Transconductors,
    VoltageSources,
    VoltageTransfers,
)
from analog_pc.errors import BadInput


def check_circuit(circuit: Circuit) -> None:
    """Refuse nodes without a path for direct current to ground.

    A controlled current source counts as a path: its current depends on the circuit's voltages.

    Raises
    ------
    BadInput
        Naming the first such node.
    """
    groups = _Groups()
    touched: dict[str, None] = {}
    maps = {i.name: dict(zip(i.subcircuit.ports, i.nodes, strict=True)) for i in circuit.instances}
    for path, element in circuit.banks():
        local = maps.get(path, {})

        def flat(node: str, path: str = path, local: dict[str, str] = local) -> str:
            return local.get(node, node if node == GROUND or not path else f"{path}.{node}")

        for node in _terminals(element):
            touched[flat(node)] = None
        for a, b in _paths(element):
            groups.join(flat(a), flat(b))
    for node in touched:
        if groups.root(node) != groups.root(GROUND):
            raise BadInput(f"circuit {circuit.name}: node {node!r} has no path for direct current to ground")


def _terminals(element: Element) -> list[str]:
    fields = vars(element).values()
    return [node for field in fields if isinstance(field, tuple) for node in field]


def _paths(element: Element) -> list[tuple[str, str]]:
    match element:
        case Resistors():
            return list(zip(element.a, element.b, strict=True))
        case VoltageSources() | StimulusSources():
            return list(zip(element.plus, element.minus, strict=True))
        case Amplifiers() | VoltageTransfers() | GatedTransconductors() | Transconductors():
            return [(node, GROUND) for node in element.out]
        case Crossbar():
            first_row, first_column = element.rows[0], element.columns[0]
            return [(row, first_column) for row in element.rows] + [(first_row, c) for c in element.columns]
        case Capacitors():
            return []


class _Groups:
    """Disjoint sets of connected nodes."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, node: str) -> str:
        path = []
        while (parent := self._parent.get(node, node)) != node:
            path.append(node)
            node = parent
        for visited in path:
            self._parent[visited] = node
        return node

    def join(self, a: str, b: str) -> None:
        self._parent[self.root(a)] = self.root(b)

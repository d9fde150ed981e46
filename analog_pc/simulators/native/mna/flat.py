"""A circuit flattened: nodes by number, every bank with the numbers of its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.circuit import GROUND, Circuit, Element
from analog_pc.circuit.bus import Bus

NOWHERE = -1  # ground's number


@dataclass(frozen=True, eq=False)
class Bank:
    """A bank and where it is: `label` is ``instance.element``, `at` gives the numbers of a bus."""

    label: str
    element: Element
    nodes: dict[str, Ints]

    def at(self, bus: str) -> Ints:
        return self.nodes[bus]


class Flat:
    """All banks of a circuit over one numbering of its nodes; ground has the number `NOWHERE`."""

    def __init__(self, circuit: Circuit) -> None:
        self._number: dict[str, int] = {}
        ports = {i.name: dict(zip(i.subcircuit.ports, i.nodes, strict=True)) for i in circuit.instances}
        self.banks = [self._bank(path, e, ports.get(path, {})) for path, e in circuit.banks()]

    @property
    def names(self) -> tuple[str, ...]:
        """Names as a `Solution` has them: ``node`` or ``instance.node``."""
        return tuple(self._number)

    def number(self, name: str) -> int | None:
        """The number of a node; None for a name that the circuit does not have."""
        return NOWHERE if name == GROUND else self._number.get(name)

    def of_kind(self, kind: type) -> Iterator[Bank]:
        return (bank for bank in self.banks if isinstance(bank.element, kind))

    def _bank(self, path: str, element: Element, outer: dict[str, str]) -> Bank:
        def numbers(nodes: Bus) -> Ints:
            return np.array([self._enter(path, node, outer) for node in nodes], dtype=np.int64)

        buses = {name: value for name, value in vars(element).items() if isinstance(value, tuple)}
        label = f"{path}.{element.name}" if path else element.name
        return Bank(label, element, {name: numbers(nodes) for name, nodes in buses.items()})

    def _enter(self, path: str, node: str, outer: dict[str, str]) -> int:
        name = outer.get(node, f"{path}.{node}" if path and node != GROUND else node)
        return NOWHERE if name == GROUND else self._number.setdefault(name, len(self._number))

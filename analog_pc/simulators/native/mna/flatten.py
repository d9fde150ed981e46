"""A circuit flattened: nodes by number, every bank of elements with the numbers of its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.circuit import GROUND, Circuit, Element
from analog_pc.circuit.bus import Bus
from analog_pc.circuit.circuit import outer_names

GROUND_NUMBER = -1


@dataclass(frozen=True, eq=False)
class Bank:
    """A bank of elements: its label ``instance.element``, and node numbers by the name of the bus."""

    label: str
    element: Element
    nodes: dict[str, Ints]

    def at(self, bus: str) -> Ints:
        return self.nodes[bus]


class FlatCircuit:
    """All banks of a circuit over one numbering of its nodes; ground has the number `GROUND_NUMBER`."""

    def __init__(self, circuit: Circuit) -> None:
        self._numbers: dict[str, int] = {}
        self.banks = [self._bank(circuit, path, element) for path, element in circuit.banks()]

    @property
    def names(self) -> tuple[str, ...]:
        """Names as a `Solution` has them: ``node`` or ``instance.node``."""
        return tuple(self._numbers)

    def number(self, name: str) -> int | None:
        """The number of a node; None for a name that the circuit does not have."""
        return GROUND_NUMBER if name == GROUND else self._numbers.get(name)

    def of_kind(self, kind: type) -> Iterator[Bank]:
        return (bank for bank in self.banks if isinstance(bank.element, kind))

    def _bank(self, circuit: Circuit, path: str, element: Element) -> Bank:
        def numbers(nodes: Bus) -> Ints:
            names = outer_names(circuit, path, nodes)
            return np.array([self._numbered(name) for name in names], dtype=np.int64)

        buses = {name: value for name, value in vars(element).items() if isinstance(value, tuple)}
        label = f"{path}.{element.name}" if path else element.name
        return Bank(label, element, {name: numbers(nodes) for name, nodes in buses.items()})

    def _numbered(self, name: str) -> int:
        """The number of a node, a new one for a new node."""
        return GROUND_NUMBER if name == GROUND else self._numbers.setdefault(name, len(self._numbers))

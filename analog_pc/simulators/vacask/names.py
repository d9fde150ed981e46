"""Names in a VACASK netlist: every one stands in single quotes, so that none is a keyword.

A bank's part ``i`` is called ``bank(i)`` and a node inside a crossbar ``bank.w(i.j)``; users' names hold no
brackets, so the two never meet.
"""

from __future__ import annotations

from collections.abc import Mapping

from analog_pc.circuit import GROUND
from analog_pc.circuit.bus import checked_name
from analog_pc.simulators.spice.names import number

# Models of what VACASK brings along: a Verilog-A resistor and capacitor, the rest built in.
RESISTOR = "_r"
CAPACITOR = "_c"
SOURCE = "_v"
AMPLIFIER = "_e"
TRANSCONDUCTOR = "_g"
MODELS = {
    RESISTOR: "resistor",
    CAPACITOR: "capacitor",
    SOURCE: "vsource",
    AMPLIFIER: "vcvs",
    TRANSCONDUCTOR: "vccs",
}


class Terms:
    """The netlist's names of the nodes of one instance (or of the top level, whose path is "")."""

    def __init__(self, path: str, ports: Mapping[str, str]) -> None:
        self.path = path
        self._known = {GROUND: GROUND} | {port: quoted(node) for port, node in ports.items()}

    def __call__(self, node: str) -> str:
        term = self._known.get(node)
        if term is None:
            checked_name(node, "node")
            term = self._known[node] = quoted(f"{self.path}.{node}" if self.path else node)
        return term


def quoted(name: str) -> str:
    """A name in quotes; ground stays bare."""
    return name if name == GROUND else f"'{name}'"


def parameters(values: Mapping[str, float]) -> str:
    """``a=1.0 b=2.0``, every number in full."""
    return " ".join(f"{name}={number(value)}" for name, value in values.items())

"""A PySpice subcircuit with a comment."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySpice.Spice.Netlist import SubCircuit

from analog_pc.simulators.spice.names import comment_text


class CommentedSubCircuit(SubCircuit):
    """A PySpice subcircuit with a ``*`` line above its ``.subckt``."""

    def __init__(self, name: str, ports: Sequence[str], comment: str) -> None:
        super().__init__(name, *ports)
        self._comment = comment_text(comment)

    def __str__(self) -> str:
        above = f"* {self._comment}{os.linesep}" if self._comment else ""
        return f"{above}{super().__str__()}"

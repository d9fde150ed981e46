"""Names, numbers and expressions of a netlist, checked before they are written.

Nothing else reaches a deck, so a circuit that comes from a file cannot bring a SPICE card of its own.
"""

from __future__ import annotations

import math
import re

from analog_pc.circuit import GROUND, Circuit, TransferFunction
from analog_pc.circuit.bus import checked_name
from analog_pc.circuit.circuit import terminals
from analog_pc.circuit.elements import StimulusSources
from analog_pc.errors import BadInput

# Words, numbers and operators of a behavioural source on one line; no quotes, braces or line breaks.
_EXPRESSION = re.compile(r"[A-Za-z0-9_.+\-*/^(),<>=?:&|! ]+\Z")
# What Python prints for values that are no numbers, or for numpy 2 scalars: np.float64(0.1).
_PYTHON_WORD = re.compile(r"\b(np|inf|nan)\b")

# Measured with ngspice 39: gnd is ground; v(time) gives the seconds and v(all) any other node, without
# a remark; v(temper) in a behavioural source is a segmentation fault, and v(hertz) the frequency.
_RESERVED = frozenset({"gnd", "time", "temper", "hertz", "all", "allv", "alli", "ally"})


def number(value: float) -> str:
    """Shortest text that reads back to the same float64; never a SPICE suffix (``1M`` is a milli).

    Raises
    ------
    BadInput
        For NaN and infinities, which ngspice would read as names.
    """
    value = float(value)  # repr of a numpy 2 scalar is 'np.float64(0.1)'
    if not math.isfinite(value):
        raise BadInput(f"netlist: the value {value!r} cannot be written")
    return repr(value)


def transfer_text(transfer: TransferFunction, volts: str) -> str:
    """The SPICE expression of a voltage such as ``v(x)``, refused if it is not one plain expression."""
    text = transfer.expression(volts)
    if not _EXPRESSION.match(text) or _PYTHON_WORD.search(transfer.expression("v")):
        raise BadInput(
            f"transfer {transfer.name!r}: {text[:80]!r} is not a plain SPICE expression of {volts}"
        )
    return text


def plain_expression(what: str, text: str) -> str:
    """The text itself, refused if it is not one plain SPICE expression."""
    if not _EXPRESSION.match(text) or _PYTHON_WORD.search(text):
        raise BadInput(f"{what}: {text[:80]!r} is not a plain SPICE expression")
    return text


def shifted(node: str, volts: float) -> str:
    """The voltage of a node, plus a constant where it is not 0."""
    return f"(v({node})+({number(volts)}))" if volts else f"v({node})"


def comment_text(text: str) -> str:
    """One line of printable ASCII, at most 100 characters; anything else becomes a space."""
    return "".join(c if " " <= c <= "~" else " " for c in text)[:100].strip()


def spice_node(node: str) -> str:
    """ngspice's name of a node of the solution: ``layer1.mid`` is ``xlayer1.mid``."""
    return f"x{node}" if "." in node else node


def check_names(circuit: Circuit) -> None:
    """Refuse nodes and blocks that ngspice would read as something else.

    Raises
    ------
    BadInput
        For a node that is not one plain word, or a word of ngspice's own (``gnd``, ``time``, ``all``); for
        two different subcircuits of one name; for stimuli inside a subcircuit (no analysis reaches them).
    """
    blocks = {id(i.subcircuit): i.subcircuit for i in circuit.instances}.values()
    nodes = {node for e in circuit.elements for node in terminals(e)}
    nodes.update(node for i in circuit.instances for node in i.nodes)
    for block in blocks:
        nodes.update(node for e in block.elements for node in terminals(e))
        nodes.add(block.name)  # .subckt temper is a segmentation fault as well
        nodes.update(checked_name(port, f"subcircuit {block.name}: port") for port in block.ports)
        if any(isinstance(e, StimulusSources) for e in block.elements):
            raise BadInput(f"subcircuit {block.name}: stimulus sources belong at the top of the circuit")
    for node in sorted(nodes - {GROUND}):
        if checked_name(node, "node") in _RESERVED:
            raise BadInput(f"name {node!r}: ngspice reads it as something else; use another name")
    if len({block.name for block in blocks}) != len(blocks):
        raise BadInput(f"circuit {circuit.name}: two different subcircuits have the same name")

"""Crossbar -> netlist text, printed in one step: an object for each device of 784 x 128 would cost seconds.

::

    w_i_j --[ G ]-- b_i_j                     linear: R = 1/G + access_ohms
    w_i_j --[ access ]-- d_i_j --[ 1/G ]-- b_i_j    nonlinear: the linear part as a resistor (which
                               --( B )--            makes its thermal noise), the rest as a source
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from analog_pc.circuit import Crossbar
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.names import number, transfer_text


def crossbar_text(element: Crossbar) -> str:
    """Lines ``R<name>_<row>_<column>`` for the devices that conduct, and one for each wire piece."""
    siemens = np.asarray(element.siemens, dtype=np.float64)
    with np.errstate(over="ignore", divide="ignore"):
        ohms = 1.0 / siemens
    if not np.isfinite(ohms[siemens > 0.0]).all():
        raise BadInput(f"{element.name}: a conductance is too small to be written as a resistance")
    name = element.name
    wire = element.wire
    rows = range(len(element.rows))
    columns = range(len(element.columns))
    word = [[f"{name}_w{i}_{j}" if wire.word_line_ohms else element.rows[i] for j in columns] for i in rows]
    bit = [[f"{name}_b{i}_{j}" if wire.bit_line_ohms else element.columns[j] for j in columns] for i in rows]
    lines = [f"* crossbar {name}: {len(rows)} rows x {len(columns)} columns\n"]
    cell = _linear_cell if element.characteristic is None else _nonlinear_cell
    for i, values in enumerate(ohms.tolist()):
        for j, value in enumerate(values):
            if value != np.inf:
                lines += cell(element, f"{name}_{i}_{j}", word[i][j], bit[i][j], value)
    if wire.word_line_ohms:
        chains = [(element.rows[i], *word[i]) for i in rows]
        lines += _chains(f"{name}_wl", chains, wire.word_line_ohms)
    if wire.bit_line_ohms:
        chains = [(*(bit[i][j] for i in rows), element.columns[j]) for j in columns]
        lines += _chains(f"{name}_bl", chains, wire.bit_line_ohms)
    return "".join(lines)


def _linear_cell(element: Crossbar, cell: str, word: str, bit: str, ohms: float) -> Iterator[str]:
    yield f"R{cell} {word} {bit} {ohms + element.access_ohms!r}\n"


def _nonlinear_cell(element: Crossbar, cell: str, word: str, bit: str, ohms: float) -> Iterator[str]:
    assert element.characteristic is not None
    device = word
    if element.access_ohms:
        device = f"{cell}_d"
        yield f"R{cell}_access {word} {device} {element.access_ohms!r}\n"
    volts = f"v({device},{bit})"
    yield f"R{cell} {device} {bit} {ohms!r}\n"
    f = transfer_text(element.characteristic, volts)
    yield f"B{cell} {device} {bit} I={number(1.0 / ohms)}*({f}-{volts})\n"


def _chains(name: str, chains: list[tuple[str, ...]], ohms: float) -> list[str]:
    """Equal resistors along each chain of nodes."""
    return [
        f"R{name}{k}_{i} {a} {b} {float(ohms)!r}\n"
        for k, chain in enumerate(chains)
        for i, (a, b) in enumerate(pairwise(chain))
    ]

"""Crossbar -> lines of a VACASK netlist; 256 x 256 cells with wires are 200,000 of them.

::

    w(i.j-1) --[ wl(i.j) ]-- w(i.j)         parts and nodes of cell (i, j); the first piece of a word line
                               |            comes from rows[i], the last piece of a bit line goes to
                            [ (i.j) ]       columns[j]
                               |
                             b(i.j) --[ bl(i.j) ]-- b(i+1.j)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analog_pc.circuit import Crossbar
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.names import number
from analog_pc.simulators.vacask.names import RESISTOR, Terms

Lines = list[list[str]]


def crossbar_lines(element: Crossbar, name: str, terms: Terms, cell: str | None = None) -> Iterator[str]:
    """One line for each device that conducts, and for each piece of wire.

    Parameters
    ----------
    name
        Path of the bank, which its parts are named after.
    cell
        Model of a nonlinear device; None if the devices are linear.
    """
    rows = len(element.rows)
    columns = len(element.columns)
    starts = [terms(n) for n in element.rows]
    ends = [terms(n) for n in element.columns]
    word_ohms = element.wire.word_line_ohms
    bit_ohms = element.wire.bit_line_ohms
    word = _nodes(f"{name}.w", rows, columns) if word_ohms else [[start] * columns for start in starts]
    bit = _nodes(f"{name}.b", rows, columns) if bit_ohms else [ends] * rows
    for i, row in enumerate(_devices(element, cell)):
        yield from (f"'{name}({i}.{j})' ({word[i][j]} {bit[i][j]}) {part}" for j, part in row)
    if word_ohms:
        before = [[start, *nodes] for start, nodes in zip(starts, word, strict=True)]
        yield from _wires(f"{name}.wl", before, word, word_ohms)
    if bit_ohms:
        yield from _wires(f"{name}.bl", bit, [*bit[1:], ends], bit_ohms)


def _nodes(name: str, rows: int, columns: int) -> Lines:
    return [[f"'{name}({i}.{j})'" for j in range(columns)] for i in range(rows)]


def _wires(name: str, a: Lines, b: Lines, ohms: float) -> Iterator[str]:
    part = f"{RESISTOR} r={number(ohms)}"
    for i, (row, other) in enumerate(zip(a, b, strict=True)):
        yield from (f"'{name}({i}.{j})' ({row[j]} {node}) {part}" for j, node in enumerate(other))


def _devices(element: Crossbar, cell: str | None) -> Iterator[list[tuple[int, str]]]:
    """Column, model and value of each device that conducts, row by row."""
    siemens = np.asarray(element.siemens, dtype=np.float64)
    values = siemens
    if cell is None:
        with np.errstate(over="ignore", divide="ignore"):
            values = 1.0 / siemens + element.access_ohms
        if not np.isfinite(values[siemens > 0.0]).all():
            raise BadInput(f"{element.name}: a conductance is too small to be written as a resistance")
    what = f"{RESISTOR} r=" if cell is None else f"{cell} siemens="
    for g, row in zip(siemens, values, strict=True):
        conducts = np.flatnonzero(g > 0.0)
        yield [(j, f"{what}{v!r}") for j, v in zip(conducts.tolist(), row[conducts].tolist(), strict=True)]

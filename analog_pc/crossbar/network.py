"""A linear crossbar factorised once: its cell voltages for any port voltages, or currents in its cells."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import kernel
from analog_pc.crossbar.array import WiredArray
from analog_pc.crossbar.elimination import eliminate_rows
from analog_pc.crossbar.multiport import from_columns


class Network:
    """Word lines as ratios, bit lines as one dense matrix a row: rows x columns^2 numbers, columns the fewer.

    With u_i the bit-line nodes of row i, X_i the transfer of `elimination`, and j_i the current that all
    rows down to i drive into grounded bit lines (each row's own share, through its word line, is `injected`):

        down:  j_i = X_(i-1) j_(i-1) + injected_i        up:  u_i = X_i (u_(i+1) + r_b j_i),  u_rows = feet
    """

    def __init__(self, array: WiredArray) -> None:
        self._turned = from_columns(array)
        self._array = array.exchanged() if self._turned else array
        self._falls = _falls(self._array)
        self._reach = np.cumprod(self._falls, axis=1)  # w at each node for 1 V at the port, b grounded
        wired = self._array.bit_line_resistance > 0.0
        self._transfer = np.array([row.transfer for row in eliminate_rows(self._array)]) if wired else None

    def voltages(self, ports: Floats) -> Floats:
        """Cell voltages [batch, rows, columns], word line minus bit line, at port voltages [batch, ports]."""
        ends, feet = np.split(ports[:, ::-1] if self._turned else ports, [self._array.rows], axis=1)
        g = self._array.conductance
        bit_nodes, _ = self._bit_lines(g * self._reach * ends[:, :, None], feet)
        word_nodes = self._word_lines(g * bit_nodes, ends)
        return self._turn(word_nodes - bit_nodes)

    def respond(self, excess: Floats) -> tuple[Floats, Floats]:
        """What currents [batch, rows, columns] in A beyond G V, in the cells, do while the ports are at 0 V.

        Returns cell voltages [batch, rows, columns], and currents into the ports [batch, ports].
        """
        excess = self._turn(excess)
        g = self._array.conductance
        grounded_words = np.zeros(excess.shape[:2])
        grounded_bits = np.zeros((len(excess), self._array.columns))
        injected = excess + g * self._word_lines(-excess, grounded_words)
        bit_nodes, out = self._bit_lines(injected, grounded_bits)
        devices = g * bit_nodes - excess
        into = np.concatenate([-(self._reach * devices).sum(axis=2), -out], axis=1)
        word_nodes = self._word_lines(devices, grounded_words)
        return self._turn(word_nodes - bit_nodes), into[:, ::-1] if self._turned else into

    def _turn(self, cells: Floats) -> Floats:
        """Seen from the exchanged array a cell lies elsewhere, and its voltage points the other way."""
        return -cells.transpose(0, 2, 1)[:, ::-1, ::-1] if self._turned else cells

    def _bit_lines(self, injected: Floats, feet: Floats) -> tuple[Floats, Floats]:
        """Bit-line nodes [batch, rows, columns], and the current [batch, columns] out of grounded feet."""
        if self._transfer is None:
            return np.broadcast_to(feet[:, None, :], injected.shape), injected.sum(axis=1)
        bit_nodes = np.empty(injected.shape)
        current = np.zeros(feet.shape)
        wire = self._array.bit_line_resistance
        into = np.ascontiguousarray(injected)
        _solve_bit_lines(self._transfer, wire, into, np.array(feet, order="C"), bit_nodes, current)
        return bit_nodes, current

    def _word_lines(self, into: Floats, ends: Floats) -> Floats:
        """Word-line nodes for currents `into` them beside the devices, with `ends` at the ports."""
        if self._array.word_line_resistance == 0.0:
            return np.broadcast_to(ends[:, :, None], into.shape)
        nodes = np.array(into, order="C")
        _solve_lines(self._falls, self._array.word_line_resistance, np.array(ends, order="C"), nodes)
        return nodes


def _falls(array: WiredArray) -> Floats:
    """Voltage of each word-line node over that of the one before it, bit lines grounded, [rows, columns]."""
    falls = np.empty(array.conductance.shape)
    load = np.zeros(array.rows)
    for j in range(array.columns - 1, -1, -1):
        load = load + array.word_line_resistance * array.conductance[:, j]
        falls[:, j] = 1.0 / (1.0 + load)
        load = load * falls[:, j]
    return falls


@kernel(nogil=True)
def _solve_lines(falls: Floats, wire: float, ends: Floats, x: Floats) -> None:
    """Currents x [batch, rows, columns] into the nodes become their voltages; `lines` has the recursion."""
    batch, rows, n = x.shape
    for b in range(batch):
        for i in range(rows):
            line = x[b, i]
            fall = falls[i]
            carried = 0.0
            for j in range(n - 1, -1, -1):
                line[j] = wire * line[j] + carried
                carried = fall[j] * line[j]
            ahead = ends[b, i]
            for j in range(n):
                ahead = fall[j] * (line[j] + ahead)
                line[j] = ahead


@kernel(nogil=True)
def _solve_bit_lines(
    transfer: Floats, wire: float, injected: Floats, feet: Floats, bit_nodes: Floats, current: Floats
) -> None:
    """Fill bit_nodes [batch, rows, columns] and current [batch, columns], 0 at first; feet is overwritten."""
    batch, rows, n = injected.shape
    passed = np.empty((batch, n))
    for i in range(rows):
        for b in range(batch):
            for j in range(n):
                passed[b, j] = current[b, j] + injected[b, i, j]
                bit_nodes[b, i, j] = wire * passed[b, j]
        np.dot(passed, transfer[i], current)
    for i in range(rows - 1, -1, -1):
        for b in range(batch):
            for j in range(n):
                passed[b, j] = feet[b, j] + bit_nodes[b, i, j]
        np.dot(passed, transfer[i], feet)
        bit_nodes[:, i] = feet

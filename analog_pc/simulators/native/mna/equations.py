"""A circuit as equations: M w = inputs, linear but for the blocks.

w holds the node voltages, an inner voltage p for every amplifier, and the currents of capacitors and of
floating sources.  The row of a node is Kirchhoff's current law (currents that leave = currents put in) or,
where a stiff output fixes the node, that output's equation: the current it delivers is nobody's unknown.

A *state* is the voltage of a capacitor or the pole of an amplifier.  Its row in M depends on what is asked::

    held      w_a - w_b = x          p = x                          (a transient knows x)
    at rest   i = 0                  p = gain (d + offset)          (an operating point does not)
    moves     dx/dt = i / C          dx/dt = 2 pi GBW (d + offset - p / gain) + (slew block)
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.circuit.transfer import TransferFunction
from analog_pc.errors import BadInput
from analog_pc.simulators.native.mna.blocks import Block, Curves, Ports
from analog_pc.simulators.native.mna.entries import Entries
from analog_pc.simulators.native.mna.flat import NOWHERE, Bank, Flat


@dataclass(frozen=True, eq=False)
class Placed:
    """A block in the circuit: the slices of all reads y and of all block outputs that are its own."""

    block: Block
    reads: slice
    writes: slice


class NoisyInputs(NamedTuple):
    """Noisy inputs of amplifiers: rows, what a volt does there (to dp/dt or to p), V / sqrt(Hz)."""

    rows: Ints
    gain: float
    density: float
    to_rate: bool


class Joined(NamedTuple):
    """Blocks of one kind as one; where their reads and outputs were counted while they were placed."""

    blocks: tuple[Placed, ...]
    read_order: Ints
    write_order: Ints


class Equations:
    """The equations in parts that `reduce.py` puts together; `assembly.py` fills them."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.unknowns = len(flat.names)
        self.fixed: dict[int, str] = {}  # rows that an output's equation takes from Kirchhoff
        self.stimuli: dict[str, slice] = {}
        self.states: list[int] = []  # the row of each state
        self.state_nodes: list[tuple[int, int]] = []  # what it is the voltage of; poles have no nodes
        self.state_farads: list[float] = []  # of capacitors; 0 for poles
        # Rows over w: Kirchhoff, fixed outputs, states held and at rest; over y and over dx/dt.
        self.kirchhoff, self.given, self.held, self.rest = Entries(), Entries(), Entries(), Entries()
        self.reads, self.rate = Entries(), Entries()
        self.coupling = Entries()  # Kirchhoff's law too: what crossbars do between their ports
        # The same rows by block output, stimulus and (column 0) the constant 1.
        self.put, self.given_by, self.rest_by, self.rate_by = Entries(), Entries(), Entries(), Entries()
        self.by_stimulus, self.read_one = Entries(), Entries()
        self.thermal = Entries()  # conductances that make thermal noise
        self.noisy_inputs: list[NoisyInputs] = []
        self.arrays: dict[str, tuple[Floats, Ports | None]] = {}  # crossbars: admittance, and what bends it
        self.rail_volts: dict[TransferFunction, float] = {}
        self.n_reads = self.n_writes = self.n_stimuli = 0
        self._placed: list[Placed] = []

    def add_states(self, rows: Ints, nodes: Ints, farads: Floats) -> Ints:
        first = len(self.states)
        self.states += rows.tolist()
        self.state_nodes += [(int(a), int(b)) for a, b in nodes]
        self.state_farads += farads.tolist()
        return np.arange(first, len(self.states))

    def add_block(self, block: Block) -> Placed:
        placed = Placed(block, self.count("n_reads", block.reads), self.count("n_writes", block.writes))
        self._placed.append(placed)
        return placed

    def count(self, what: str, n: int) -> slice:
        first = getattr(self, what)
        setattr(self, what, first + n)
        return slice(first, first + n)

    def more(self, n: int) -> Ints:
        self.unknowns += n
        return np.arange(self.unknowns - n, self.unknowns)

    def fix(self, rows: Ints, bank: Bank) -> None:
        for row in rows.tolist():
            if row == NOWHERE or row in self.fixed:
                node = "ground" if row == NOWHERE else f"node {self.flat.names[row]!r}"
                other = "" if row == NOWHERE else f" and {self.fixed[row]}"
                raise BadInput(f"{bank.label}{other} both fix the voltage of {node}")
            self.fixed[row] = bank.label

    @cached_property
    def joined(self) -> Joined:
        """The blocks, once all are placed."""
        return _joined(self._placed)

    @cached_property
    def same_reads(self) -> Ints:
        """For each read of the joined blocks, the first read of the same voltage."""
        matrix = self.reads.matrix((self.n_reads, self.unknowns))[self.joined.read_order]
        matrix.sum_duplicates()  # which puts a row's columns in order, too
        one = self.read_one.dense((self.n_reads, 1))[self.joined.read_order, 0].tolist()
        first: dict[tuple[bytes, bytes, float], int] = {}
        out = np.empty(self.n_reads, dtype=np.int64)
        for k, (a, b) in enumerate(pairwise(matrix.indptr.tolist())):
            row = matrix.indices[a:b].tobytes(), matrix.data[a:b].tobytes(), one[k]
            out[k] = first.setdefault(row, k)
        return out

    @property
    def rails(self) -> list[tuple[Placed, float]]:
        """Blocks that read p of amplifiers with a rail, and that rail in V."""
        curves = ((placed, placed.block) for placed in self.joined.blocks if isinstance(placed.block, Curves))
        return [(p, self.rail_volts[c.law]) for p, c in curves if c.law in self.rail_volts]


def _joined(parts: list[Placed]) -> Joined:
    kinds: dict[Hashable, list[Placed]] = {}
    for part in parts:
        kinds.setdefault(part.block.kind, []).append(part)
    blocks: list[Placed] = []
    reads: list[Ints] = []
    writes: list[Ints] = []
    n_reads = n_writes = 0
    for first, *others in kinds.values():
        block = first.block.joined([o.block for o in others]) if others else first.block
        cut = [np.split(span(p.reads), block.inputs) for p in (first, *others)]
        reads += [voltages for nth in zip(*cut, strict=True) for voltages in nth]
        writes += [span(p.writes) for p in (first, *others)]
        ends = n_reads + block.reads, n_writes + block.writes
        blocks.append(Placed(block, slice(n_reads, ends[0]), slice(n_writes, ends[1])))
        n_reads, n_writes = ends
    none = np.empty(0, dtype=np.int64)
    return Joined(tuple(blocks), np.concatenate([none, *reads]), np.concatenate([none, *writes]))


def span(part: slice) -> Ints:
    """The numbers in a slice."""
    return np.arange(part.start, part.stop)

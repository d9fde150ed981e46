"""The blocks of a circuit around its linear part, and the matrix that corrects their outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.equations import Equations, Placed, span
from analog_pc.simulators.native.laws import Laws, laws_of

if TYPE_CHECKING:
    from analog_pc.simulators.native.batch import Split

MILD = 1e-3  # slopes that changed by less are not followed: a slower step, the same answer
ROUNDS = 12  # of some outputs alone, at most
SAMPLED = 16  # samples whose mean slopes stand for a batch


@dataclass(frozen=True, eq=False)
class Loop:
    """The blocks of a circuit, closed around the linear part K [reads, writes]: q = delta(r + K q)."""

    blocks: tuple[Placed, ...]
    gain: Floats
    kept: list[Corrector] = field(default_factory=list)  # the last one; a next search starts with it
    uneven: list[bool] = field(default_factory=lambda: [False])  # one matrix served few samples of a batch
    kept_split: list[Split | None] = field(default_factory=list)
    kept_alone: dict[bytes, Floats | None] = field(default_factory=dict)  # the last one
    kept_starts: dict[tuple[tuple[str, ...], bool], Any] = field(default_factory=dict)  # of `initial.py`
    alone: Callable[[Bools], Floats] | None = None  # K [reads, picked] without crossbars between their ports
    equations: Equations | None = None  # of its circuit

    def keep(self, corrector: Corrector) -> None:
        self.kept[:] = [corrector]

    def gain_alone(self, pick: Bools) -> Floats | None:
        """K [reads, picked] without crossbars between their ports; None where nothing gives that."""
        key = pick.tobytes()
        if key not in self.kept_alone:
            self.kept_alone.clear()
            try:
                self.kept_alone[key] = None if self.alone is None else self.alone(pick)
            except SimulationFailed:  # a cell that only a crossbar gives a voltage
                self.kept_alone[key] = None
        return self.kept_alone[key]

    def reads(self, r: Floats, q: Floats) -> Floats:
        """y, [samples, reads]."""
        return np.asarray(r + q @ self.gain.T)

    def delta(self, y: Floats) -> Floats:
        """Block outputs, [samples, writes]."""
        out = np.empty((self.gain.shape[1], len(y))).T
        for placed in self.blocks:
            out[:, placed.writes] = placed.block.delta(y[:, placed.reads])
        return out

    @cached_property
    def known(self) -> Bools:
        """Outputs whose reads no output reaches: the drive alone gives them, [writes]."""
        return ~self.outputs_of(np.asarray(self.gain.any(axis=1)))

    @cached_property
    def heard(self) -> Bools:
        """Outputs that some read feels; the others are known when all is known, [writes]."""
        return np.asarray(self.gain.any(axis=0))

    @cached_property
    def volts(self) -> Floats:
        """What a unit of each output makes of the read that sees most of it, [writes]."""
        return np.asarray(np.abs(self.gain).max(axis=0, initial=0.0))

    @cached_property
    def read_of(self) -> Ints:
        """The read of each input of each output, [inputs, writes]; the first again where there is none."""
        out = np.empty((max(b.block.inputs for b in self.blocks), self.gain.shape[1]), dtype=np.int64)
        for placed in self.blocks:
            read = span(placed.reads).reshape(placed.block.inputs, -1)
            out[:, placed.writes] = read[0]
            out[: len(read), placed.writes] = read
        return out

    @cached_property
    def same(self) -> Ints:
        """For each read, the first read of the same voltage, [reads]."""
        return np.arange(len(self.gain)) if self.equations is None else self.equations.same_reads

    @cached_property
    def laws(self) -> Laws | None:
        """All outputs as compiled code takes them; None where it does not know the law of one."""
        return laws_of([placed.block for placed in self.blocks], self.read_of)

    def bends(self, y: Floats, least: float) -> Bools:
        """Block outputs whose slope has changed by more than `least`, [writes]."""
        out = np.empty(self.gain.shape[1], dtype=np.bool_)
        for placed in self.blocks:
            out[placed.writes] = placed.block.bends(y[:, placed.reads], least)
        return out

    def slopes_times(self, y: Floats, pick: Bools, matrix: Floats) -> Floats:
        """D_picked times matrices [samples or 1, reads, k]: [samples, picked, k]."""
        parts = [
            b.block.slopes_times(y[:, b.reads], pick[b.writes], matrix[:, b.reads])
            for b in self.blocks
            if pick[b.writes].any()
        ]
        if not parts:
            return np.zeros((len(y), 0, matrix.shape[2]))
        return np.concatenate(parts, axis=1)

    def outputs_of(self, reads: Bools) -> Bools:
        """Block outputs that depend on any of these reads, [writes]."""
        out = np.empty(self.gain.shape[1], dtype=np.bool_)
        for placed in self.blocks:
            mine = reads[placed.reads]
            apart = placed.block.apart
            out[placed.writes] = mine.reshape(placed.block.inputs, -1).any(axis=0) if apart else mine.any()
        return out

    def part(self, pick: Bools) -> Part:
        """Those outputs, and their own loop through K; blocks that cannot be cut have all outputs picked."""
        reads, blocks, first = [np.empty(0, dtype=np.int64)], [], (0, 0)
        for placed in self.blocks:
            chosen = pick[placed.writes]
            if not chosen.any():
                continue
            block = placed.block if chosen.all() else placed.block.part(chosen)
            reads.append(span(placed.reads)[np.tile(chosen, block.inputs)])
            last = first[0] + block.reads, first[1] + block.writes
            blocks.append(Placed(block, slice(first[0], last[0]), slice(first[1], last[1])))
            first = last
        seen, put = np.concatenate(reads), np.flatnonzero(pick)
        return Part(seen, put, self.gain[seen], Loop(tuple(blocks), self.gain[np.ix_(seen, put)]))


@dataclass(frozen=True, eq=False)
class Part:
    """Some outputs of a loop: `reads` and `writes` number theirs in it, `gain`: the rows of these reads."""

    reads: Ints
    writes: Ints
    gain: Floats
    loop: Loop


class Corrector:
    """A step of Newton's method for slopes D [picked, reads] of some outputs; those of the others count as 0.

    ::

        dq = f, but B f in the picked outputs, B = (1 - D K_picked)^-1 (1 + D K_others)

    Raises
    ------
    numpy.linalg.LinAlgError
        At a turning point.
    """

    def __init__(self, loop: Loop, y: Floats) -> None:
        """For the mean of the slopes at some of the samples y."""
        some = y[:: -(-len(y) // SAMPLED)]
        self.pick = pick = loop.bends(some, MILD)
        around = loop.slopes_times(some, pick, loop.gain[None]).mean(axis=0)
        system, n = -around[:, pick], int(pick.sum())
        system[np.arange(n), np.arange(n)] += 1.0
        around[:, pick] = np.eye(n)
        self.by_f = np.linalg.solve(system, around)
        self.part = None if pick.all() or not n else loop.part(pick)

    def step(self, f: Floats) -> Floats:
        """dq of f, [samples, writes]."""
        if self.pick.all():
            return np.asarray(f @ self.by_f.T)
        dq = f.copy()
        dq[:, self.pick] = f @ self.by_f.T
        return dq

    def settled(self, r: Floats, q: Floats) -> tuple[Floats, float]:
        """q with the picked outputs settled while the others stay, and the factor by which steps shrank.

        What the others have to do with it waits for the next step of all; a few outputs make cheap steps.
        """
        assert self.part is not None
        part, inner = self.part, self.by_f[:, self.pick].T
        y, mine = r[:, part.reads] + q @ part.gain.T, q[:, part.writes]
        last, shrink, goal = np.inf, 0.0, 0.0
        for step in range(ROUNDS):
            dq = (part.loop.delta(y) - mine) @ inner
            dy = dq @ part.loop.gain.T
            mine, y = mine + dq, y + dy
            moved = float(np.median(np.abs(dy).max(axis=1)))
            shrink = moved / last if last > 0.0 else 0.0
            last = moved
            if step == 0:
                goal = MILD * moved
            if not moved > goal:
                break
        out = q.copy()
        out[:, part.writes] = mine
        return out, shrink

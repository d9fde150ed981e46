"""Newton's method of every sample of a batch, where the circuit is small units (`units.py`).

Outputs are of four kinds.  The *known* ones read nothing that an output of the circuit reaches: the drive
gives them at the start.  The *picked* ones bend so much that a step follows their slopes; the *others* bend
a little, and a step takes them as they are; the *quiet* ones (the rail of an amplifier far from it) give
less than rounding, and are looked at once, when the rest has settled.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.loop import MILD, Loop
from analog_pc.simulators.native.threads import in_slices
from analog_pc.simulators.native.unit_kernel import largest, move
from analog_pc.simulators.native.units import Units, Work, units_of

STEPS = 60
MANY = 32  # samples for which looking for units is worth its time
LOOKED_AT = 32  # samples that say which outputs bend and which are quiet
EPS = float(np.finfo(np.float64).eps)


class Split:
    """The outputs of a loop by kind; the picked ones and the others (`loud`) are a loop of their own."""

    def __init__(self, loop: Loop, units: Units, loud: Bools) -> None:
        self.units, self.loud = units, loud
        self.known, self.quiet = loop.part(loop.known), loop.part(~loud & ~loop.known)
        self.part = loop.part(loud)
        pick, inner = units.pick[loud], self.part.loop
        self.picked, self.others = inner.part(pick), inner.part(~pick)
        self.from_others = self.picked.gain[:, ~pick]
        self.to_quiet = np.ascontiguousarray(self.quiet.gain[:, loud])
        self.quiet_volts = loop.volts[self.quiet.writes, None]
        self._free: list[Work] = []  # a thread takes one, and brings it back

    def take(self, samples: int) -> Work:
        """Arrays for so many samples."""
        while self._free:
            work = self._free.pop()
            if work.right.shape[1] == samples:
                return work
        return Work(self.units, samples)

    def bring_back(self, work: Work) -> None:
        self._free.append(work)


class Search:
    """Some samples on their way; arrays have samples last.  y, q: of the loud outputs."""

    def __init__(self, split: Split, drive: Floats, start: Floats) -> None:
        self.split, known, part, quiet = split, split.known, split.part, split.quiet
        self.known_reads = drive[known.reads]
        self.known = known.loop.delta(self.known_reads.T).T
        self.drive, self.quiet_drive = drive[part.reads], drive[quiet.reads]
        gives = self.known.any(axis=1)  # most rails give nothing
        for felt, gain in ((self.drive, part.gain), (self.quiet_drive, quiet.gain)):
            felt += gain[:, known.writes[gives]] @ self.known[gives]
        self.q = start[part.writes]
        gives = self.q.any(axis=1)  # at first, little more than the nodes that the analysis guesses
        self.y = self.drive + part.loop.gain[:, gives] @ self.q[gives]
        self.f, self.new = np.empty(self.q.shape), np.empty(self.y.shape)
        self.work = split.take(drive.shape[1])

    def residual(self) -> Floats:
        """Leave f = delta(y) - q and the slopes; the largest f, V, [samples]."""
        picked, others, work = self.split.picked, self.split.others, self.work
        delta = picked.loop.bent(self.y[picked.reads], work.slopes)
        np.subtract(delta, self.q[picked.writes], out=work.right)
        self.f[picked.writes] = work.right
        if others.loop.blocks:
            self.f[others.writes] = others.loop.delta(self.y[others.reads].T).T - self.q[others.writes]
        return np.asarray(largest(self.f, self.split.part.loop.volts))

    def step(self) -> tuple[Floats, Floats]:
        """Newton's step for what `residual` has left: how far it moves y, and the size of y, V, [samples]."""
        split, work = self.split, self.work
        if split.others.loop.blocks:
            felt = split.from_others @ self.f[split.others.writes]
            for slope, read in zip(work.slopes, split.picked.loop.read_of, strict=True):
                work.right += slope * felt[read]
        split.units.solve(work)
        self.f[split.picked.writes] = work.right
        self.q += self.f
        np.matmul(split.part.loop.gain, self.q, out=self.new)
        self.new += self.drive
        moved, size = move(self.y, self.new)
        return moved, size

    def whole(self, y: Floats, q: Floats) -> Floats:
        """Fill y and q of all outputs; what the quiet ones give, V as a part of y, [quiet, samples]."""
        split, part, known, quiet = self.split, self.split.part, self.split.known, self.split.quiet
        y[part.reads], q[part.writes] = self.y, self.q
        y[known.reads], q[known.writes] = self.known_reads, self.known
        if not quiet.loop.blocks:
            return np.empty((0, y.shape[1]))
        seen = self.quiet_drive + split.to_quiet @ self.q
        delta = quiet.loop.delta(seen.T).T
        y[quiet.reads], q[quiet.writes] = seen, delta
        return np.asarray(np.abs(delta) * split.quiet_volts / np.abs(self.y).max(axis=0))


def by_units(loop: Loop, r: Floats, start: Floats, stop: float) -> tuple[Floats, Floats, Bools] | None:
    """y, q and found of samples that arrive; None for a circuit without small units.

    A search ends where the next step, which is to the last one as their residuals are to each other, would
    move y by less than `stop` of it, or where the residual has grown.
    """
    split = _split(loop, r, start)
    if split is None:
        return None
    y, q, found, awake = _searched(split, r, start, stop)
    if awake.any():  # outputs that are quiet in the samples looked at only
        split = Split(loop, split.units, split.loud | awake.any(axis=1))
        loop.kept_split[:] = [split]
        again = np.flatnonzero(awake.any(axis=0))
        y[again], q[again], found[again], _ = _searched(split, r[again], q[again], stop)
    return y, q, found


def _split(loop: Loop, r: Floats, start: Floats) -> Split | None:
    """That of the last batch, if it will do for this one."""
    some = slice(None, None, -(-len(r) // LOOKED_AT))
    y = loop.reads(r[some], start[some])
    split = loop.kept_split[0] if loop.kept_split else None
    pick = loop.bends(y, MILD) & ~loop.known
    if not pick.any():
        return None
    given = np.abs(loop.delta(y)) * loop.volts
    heard = (given > EPS / len(pick) * np.abs(y).max(axis=1, keepdims=True)).any(axis=0)
    loud = pick | (heard & ~loop.known)
    if split is not None:  # what has bent or was heard once will again
        pick, loud = pick | split.units.pick, loud | split.loud
    if not loop.kept_split or (split is not None and (pick != split.units.pick).any()):
        units = units_of(loop, y, pick)
        split = None if units is None else Split(loop, units, loud)
    elif split is not None and (loud != split.loud).any():
        split = Split(loop, split.units, loud)
    loop.kept_split[:] = [split]
    return split


def _searched(split: Split, r: Floats, start: Floats, stop: float) -> tuple[Floats, Floats, Bools, Bools]:
    """y, q, found, and which outputs are not quiet after all, [writes, samples]."""
    y, q = np.empty(r.T.shape), np.empty(start.T.shape)
    found, awake = np.zeros(len(r), dtype=np.bool_), np.zeros(q.shape, dtype=np.bool_)

    def work(part: slice) -> None:
        search = Search(split, r.T[:, part], start.T[:, part])
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a thread has its own
            arrived = _settled(search, stop)
            given = search.whole(y[:, part], q[:, part])
        split.bring_back(search.work)
        heard = given.sum(axis=0) > EPS
        awake[split.quiet.writes, part] = (given > EPS / len(q)) & heard & arrived
        found[part] = arrived & ~heard

    in_slices(len(r), len(split.part.reads), work)
    return y.T, q.T, found, awake


def _settled(search: Search, stop: float) -> Bools:
    """Take steps until every sample has arrived or is lost; which have arrived."""
    none = np.full(search.q.shape[1], np.inf)
    moved, size, before = none, none, none
    arrived = lost = np.zeros(len(none), dtype=np.bool_)
    for step in range(STEPS):
        residual = search.residual()
        if step > 0:
            arrived = arrived | (~lost & (moved * residual <= stop * size * before))
            lost = lost | (~arrived & ~(residual < before))
            if (arrived | lost).all():
                break
        before = residual
        moved, size = search.step()
    return arrived

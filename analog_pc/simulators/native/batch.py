"""Newton's method of every sample of a batch, where the circuit is small units (`units.py`).

Outputs are of three kinds.  The *picked* ones bend so much that a step follows their slopes; the *others*
bend a little, and a step takes them as they are; the *quiet* ones (the rail of an amplifier far from it)
give less than rounding, and are looked at once, when the rest has settled.
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
    """The outputs of a loop that are not quiet (`loud`), as a loop of their own, and their units."""

    def __init__(self, loop: Loop, units: Units, loud: Bools) -> None:
        self.whole, self.units, self.loud = loop, units, loud
        self.part = loop.part(loud)
        self.quiet = None if loud.all() else loop.part(~loud)
        pick, inner = units.pick[loud], self.part.loop
        self.picked, self.others = inner.part(pick), None if pick.all() else inner.part(~pick)
        self.from_others = self.picked.gain[:, ~pick]
        self.volts = inner.volts
        if self.quiet is not None:
            self.to_quiet = np.ascontiguousarray(self.quiet.gain[:, loud])
            self.quiet_volts = loop.volts[~loud, None]

    def grown(self, loud: Bools) -> Split:
        """The same with more outputs that are not quiet."""
        return Split(self.whole, self.units, self.loud | loud)


class Search:
    """Some samples on their way; arrays have samples last.  y, q: of the outputs that are not quiet."""

    def __init__(self, split: Split, drive: Floats, start: Floats) -> None:
        self.split, self.all_drive = split, drive
        part, samples = split.part, drive.shape[1]
        self.drive, self.q = drive[part.reads], start[part.writes]
        gives = self.q.any(axis=1)  # at first, little more than the nodes that the analysis guesses
        self.y = self.drive + part.loop.gain[:, gives] @ self.q[gives]
        self.f = np.empty(self.q.shape)
        self.right = np.empty((len(split.picked.writes), samples))
        self.slopes = np.zeros((len(split.picked.loop.read_of), *self.right.shape))
        self.work = Work(split.units, samples)

    def residual(self) -> Floats:
        """Leave f = delta(y) - q and the slopes; the largest f, V, [samples]."""
        picked, others = self.split.picked, self.split.others
        delta = picked.loop.bent(self.y[picked.reads], self.slopes)
        np.subtract(delta, self.q[picked.writes], out=self.right)
        self.f[picked.writes] = self.right
        if others is not None:
            self.f[others.writes] = others.loop.delta(self.y[others.reads].T).T - self.q[others.writes]
        return np.asarray(largest(self.f, self.split.volts))

    def step(self) -> tuple[Floats, Floats]:
        """Newton's step for what `residual` has left: how far it moves y, and the size of y, V, [samples]."""
        split, right = self.split, self.right
        if split.others is not None:
            felt = split.from_others @ self.f[split.others.writes]
            for slope, read in zip(self.slopes, split.picked.loop.read_of, strict=True):
                right += slope * felt[read]
        split.units.solve(self.slopes, right, self.work)
        self.f[split.picked.writes] = right
        self.q += self.f
        moved, size = move(self.y, self.drive + split.part.loop.gain @ self.q)
        return moved, size

    def whole(self, y: Floats, q: Floats) -> Floats:
        """Fill y and q of all outputs; what the quiet ones give, V as a part of y, [quiet, samples]."""
        part, quiet = self.split.part, self.split.quiet
        y[part.reads], q[part.writes] = self.y, self.q
        if quiet is None:
            return np.empty((0, y.shape[1]))
        seen = self.all_drive[quiet.reads] + self.split.to_quiet @ self.q
        delta = quiet.loop.delta(seen.T).T
        y[quiet.reads], q[quiet.writes] = seen, delta
        return np.asarray(np.abs(delta) * self.split.quiet_volts / np.abs(self.y).max(axis=0))


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
        split = split.grown(np.asarray(awake.any(axis=1)))
        loop.kept_split[:] = [split]
        again = np.flatnonzero(awake.any(axis=0))
        y[again], q[again], found[again], _ = _searched(split, r[again], q[again], stop)
    return y, q, found


def _split(loop: Loop, r: Floats, start: Floats) -> Split | None:
    """That of the last batch, if it will do for this one."""
    some = slice(None, None, -(-len(r) // LOOKED_AT))
    y = loop.reads(r[some], start[some])
    pick = loop.bends(y, MILD)
    if not pick.any():
        return None
    given = np.abs(loop.delta(y)) * loop.volts
    loud = pick | (given > EPS / len(pick) * np.abs(y).max(axis=1, keepdims=True)).any(axis=0)
    split = loop.kept_split[0] if loop.kept_split else None
    if not loop.kept_split or (split is not None and (pick & ~split.units.pick).any()):
        units = units_of(loop, y, pick)
        split = None if units is None else Split(loop, units, loud)
    elif split is not None and (loud & ~split.loud).any():
        split = split.grown(loud)
    loop.kept_split[:] = [split]
    return split


def _searched(
    split: Split, r: Floats, start: Floats, stop: float
) -> tuple[Floats, Floats, Bools, Bools]:
    """y, q, found, and which outputs are not quiet after all, [writes, samples]."""
    y, q = np.empty(r.T.shape), np.empty(start.T.shape)
    found, awake = np.zeros(len(r), dtype=np.bool_), np.zeros(q.shape, dtype=np.bool_)

    def work(part: slice) -> None:
        search = Search(split, r.T[:, part], start.T[:, part])
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a thread has its own
            arrived = _settled(search, stop)
            given = search.whole(y[:, part], q[:, part])
        heard = given.sum(axis=0) > EPS
        awake[np.ix_(~split.loud, np.arange(len(r))[part])] = (given > EPS / len(q)) & heard & arrived
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

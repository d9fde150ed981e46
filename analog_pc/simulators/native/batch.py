"""Newton's method of every sample of a batch, where the circuit is small units (`units.py`).

Outputs are of four kinds.  The *known* ones read nothing that an output of the circuit reaches: the drive
gives them at the start, but where all others are picked, and they are too.  The *picked* ones bend so much
that a step follows their slopes; the *others* bend a little, and a step takes them as they are; the *quiet*
ones (the rail of an amplifier far from it) give less than rounding, or no read feels them, and are looked at
once, when the rest has settled.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.few_terms import in_few_terms
from analog_pc.simulators.native.finding_kernel import Start, find_part
from analog_pc.simulators.native.gain import gain_of
from analog_pc.simulators.native.loop import MILD, Loop
from analog_pc.simulators.native.map_kernel import Plan, copies, plan_of
from analog_pc.simulators.native.reduce import EPS, Reduced
from analog_pc.simulators.native.search_kernel import TILE, Cells, Work
from analog_pc.simulators.native.threads import in_slices
from analog_pc.simulators.native.units import Units, units_of

MANY = 32  # samples for which looking for units is worth its time
LOOKED_AT = 32  # samples that say which outputs bend and which are quiet


class Split:
    """The outputs of a loop by kind; `cells` holds the loud ones: the picked and the others.

    Where nothing but picked outputs is felt (`whole`), it holds all, those that no read feels as the last.
    """

    def __init__(self, loop: Loop, units: Units, loud: Bools) -> None:
        whole = bool((units.pick | ~loop.heard).all())
        self.loud, self.whole = loud, whole
        self.cells = cells = cells_of(loop, units, loud, ~loop.heard if whole else np.zeros_like(loud))
        quiet = ~loud
        quiet[cells.writes] = False
        self.known, self.quiet = loop.part(loop.known & quiet), loop.part(quiet & ~loop.known)
        self.from_known = loop.gain[np.ix_(cells.reads, self.known.writes)]
        self.to_quiet = loop.gain[np.ix_(self.quiet.reads, cells.writes)]
        self.quiet_volts = loop.volts[self.quiet.writes, None]
        nobody = plan_of(np.zeros((0, len(cells.writes))), np.zeros((0, len(cells.reads))), np.zeros(0))
        self._copied = copies(len(cells.reads)), nobody
        self._no_volts = np.zeros((1, 0, 0))
        self._maps: dict[int, tuple[Plan, Plan]] = {}  # by nodes, which a model keeps
        self.free: list[Work] = []  # a thread takes one, and brings it back

    def maps(self, reduced: Reduced, nodes: Ints) -> tuple[Plan, Plan]:
        """Of stimuli to what the loud outputs read by themselves; of outputs, stimuli and reads to nodes.

        `nodes`: numbers that a model keeps.
        """
        if id(nodes) not in self._maps:
            writes, reads = self.cells.writes, self.cells.reads
            driven = reduced.reads.rows(reads).driven
            self._maps[id(nodes)] = driven, in_few_terms(reduced, nodes, writes, reads)
        return self._maps[id(nodes)]

    def take(self, samples: int) -> Work:
        """Arrays for a part with so many samples."""
        width = min(TILE, samples)
        while self.free:
            work = self.free.pop()
            if work.f.shape[1] == width:
                return work
        return Work.of(self.cells, width)

    def bring_back(self, work: Work) -> None:
        self.free.append(work)

    def search(
        self, r: Floats, start: Floats, stop: float, y: Floats, q: Floats, part: slice
    ) -> tuple[Bools, Floats]:
        """Fill part of y and q of all outputs, samples last, for part of r and start.

        Which samples have arrived, and what the quiet outputs give there, V as a part of y, [quiet, samples].
        """
        known, quiet, cells = self.known, self.quiet, self.cells
        drive, quiet_drive = r[cells.reads, part], r[quiet.reads, part]
        if known.loop.blocks:
            y[known.reads, part] = reads = r[known.reads, part]
            q[known.writes, part] = given = known.loop.delta(reads.T).T
            gives = given.any(axis=1)  # most rails give nothing
            drive += self.from_known[:, gives] @ given[gives]
            quiet_drive += quiet.gain[:, known.writes[gives]] @ given[gives]
        work, way, volts = self.take(drive.shape[1]), np.ascontiguousarray(drive)[None], self._no_volts
        arrived, ends = np.empty(r.shape[1], dtype=np.bool_), (part.start, part.stop)
        find_part(cells, work, *self._copied, Start.at(start), stop, way, ends[0], volts, y, q, arrived, ends)
        self.bring_back(work)
        if not quiet.loop.blocks:
            return arrived[part], np.empty((0, drive.shape[1]))
        y[quiet.reads, part] = reads = quiet_drive + self.to_quiet @ q[cells.writes, part]
        q[quiet.writes, part] = given = quiet.loop.delta(reads.T).T
        largest = np.abs(y[cells.reads, part]).max(axis=0)
        return arrived[part], np.asarray(np.abs(given) * self.quiet_volts / largest)


def complete(loop: Loop) -> Split | None:
    """That of the last batch, if steps follow the slopes of all outputs that a read feels.

    Nothing more could be picked then.
    """
    split = loop.kept_split[0] if loop.kept_split else None
    return split if split is not None and split.whole else None


def cells_of(loop: Loop, units: Units, loud: Bools, last: Bools) -> Cells:
    """The loud outputs, the picked ones first, and some that are left to the last."""
    assert loop.laws is not None
    searched = np.concatenate([np.flatnonzero(units.pick), np.flatnonzero(loud & ~units.pick)])
    writes, n = np.concatenate([searched, np.flatnonzero(last)]), len(searched)
    heard, number = np.unique(loop.read_of[:, writes], return_inverse=True)
    reads, heard_as = np.unique(loop.same[heard], return_inverse=True)
    read_of = heard_as[number].reshape(-1, len(writes))
    gain = np.ascontiguousarray(loop.gain[np.ix_(reads, searched)])
    alone = loop.gain_alone(loud) if n else None
    if alone is not None:
        alone = alone[np.ix_(reads, np.searchsorted(np.flatnonzero(loud), searched))]
    return Cells(
        units=units,
        laws=loop.laws.of(searched, read_of[:, :n]),
        last=loop.laws.of(writes[n:], read_of[:, n:]),
        writes=writes,
        reads=reads,
        heard=heard,
        heard_as=heard_as,
        gain=gain_of(gain, alone),
        from_others=np.ascontiguousarray(gain[:, len(units.order) :]),
        volts=np.abs(gain).max(axis=0, initial=0.0),
    )


def by_units(loop: Loop, r: Floats, start: Floats, stop: float) -> tuple[Floats, Floats, Bools] | None:
    """y, q and found of samples that arrive; None for a circuit without small units."""
    split = _split(loop, r, start)
    if split is None:
        return None
    y, q, found, awake = _searched(split, r, start, stop)
    if awake.any():  # outputs that are quiet in the samples looked at only
        split = Split(loop, split.cells.units, split.loud | awake.any(axis=1))
        loop.kept_split[:] = [split]
        again = np.flatnonzero(awake.any(axis=0))
        y[again], q[again], found[again], _ = _searched(split, r[again], q[again], stop)
    return y, q, found


def _split(loop: Loop, r: Floats, start: Floats) -> Split | None:
    """That of the last batch, if it will do for this one."""
    if (whole := complete(loop)) is not None:
        return whole
    some = slice(None, None, -(-len(r) // LOOKED_AT))
    y = loop.reads(r[some], start[some])
    split = loop.kept_split[0] if loop.kept_split else None
    pick = loop.bends(y, MILD) & loop.heard
    if (pick != loop.heard).any():  # else there is nothing but them to search, and known ones do no harm
        pick &= ~loop.known
        if not pick.any():
            return None
    given = np.abs(loop.delta(y)) * loop.volts
    heard = (given > EPS / len(pick) * np.abs(y).max(axis=1, keepdims=True)).any(axis=0)
    loud = pick | (heard & ~loop.known)
    if split is not None:  # what has bent or was heard once will again
        pick, loud = pick | split.cells.units.pick, loud | split.loud
    if not loop.kept_split or (split is not None and (pick != split.cells.units.pick).any()):
        units = units_of(loop, y, pick, loud)
        split = None if units is None else Split(loop, units, loud)
    elif split is not None and (loud != split.loud).any():
        split = Split(loop, split.cells.units, loud)
    loop.kept_split[:] = [split]
    return split


def _searched(split: Split, r: Floats, start: Floats, stop: float) -> tuple[Floats, Floats, Bools, Bools]:
    """y, q, found, and which outputs are not quiet after all, [writes, samples]."""
    drive, first = (np.require(given.T, requirements=("C", "W")) for given in (r, start))
    y, q = np.empty(drive.shape), np.empty(first.shape)
    found, awake = np.zeros(len(r), dtype=np.bool_), np.zeros(q.shape, dtype=np.bool_)

    def work(part: slice) -> None:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a thread has its own
            arrived, given = split.search(drive, first, stop, y, q, part)
        heard = given.sum(axis=0) > EPS
        awake[split.quiet.writes, part] = (given > EPS / len(q)) & heard & arrived
        found[part] = arrived & ~heard

    in_slices(len(r), len(split.cells.reads), work)
    return y.T, q.T, found, awake

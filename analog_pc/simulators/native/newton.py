"""Block outputs q of a whole batch: q = delta(y), y = r + K q, by Newton's method.

A step solves (1 - D K) dq = f, f = delta(y) - q, with D the slopes of the blocks.  Few rows of D matter
(`Block.bends`); in the others dq = f, which converges by the factor by which their slope is off.

Three ways.  A batch on a circuit of small units (`batch.py`) takes a D of each sample's own, and arrives in
three or four steps.  Else one D serves all samples, the mean of some of them, so that a step of a batch is
two products of matrices (for one sample this is Newton's method), and the few outputs that matter settle
among themselves before the next step of all.  Samples that either way leaves get a D of their own, with
steps shortened where the residual would grow; all samples do, where one D left most of the batch before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.batch import MANY, by_units
from analog_pc.simulators.native.loop import MILD, Corrector, Loop
from analog_pc.simulators.native.search_kernel import STEPS

HALVINGS = 12
# Of a sample, where that is asked for.  One is enough where it stands in a corner, as measured on rectifiers.
LEAPS = 2
# The last step, as a part of the largest voltage that a block reads: what remains after it is smaller by the
# factor of one more step, at most SLOW / (1 - SLOW) = 2.3.
STOP = 1e-12
# Steps of a sample that the common matrix serves shrink by this factor at least, up to an unevenness SLACK.
SLOW, SLACK = 0.7, 8.0
# Slopes are taken anew where a step shrinks by less than RENEW: for a batch, whose samples differ anyway, at
# most FRESH times.
RENEW, FRESH = 0.1, 3

_Way = Callable[[Loop, Floats, Floats], tuple[Floats, Floats, Bools]]


def solve(loop: Loop, r: Floats, start: Floats, leaps: int = 0) -> tuple[Floats, Floats, Bools]:
    """y [samples, reads] and q [samples, writes], searched from q = `start`, and which samples arrived.

    A law with kinks has corners in which the residual falls along no part of Newton's step, though the whole
    step, beyond the corner, leads on.  A sample may take `leaps` of these; it might leave its branch by one.
    """
    if not loop.blocks:
        return r.copy(), np.zeros((len(r), 0)), np.ones(len(r), dtype=np.bool_)
    with np.errstate(over="ignore", invalid="ignore"):  # a sample that runs away is found by its NaN
        each = partial(_each, leaps=leaps)
        searched = by_units(loop, r, start, STOP) if len(r) >= MANY else None
        ways: list[_Way] = [each] if loop.uneven[0] and not searched else [_together, each]
        if searched:
            loop.kept.clear()  # what this leaves are no typical samples
        else:
            searched = ways.pop(0)(loop, r, start)
            loop.uneven[0] |= len(r) > 1 and 2 * int(searched[2].sum()) < len(r)
        y, q, found = searched
        for way in ways:
            left = np.flatnonzero(~found)
            if len(left):
                y[left], q[left], found[left] = way(loop, r[left], start[left])
    return y, q, found


def _together(loop: Loop, r: Floats, start: Floats) -> tuple[Floats, Floats, Bools]:
    """y, q and found of samples that one common matrix leads to a solution; the others are somewhere."""
    q_found, found, all_r = start.copy(), np.zeros(len(r), dtype=np.bool_), r
    todo, q, y = np.arange(len(r)), start, loop.reads(r, start)
    last = most = np.full(len(r), np.inf)
    over, shrink, renewed = np.zeros(len(r), dtype=np.bool_), 0.0, 0
    for step in range(STEPS):
        if not loop.kept or (shrink > RENEW and (renewed < FRESH or len(todo) == 1)):
            try:
                loop.keep(Corrector(loop, y))
            except np.linalg.LinAlgError:
                break
            renewed += 1
        f = loop.delta(y) - q
        dq, within = loop.kept[0].step(f), 0.0
        after = q + dq
        if step > 0 and loop.kept[0].part is not None:
            after, within = loop.kept[0].settled(r, after)
        new = loop.reads(r, after)
        moved, size = np.abs(new - y).max(axis=1), np.abs(new).max(axis=1)
        if step == 0 and len(todo) > 1:  # these may come to rest too, but perhaps on another branch
            over |= _is_foreign(loop, y, f, dq, new - y)
        y, q = new, after
        arrived = ~over & (moved <= STOP * size)
        stuck = ~over & ~arrived & ~(moved <= most)
        if stuck.any():
            arrived |= stuck & (moved <= _rounding(loop, r, q))
        found[todo] |= arrived
        over |= arrived | stuck
        if over.all():
            break
        shrink = max(within, float(np.median(moved[~over] / last[~over])))
        last = moved
        most = SLACK * moved if step == FRESH else SLOW * most
        if 2 * int(over.sum()) >= len(todo):  # else going on with all costs less than moving the rest
            q_found[todo] = q
            keep = ~over
            todo, q, y, r, last, most = todo[keep], q[keep], y[keep], r[keep], last[keep], most[keep]
            over = over[keep]
    q_found[todo] = q
    return loop.reads(all_r, q_found), q_found, found


def _is_foreign(loop: Loop, y: Floats, f: Floats, dq: Floats, moved: Floats) -> Bools:
    """Samples whose own slopes call for another step, [samples]: this one might lead to another solution.

    The step leaves f - (1 - D K) dq of the sample's own linear system; more than `SLOW` of f is too much.
    """
    pick = loop.kept[0].pick  # in the other outputs dq = f
    left = f[:, pick] - dq[:, pick] + loop.slopes_times(y, pick, moved[:, :, None])[:, :, 0]
    volts = np.abs(left @ loop.gain[:, pick].T).max(axis=1), np.abs(f @ loop.gain.T).max(axis=1)
    return np.asarray(~(volts[0] <= SLOW * volts[1]) & (np.abs(moved).max(axis=1) > 0.0))


def _each(loop: Loop, r: Floats, start: Floats, leaps: int) -> tuple[Floats, Floats, Bools]:
    """Every sample by Newton's method of its own."""
    q, found, todo = start.copy(), np.zeros(len(r), dtype=np.bool_), np.arange(len(r))
    leaps_left = np.full(len(r), leaps)
    for _ in range(STEPS):
        if len(todo) == 0:
            break
        now = _Search(loop, r[todo], q[todo])
        step = now.step()
        moved = now.damped(step)
        leap = ~moved & (leaps_left[todo] > 0) & np.isfinite(step).all(axis=1)
        now.q[leap] += step[leap]
        leaps_left[todo[leap]] -= 1
        moved |= leap
        q[todo] = now.q
        found[todo] = moved & now.arrived
        todo = todo[moved & ~now.arrived]
    return loop.reads(r, q), q, found


class _Search:
    """Some samples on their way; `q`, `y`, `f` are where they stand."""

    def __init__(self, loop: Loop, r: Floats, q: Floats) -> None:
        self.loop, self.r, self.q = loop, r, q
        self.y = loop.reads(r, q)
        self.f = loop.delta(self.y) - q
        self.arrived = np.zeros(len(q), dtype=np.bool_)

    def step(self) -> Floats:
        """dq of Newton's method, [samples, writes]."""
        loop, dq = self.loop, self.f.copy()
        pick = loop.bends(self.y, MILD)
        if not pick.any():
            return dq
        system = -loop.slopes_times(self.y, pick, loop.gain[None][:, :, pick])
        system[:, np.arange(system.shape[1]), np.arange(system.shape[1])] += 1.0
        others = self.f[:, ~pick] @ loop.gain[:, ~pick].T
        right = self.f[:, pick, None] + loop.slopes_times(self.y, pick, others[:, :, None])
        try:
            dq[:, pick] = np.linalg.solve(system, right)[:, :, 0]
        except np.linalg.LinAlgError:  # one sample at a turning point: a small step from it
            dq[:, pick] = (np.linalg.pinv(system) @ right)[:, :, 0]
        return dq

    def damped(self, step: Floats) -> Bools:
        """Go along the step, less far where the residual would grow; False where no length helps."""
        loop, before = self.loop, self._volts(self.f)
        left, length = np.flatnonzero(np.isfinite(step).all(axis=1)), 1.0
        moved = np.zeros(len(self.q), dtype=np.bool_)
        for _ in range(HALVINGS):
            if len(left) == 0:
                break
            q = self.q[left] + length * step[left]
            y = loop.reads(self.r[left], q)
            f = loop.delta(y) - q
            size, floor = self._volts(f), _rounding(loop, self.r[left], q)
            good = (size <= (1.0 - 1e-4 * length) * before[left]) | (size <= floor)
            took, far = left[good], np.abs(y[good] - self.y[left[good]]).max(axis=1)
            self.q[took], self.y[took], self.f[took] = q[good], y[good], f[good]
            short = far <= STOP * np.abs(y[good]).max(axis=1, initial=0.0)
            self.arrived[took] = (length == 1.0) & (short | (size[good] <= floor[good]))
            moved[took] = True
            left, length = left[~good], 0.5 * length
        return moved

    def _volts(self, f: Floats) -> Floats:
        """The residual as the blocks would read it, V, [samples]."""
        return np.asarray(np.abs(f @ self.loop.gain.T).max(axis=1))


def _rounding(loop: Loop, r: Floats, q: Floats) -> Floats:
    """What rounding makes of a step that should be none, V, [samples]."""
    terms = np.abs(r) + np.abs(q) @ np.abs(loop.gain).T
    return np.asarray(4.0 * np.finfo(np.float64).eps * terms.max(axis=1))

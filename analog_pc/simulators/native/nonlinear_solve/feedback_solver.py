"""A feedback form solved: the few outputs that need it by Newton's method, the others by fixed point.

::

    implicit set   outputs whose slopes differ from those at 0: activations, gates, an amplifier at its rail
    explicit set   outputs that are nearly linear: q = delta(y), which contracts by their slope times K
    terminal       outputs that no input depends on: evaluated once, at the end

Slopes at y = 0 are in the linear part already, so that delta and its slope are 0 there.  Most of a chip's
outputs (rails far away, devices that are nearly linear) stay explicit, and the matrices of Newton's method
stay as small as the network.  An explicit set that does not contract gives what bends to the implicit one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.nonlinear_solve.block_newton import LEAST_SAMPLES, BlockNewton
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm, Part
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, DenseNewton, Solved, rounding

LEAST_SLOPE = 1e-3  # an output whose slope has changed by more is implicit
SWEEPS = 60
SLOW = 0.3  # a sweep that leaves more than this part of the last change does not contract well
TYPICAL = 32  # samples of a batch that say which outputs are implicit


class _Sets(NamedTuple):
    """The outputs of a form by kind, with the gains between them."""

    implicit: Part
    explicit: Part
    terminal: Part
    implicit_to_explicit: Floats
    implicit_to_all: Floats


class _Active(NamedTuple):
    """Explicit outputs that are not 0, by their places in that set, and their gain [active, inputs].

    A rail that is far away is exactly 0, and its column of K is not touched.
    """

    places: Ints
    gain: Floats


class FeedbackSolver:
    """Solves q = delta(r + K q) for batches; what it has learned about the form serves the next batch.

    Attributes
    ----------
    implicit
        The implicit set, [outputs]; it only grows.
    stop
        The last sweep of the explicit set moves an input by this part of the largest voltage that an element
        reads; the implicit set is always solved to `newton.STOP`, since a kink may be as narrow as that.
    """

    def __init__(self, form: FeedbackForm, stop: float = STOP) -> None:
        self.form = form
        self.stop = stop
        self.implicit = np.zeros(form.gain.shape[1], dtype=np.bool_)
        self._sets: _Sets | None = None
        self._active: _Active | None = None
        self._dense: DenseNewton | None = None
        self._blocks: BlockNewton | None = None
        self._no_blocks = False

    def solve(self, r: Floats, start: Floats | None = None, leaps: int = 0) -> Solved:
        """y, q and the samples that are solved, searched from q = `start` (0 V outputs without one).

        Parameters
        ----------
        r
            [samples, inputs] in V.
        start
            [samples, outputs].
        leaps
            See `DenseNewton`.
        """
        form = self.form
        first = np.zeros((len(r), form.gain.shape[1])) if start is None else start
        q = first.copy()
        if not form.elements:
            return Solved(r.copy(), q, np.ones(len(r), dtype=np.bool_))
        with np.errstate(over="ignore", invalid="ignore"):
            some = slice(None, None, -(-len(r) // TYPICAL))
            self.extend_at(form.inputs(r[some], q[some]))
            found, y = self._sweeps(r, q, first, leaps)
            sets = self._partition()
            if len(sets.terminal.outputs):
                q[:, sets.terminal.outputs] = sets.terminal.form.delta(y[:, sets.terminal.inputs])
        return Solved(y, q, found)

    def extend_at(self, y: Floats) -> None:
        """Make implicit what bends at inputs y; elements that cannot be cut stay explicit at first."""
        self._extend(self.form.slope_changed(y, LEAST_SLOPE) & self.separable)

    @property
    def separable(self) -> Bools:
        """Outputs of elements that can be cut, [outputs]."""
        out = np.zeros(len(self.implicit), dtype=np.bool_)
        for instance in self.form.elements:
            out[instance.outputs] = instance.element.separable
        return out

    def _extend(self, more: Bools) -> bool:
        """Whether the implicit set has grown by some outputs that are observed."""
        more = self.form.whole_elements(more & self.form.observed) | self.implicit
        if self._sets is not None and (more == self.implicit).all():
            return False
        self.implicit = more
        self._sets = None
        self._active = None
        self._dense = None
        self._blocks = None
        self._no_blocks = False
        return True

    def _partition(self) -> _Sets:
        if self._sets is None:
            form = self.form
            observed = form.whole_elements(form.observed)
            implicit = form.part(self.implicit)
            explicit = form.part(observed & ~self.implicit)
            terminal = form.part(~observed & ~self.implicit)
            self._sets = _Sets(
                implicit,
                explicit,
                terminal,
                np.ascontiguousarray(explicit.gain[:, implicit.outputs].T),
                np.ascontiguousarray(form.gain[:, implicit.outputs].T),
            )
            self._dense = DenseNewton(implicit.form)
        return self._sets

    def _sweeps(self, r: Floats, q: Floats, start: Floats, leaps: int) -> tuple[Bools, Floats]:
        """Newton on the implicit set and fixed point on the explicit one in turn; fills q.

        A sample that the explicit set leads away begins again from `start` when that set has become smaller.
        Returns the samples that are solved, and y.
        """
        found = np.zeros(len(r), dtype=np.bool_)
        todo = np.arange(len(r))
        last = np.full(len(r), np.inf)
        drive = r + self._of_explicit(q)
        for _ in range(SWEEPS):
            if len(todo) == 0:
                break
            moved, size, solved = self._sweep(r, drive, q, todo, leaps)
            arrived = solved & (moved <= self.stop * size)
            slow = solved & ~arrived & ~(moved <= SLOW * last[todo])
            if slow.any():
                arrived |= slow & (moved <= rounding(self.form, r[todo], q[todo]))
                slow &= ~arrived
            found[todo[arrived]] = True
            away = slow & ~(moved < last[todo])
            if slow.any() and self._extend_where(r, q, todo[slow]):
                q[todo[away]] = start[todo[away]]
                moved[away] = np.inf
                drive = r + self._of_explicit(q)  # of the smaller set
            else:
                solved &= ~away
            last[todo] = moved
            todo = todo[solved & ~arrived]
        sets = self._partition()
        return found, drive + q[:, sets.implicit.outputs] @ sets.implicit_to_all

    def _of_explicit(self, q: Floats) -> Floats:
        """What the explicit outputs of q add to every input, [samples, inputs]."""
        return self._added(q[:, self._partition().explicit.outputs])

    def _added(self, explicit: Floats) -> Floats:
        """The same of explicit outputs [samples, explicit]."""
        used: Bools = np.asarray(explicit.any(axis=0))
        if self._active is None or int(used[self._active.places].sum()) < int(used.sum()):
            sets = self._partition()
            if self._active is not None:
                used[self._active.places] = True
            places = np.flatnonzero(used)
            gain = np.ascontiguousarray(self.form.gain[:, sets.explicit.outputs[places]].T)
            self._active = _Active(places, gain)
        return np.asarray(explicit[:, self._active.places] @ self._active.gain)

    def _extend_where(self, r: Floats, q: Floats, slow: Ints) -> bool:
        """Give the outputs that bend in samples that converge slowly to the implicit set."""
        y = self.form.inputs(r[slow], q[slow])
        return self._extend(self.form.slope_changed(y, LEAST_SLOPE))

    def _sweep(
        self, r: Floats, drive: Floats, q: Floats, todo: Ints, leaps: int
    ) -> tuple[Floats, Floats, Bools]:
        """One sweep of some samples: how far it moved an input and the largest input, V; which are solved.

        `drive` [samples, inputs] is r and what the explicit outputs add to it; it follows them.
        """
        sets = self._partition()
        implicit = sets.implicit
        explicit = sets.explicit
        before = drive[todo]
        inner = self._newton(before[:, implicit.inputs], q[np.ix_(todo, implicit.outputs)], leaps)
        q[np.ix_(todo, implicit.outputs)] = inner.q
        size = np.abs(inner.y).max(axis=1, initial=0.0)
        if len(explicit.outputs) == 0:
            return np.zeros(len(todo)), size, inner.found
        seen = before[:, explicit.inputs] + inner.q @ sets.implicit_to_explicit
        new = explicit.form.delta(seen)
        after = r[todo] + self._added(new)
        moved = np.abs(after - before).max(axis=1, initial=0.0)
        drive[todo] = after
        q[np.ix_(todo, explicit.outputs)] = new
        size = np.maximum(size, np.abs(seen).max(axis=1))
        return moved, size, inner.found & np.isfinite(size)

    def _newton(self, drive: Floats, start: Floats, leaps: int) -> Solved:
        """The implicit set alone: compiled where that pays, dense for the samples that are left."""
        assert self._dense is not None
        if start.shape[1] == 0:
            return Solved(drive, start, np.ones(len(drive), dtype=np.bool_))
        blocks = self._block_newton(drive, start)
        if blocks is None:
            return self._dense.solve(drive, start, leaps)
        solved = blocks.solve(drive, start)
        left = np.flatnonzero(~solved.found)
        if len(left):
            again = self._dense.solve(drive[left], start[left], leaps)
            solved.y[left] = again.y
            solved.q[left] = again.q
            solved.found[left] = again.found
        return solved

    def _block_newton(self, drive: Floats, start: Floats) -> BlockNewton | None:
        if len(drive) < LEAST_SAMPLES or self._no_blocks:
            return None
        if self._blocks is None:
            assert self._sets is not None
            form = self._sets.implicit.form
            some = slice(None, None, -(-len(drive) // TYPICAL))
            self._blocks = BlockNewton.of(form, form.inputs(drive[some], start[some]))
            self._no_blocks = self._blocks is None
        return self._blocks

"""A feedback form solved: the few outputs that need it by Newton's method, the others by fixed point.

::

    implicit set   outputs whose slopes differ from those at 0: activations, gates, an amplifier at its rail
    explicit set   near-linear outputs: q = delta(y), which contracts by their slope times K
    terminal       outputs that no input depends on: evaluated once, at the end

Slopes at y = 0 are in the linear part already, so that delta and its slope are 0 there.  Most of a chip's
outputs (rails far away, near-linear devices) stay explicit, and the matrices of Newton's method stay as small
as the network.  Where the explicit set does not contract, its outputs whose slopes changed become implicit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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


@dataclass(eq=False)
class _Partition:
    """The outputs of a form by set, the gains between them, and the methods that solve the implicit set.

    Attributes
    ----------
    implicit_to_explicit, implicit_to_all
        Gain of implicit outputs to the inputs of explicit ones and to all inputs, [implicit, inputs].
    block
        None where the implicit set has no such structure; known when a large batch comes.
    """

    implicit: Part
    explicit: Part
    terminal: Part
    implicit_to_explicit: Floats
    implicit_to_all: Floats
    dense: DenseNewton
    block: BlockNewton | None = None
    looked_for_structure: bool = False

    @classmethod
    def of(cls, form: FeedbackForm, implicit_set: Bools) -> _Partition:
        observed = form.whole_elements(form.observed)
        implicit = form.part(implicit_set)
        explicit = form.part(observed & ~implicit_set)
        return cls(
            implicit=implicit,
            explicit=explicit,
            terminal=form.part(~observed & ~implicit_set),
            implicit_to_explicit=np.ascontiguousarray(explicit.gain[:, implicit.outputs].T),
            implicit_to_all=np.ascontiguousarray(form.gain[:, implicit.outputs].T),
            dense=DenseNewton(implicit.form),
        )

    def solve_implicit(self, r: Floats, start: Floats, undamped: int) -> Solved:
        """The implicit set alone: a large batch by its structure, what is left of it with dense matrices."""
        if start.shape[1] == 0:
            return Solved(r, start, np.ones(len(r), dtype=np.bool_))
        if len(r) >= LEAST_SAMPLES and not self.looked_for_structure:
            some = typical(len(r))
            form = self.implicit.form
            self.block = BlockNewton.of(form, form.inputs(r[some], start[some]))
            self.looked_for_structure = True
        if len(r) < LEAST_SAMPLES or self.block is None:
            return self.dense.solve(r, start, undamped)
        solved = self.block.solve(r, start)
        left = np.flatnonzero(~solved.found)
        if len(left):
            again = self.dense.solve(r[left], start[left], undamped)
            solved.y[left] = again.y
            solved.q[left] = again.q
            solved.found[left] = again.found
        return solved


class _Sweep(NamedTuple):
    """One sweep of some samples: largest change of an input and largest input, V; which are solved."""

    change: Floats
    size: Floats
    solved: Bools


class FeedbackSolver:
    """Solves q = delta(r + K q) for batches; what it has learned about the form serves the next batch.

    Parameters
    ----------
    form
        The feedback form.
    stop
        The last sweep of the explicit set changes an input by this part of the largest input; the implicit
        set is always solved to `newton.STOP`, since a kink may be as narrow as that.

    Attributes
    ----------
    implicit
        The implicit set, [outputs]; it only grows.
    """

    def __init__(self, form: FeedbackForm, stop: float = STOP) -> None:
        self.form = form
        self.stop = stop
        self.implicit = np.zeros(form.gain.shape[1], dtype=np.bool_)
        self._of_implicit: _Partition | None = None  # of the implicit set as it is

    def solve(self, r: Floats, start: Floats | None = None, undamped: int = 0) -> Solved:
        """y, q and the samples that are solved, searched from q = `start` (0 V outputs without one).

        Parameters
        ----------
        r
            Feedforward, [samples, inputs] in V.
        start
            [samples, outputs].
        undamped
            See `DenseNewton`.
        """
        form = self.form
        first = np.zeros((len(r), form.gain.shape[1])) if start is None else start
        q = first.copy()
        if not form.elements:
            return Solved(r.copy(), q, np.ones(len(r), dtype=np.bool_))
        with np.errstate(over="ignore", invalid="ignore"):
            some = typical(len(r))
            self.extend_at(form.inputs(r[some], q[some]))
            found, y = self._sweeps(r, q, first, undamped)
        return Solved(y, q, found)

    def extend_at(self, y: Floats) -> None:
        """Make outputs implicit whose slopes changed at inputs y; multiports stay explicit at first."""
        if (self.separable & self.form.observed & ~self.implicit).any():
            self._extend(self.form.slope_changed(y, LEAST_SLOPE) & self.separable)

    @cached_property
    def separable(self) -> Bools:
        """Outputs of elements that can be cut, [outputs]."""
        out = np.zeros(len(self.implicit), dtype=np.bool_)
        for instance in self.form.elements:
            out[instance.outputs] = instance.element.separable
        return out

    def _extend(self, more: Bools) -> bool:
        """Whether the implicit set has grown by some outputs that are observed."""
        more = self.form.whole_elements(more & self.form.observed) | self.implicit
        if self._of_implicit is not None and (more == self.implicit).all():
            return False
        self.implicit = more
        self._of_implicit = None
        return True

    def _partition(self) -> _Partition:
        if self._of_implicit is None:
            self._of_implicit = _Partition.of(self.form, self.implicit)
        return self._of_implicit

    def _sweeps(self, r: Floats, q: Floats, start: Floats, undamped: int) -> tuple[Bools, Floats]:
        """Newton on the implicit set and fixed point on the explicit one in turn; fills q.

        A sample that the explicit set leads away begins again from `start` when that set has become smaller.
        Returns the samples that are solved, and y.
        """
        found = np.zeros(len(r), dtype=np.bool_)
        left = np.arange(len(r))
        last = np.full(len(r), np.inf)
        feedforward = self._with_explicit(r, q)
        for _ in range(SWEEPS):
            if len(left) == 0:
                break
            change, size, solved = self._sweep(r, feedforward, q, left, undamped)
            arrived = solved & (change <= self.stop * size)
            slow = solved & ~arrived & ~(change <= SLOW * last[left])
            if slow.any():
                arrived |= slow & (change <= rounding(self.form, r[left], q[left]))
                slow &= ~arrived
            found[left[arrived]] = True
            away = slow & ~(change < last[left])
            if slow.any() and self._extend_where(r, q, left[slow]):
                q[left[away]] = start[left[away]]
                change[away] = np.inf
                feedforward = self._with_explicit(r, q)  # of the smaller set
            else:
                solved &= ~away
            last[left] = change
            left = left[solved & ~arrived]
        partition = self._partition()
        y = feedforward + q[:, partition.implicit.outputs] @ partition.implicit_to_all
        terminal = partition.terminal
        q[:, terminal.outputs] = terminal.form.delta(y[:, terminal.inputs])
        diodes = self.form.diode_outputs
        if diodes.any():  # a part of their waves that no input feels is not searched for
            q[:, diodes] = self.form.delta(y)[:, diodes]
        return found, y

    def _with_explicit(self, r: Floats, q: Floats) -> Floats:
        """r + K q of the explicit outputs alone, [samples, inputs]."""
        outputs = self._partition().explicit.outputs
        explicit = np.zeros_like(q)
        explicit[:, outputs] = q[:, outputs]
        return self.form.inputs(r, explicit)

    def _extend_where(self, r: Floats, q: Floats, slow: Ints) -> bool:
        """Make outputs implicit whose slopes changed in samples that converge slowly."""
        y = self.form.inputs(r[slow], q[slow])
        return self._extend(self.form.slope_changed(y, LEAST_SLOPE))

    def _sweep(self, r: Floats, feedforward: Floats, q: Floats, left: Ints, undamped: int) -> _Sweep:
        """Newton, then explicit outputs, of some samples.

        `feedforward` [samples, inputs] is r and the explicit outputs' part of every input; it follows them.
        """
        partition = self._partition()
        implicit = partition.implicit
        explicit = partition.explicit
        before = feedforward[left]
        inner = partition.solve_implicit(
            before[:, implicit.inputs], q[np.ix_(left, implicit.outputs)], undamped
        )
        q[np.ix_(left, implicit.outputs)] = inner.q
        size = np.abs(inner.y).max(axis=1, initial=0.0)
        if len(explicit.outputs) == 0:
            return _Sweep(np.zeros(len(left)), size, inner.found)
        y = before[:, explicit.inputs] + inner.q @ partition.implicit_to_explicit
        q[np.ix_(left, explicit.outputs)] = explicit.form.delta(y)
        after = self._with_explicit(r[left], q[left])
        change = np.abs(after - before).max(axis=1, initial=0.0)
        feedforward[left] = after
        size = np.maximum(size, np.abs(y).max(axis=1))
        return _Sweep(change, size, inner.found & np.isfinite(size))


def typical(samples: int) -> slice:
    """Some samples of a batch, evenly spread."""
    return slice(None, None, -(-samples // TYPICAL))

"""Newton's method of a batch on a feedback form q = delta(y), y = r + K q, with dense matrices.

::

    (1 - D K) dq = f,    f = delta(y) - q,    D: the slopes at y

Every sample has a matrix of its own, and steps shortened where its residual would grow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm

STEPS = 60
HALVINGS = 12
# Whole steps of a sample at a kink of its transfer functions, though its residual grows; one is enough, as
# measured on rectifiers.
UNDAMPED_STEPS = 2
# The last step, as a part of the largest voltage that an element reads.
STOP = 1e-12


class Solved(NamedTuple):
    """Inputs y [samples, inputs], outputs q [samples, outputs], and which samples are solved."""

    y: Floats
    q: Floats
    found: Bools


class DenseNewton:
    """Newton's method on one feedback form.

    A transfer function with kinks has corners in which the residual falls along no part of Newton's step,
    though the whole step, beyond the corner, leads on.  `undamped` says how many of these a sample may take.
    """

    def __init__(self, form: FeedbackForm) -> None:
        self.form = form

    def solve(self, r: Floats, start: Floats, undamped: int = 0) -> Solved:
        """Samples r [samples, inputs], searched from q = `start`."""
        with np.errstate(over="ignore", invalid="ignore"):  # a sample that runs away is found by its NaN
            return self._damped(r, start, undamped)

    def _damped(self, r: Floats, start: Floats, undamped: int) -> Solved:
        q = start.copy()
        found = np.zeros(len(r), dtype=np.bool_)
        todo = np.arange(len(r))
        undamped_left = np.full(len(r), undamped)
        for _ in range(STEPS):
            if len(todo) == 0:
                break
            now = _Iterate(self.form, r[todo], q[todo])
            step = self._step(now)
            accepted = now.damped(step)
            whole = ~accepted & (undamped_left[todo] > 0) & np.isfinite(step).all(axis=1)
            now.q[whole] += step[whole]
            undamped_left[todo[whole]] -= 1
            accepted |= whole
            q[todo] = now.q
            found[todo] = accepted & now.arrived
            todo = todo[accepted & ~now.arrived]
        return Solved(self.form.inputs(r, q), q, found)

    def _step(self, now: _Iterate) -> Floats:
        """dq of Newton's method, [samples, outputs]."""
        form = self.form
        every = np.ones(form.gain.shape[1], dtype=np.bool_)
        system = -form.slopes_times(now.y, every, form.gain[None])
        diagonal = np.arange(system.shape[1])
        system[:, diagonal, diagonal] += 1.0
        try:
            return np.asarray(np.linalg.solve(system, now.f[:, :, None])[:, :, 0])
        except np.linalg.LinAlgError:  # one sample at a turning point: a small step from it
            return _least_squares(system, now.f)


def _least_squares(system: Floats, f: Floats) -> Floats:
    """Steps of systems of which some are singular; NaN, so that the sample is lost, where half of f is left.

    Such a step may be 0, and would pass for the last one of a search.
    """
    step = np.full_like(f, np.nan)
    finite = np.isfinite(system).all(axis=(1, 2))
    step[finite] = (np.linalg.pinv(system[finite]) @ f[finite, :, None])[:, :, 0]
    left = (system @ step[:, :, None])[:, :, 0] - f
    step[np.linalg.norm(left, axis=1) > 0.5 * np.linalg.norm(f, axis=1)] = np.nan
    return step


class _Iterate:
    """Some samples on their way: outputs `q`, inputs `y`, residuals `f`."""

    def __init__(self, form: FeedbackForm, r: Floats, q: Floats) -> None:
        self.form = form
        self.r = r
        self.q = q
        self.y = form.inputs(r, q)
        self.f = form.delta(self.y) - q
        self.arrived = np.zeros(len(q), dtype=np.bool_)

    def damped(self, step: Floats) -> Bools:
        """Go along the step, less far where the residual would grow; False where no length helps.

        A whole step that is short enough to be the last is taken even if the residual does not fall: what is
        left of it then comes from rounding, and from the inner search of a crossbar.
        """
        form = self.form
        before = _residual_volts(form, self.f)
        left = np.flatnonzero(np.isfinite(step).all(axis=1))
        length = 1.0
        accepted = np.zeros(len(self.q), dtype=np.bool_)
        for _ in range(HALVINGS):
            if len(left) == 0:
                break
            q = self.q[left] + length * step[left]
            y = form.inputs(self.r[left], q)
            f = form.delta(y) - q
            size = _residual_volts(form, f)
            floor = rounding(form, self.r[left], q)
            change = np.abs(y - self.y[left]).max(axis=1, initial=0.0)
            short = (change <= STOP * np.abs(y).max(axis=1, initial=0.0)) & np.isfinite(size)
            at_end = (length == 1.0) & (short | (size <= floor))
            good = (size <= (1.0 - 1e-4 * length) * before[left]) | (size <= floor) | at_end
            took = left[good]
            self.q[took] = q[good]
            self.y[took] = y[good]
            self.f[took] = f[good]
            self.arrived[took] = at_end[good]
            accepted[took] = True
            left = left[~good]
            length *= 0.5
        return accepted


def _residual_volts(form: FeedbackForm, f: Floats) -> Floats:
    """The residual as a voltage at the inputs (largest element of K f), V, [samples]."""
    return np.asarray(np.abs(f @ form.gain.T).max(axis=1, initial=0.0))


def rounding(form: FeedbackForm, r: Floats, q: Floats) -> Floats:
    """Round-off of y = r + K q, V, [samples]: a smaller step means nothing."""
    terms = np.abs(r) + np.abs(q) @ np.abs(form.gain).T
    return np.asarray(4.0 * np.finfo(np.float64).eps * terms.max(axis=1, initial=0.0))

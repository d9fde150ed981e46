"""The update characteristic of a measured curve: the step of a pulse against the conductance it starts from.

The change from one reading to the next is not the step of a pulse: a reading that is high by chance is
followed by a lower one, so that changes averaged by the reading they start from are biased towards 0 wherever
read noise is larger than a step.  Instead the state is fitted as a smooth function G(n) of the pulse number,
which is known without noise, and the step follows from it::

    step at G(n)  =  | G(n + 1) - G(n) |        so that a device that starts on the curve stays on it

Nodes stand where the curve is: at every pulse, or at `NODES` points at equal distances along it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed.curve_file import Curve
from analog_pc.devices.pulsed.monotone import MonotoneFit, along, fit_monotone

NODES = 512  # of a direction that has more pulses
_PER_INTERVAL = 128  # times between two knots at which a longer curve is evaluated
_ROUNDINGS = 8.0 * float(np.finfo(np.float64).eps)  # of a value of a spline, relative to the largest one


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectory:
    """Fitted conductance of one direction in S at any time n, in pulses.

    ::

        z(n) = offset + gain * spline(n)        of ln(G / unit) where `logarithmic`, else of G / unit

    A curve down is fitted backwards in time, so that z rises.
    """

    curve: Curve
    rising: bool
    logarithmic: bool
    unit: float
    fit: MonotoneFit
    offset: float = 0.0
    gain: float = 1.0

    def siemens(self, time: Floats) -> Floats:
        """G at times within the curve."""
        z = self.offset + self.gain * self.fit.spline(time if self.rising else -time)
        if self.logarithmic:
            return np.asarray(self.unit * np.exp(z))
        return np.asarray(self.unit * np.maximum(z, 0.0))  # the coefficients are >= 0; their sum rounds

    def stretched(self, low: float, high: float) -> Trajectory:
        """The same between two other ends of z."""
        gain = (high - low) / (self.fit.high - self.fit.low)
        return replace(self, gain=gain, offset=low - gain * self.fit.low)


@dataclass(frozen=True, eq=False)
class Characteristic:
    """Conductances in S, rising, and the size of a step from there, in S; both [nodes]."""

    siemens: Floats
    step: Floats


def fit_trajectory(curve: Curve, rising: bool, logarithmic: bool, unit: float) -> Trajectory:
    """Fit one direction; noise is of one size in S, or, with `logarithmic`, in proportion to G."""
    scaled = curve.siemens / unit
    z = np.log(scaled) if logarithmic else scaled
    lowest = -np.inf if logarithmic else 0.0
    if rising:
        fit = fit_monotone(curve.pulse, z, lowest)
    else:
        fit = fit_monotone(-curve.pulse[::-1], z[::-1], lowest)
    return Trajectory(curve=curve, rising=rising, logarithmic=logarithmic, unit=unit, fit=fit)


def joined(up: Trajectory, down: Trajectory, sure: float) -> tuple[Trajectory, Trajectory]:
    """Both with one lower end where those differ by at most `sure` standard errors, and one upper end.

    Else noise would leave a strip between the two ends that one direction was not seen in, and a device
    that starts slowly from its end would take long to leave that strip.  The common end is the mean of the
    two, weighted by one over their variances.
    """
    low = _common(up.fit.low, up.fit.low_error, down.fit.low, down.fit.low_error, sure)
    high = _common(up.fit.high, up.fit.high_error, down.fit.high, down.fit.high_error, sure)
    return up.stretched(low[0], high[0]), down.stretched(low[1], high[1])


def characteristic(trajectory: Trajectory) -> Characteristic:
    """The steps that lead along a trajectory.

    Where the fit stands still for some pulses, which no update characteristic can express (a device that
    stands does so for good), it is led in a straight line from the middle of the rest to what comes before
    and after.  The step where the curve ends is extrapolated in a straight line from the last two.
    """
    sign = 1.0 if trajectory.rising else -1.0
    time = _times(trajectory)
    time, level = _moving(time, sign * trajectory.siemens(time))
    nodes = _nodes(time, level)
    start = np.interp(nodes, time, level)
    step = np.interp(nodes + 1.0, time, level) - start
    end = step[-1]
    if len(step) > 1:
        slope = (step[-1] - step[-2]) / (start[-1] - start[-2])
        end = max(step[-1] + slope * (level[-1] - start[-1]), 0.0)
    siemens = sign * np.append(start, level[-1])
    steps = np.append(step, end)
    order = slice(None, None, int(sign))
    return Characteristic(siemens[order], steps[order])


def _common(a: float, a_error: float, b: float, b_error: float, sure: float) -> tuple[float, float]:
    """Two estimates of one value as their weighted mean, or as they are where they differ for sure."""
    variance = a_error**2 + b_error**2
    if not (a - b) ** 2 <= sure**2 * variance or variance == 0.0:
        return a, b
    mean = (a * b_error**2 + b * a_error**2) / variance
    return mean, mean


def _times(trajectory: Trajectory) -> Floats:
    """Every pulse, or `_PER_INTERVAL` times between two knots."""
    first, last = trajectory.curve.pulse[[0, -1]]
    knots = np.unique(np.abs(trajectory.fit.spline.t))
    if last - first <= _PER_INTERVAL * (len(knots) - 1):
        return np.arange(first, last + 1.0)
    parts = np.linspace(knots[:-1], knots[1:], _PER_INTERVAL, endpoint=False, axis=1)
    return np.append(parts.ravel(), last)


def _moving(time: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Without the rests: times of one level become the middle of them.

    A rise counts from a rounding for each of the times on: less, shared among as many pulses, would be lost
    in the rounding of a device's weight.
    """
    level = np.maximum.accumulate(level)
    fresh = np.append(True, np.diff(level) > _ROUNDINGS * len(time) * np.abs(level).max())
    group = np.cumsum(fresh) - 1
    return np.bincount(group, weights=time) / np.bincount(group), level[fresh]


def _nodes(time: Floats, level: Floats) -> Floats:
    """Times at least a pulse before the end: every pulse, or `NODES` at equal distances along the curve."""
    most = time[-1] - 1.0
    if most - time[0] < NODES:
        return np.asarray(time[0] + np.arange(np.floor(most - time[0]) + 1.0))
    wanted = np.linspace(0.0, 1.0, NODES)
    chosen = np.unique(np.searchsorted(along(time, level), wanted).clip(max=len(time) - 1))
    return np.asarray(time[chosen][time[chosen] <= most])

"""A measured potentiation and depression curve as a kind of device, and the quality of the fit.

The format of the file is described in `analog_pc.devices.pulsed.curve_file`.  The weight is the conductance,
scaled so that the lowest of the fitted curves is -1 and the highest +1.

The change from one reading to the next is not the step of a pulse: a reading that is high by chance is
followed by a lower one, so that changes averaged by the reading they start from are biased towards 0 wherever
read noise is larger than a step.  Instead the state is fitted as a smooth function G(n) of the pulse number,
which is known without noise, and the step follows from it::

    step at G(n)  =  | G(n + 1) - G(n) |        so that a device that starts on the curve stays on it

Nodes stand where the curve is: at every pulse, or at `NODES` points at equal distances along it.  Between
nodes the step is interpolated, linearly in the conductance; beyond the part of the range that a direction
covers it is held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed.array import DeviceArray
from analog_pc.devices.pulsed.curve_file import Curve, read_curves
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.monotone import MonotoneFit, along, fit_monotone
from analog_pc.devices.pulsed.update_characteristics import Piecewise
from analog_pc.errors import BadInput
from analog_pc.files import as_path

MOST_REPLAYED = 1_000_000  # pulses, of a check that takes some tens of milliseconds
SURE = 4.0  # standard errors by which a curve must move: noise alone does in 3e-5 of curves
DIGITS = 1e-6  # of a conductance: what a file is taken to say
DIRECTIONS = ("up", "down")
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
        """The same curve scaled to other ends of z."""
        gain = (high - low) / (self.fit.high - self.fit.low)
        return replace(self, gain=gain, offset=low - gain * self.fit.low)


@dataclass(frozen=True, eq=False)
class MeasuredSteps:
    """Conductances in S, rising, and the size of a step from there, in S; both [nodes]."""

    siemens: Floats
    step: Floats


@dataclass(frozen=True, kw_only=True)
class CurveFit:
    """How a direction of a measured curve was fitted.

    Attributes
    ----------
    direction
        up or down.
    readings
        Number of readings.
    first, last
        Fitted conductances in S at the first and the last pulse.
    reached
        Conductance in S at which the device ends that starts from `first` and gets the pulses of the curve;
        None for more than `MOST_REPLAYED` pulses.  It is `last`, unless the curve stands still and then moves
        on, which no update characteristic follows.
    residual
        Root mean square of reading less fitted conductance, in S: the read noise, where the device moves as
        the fitted characteristic says.
    noise
        The residual in parts of the range; with `proportional`, that of reading over fitted conductance.
    proportional
        Whether the noise was taken to be in proportion to the conductance, and not of one size in S,
        whichever makes the readings of both directions more likely.
    freedom
        Effective number of parameters of the fitted curve; 2 is a straight line.
    coverage
        Part of the range g_min ... g_max that the direction covers.
    extrapolated
        The parts of the range that it does not cover: from, to, and the step that is held there, in S.  Where
        that is small a device stays for long.
    wrong_way
        Changes from reading to reading that run against the direction.
    """

    direction: str
    readings: int
    first: float
    last: float
    reached: float | None
    residual: float
    noise: float
    proportional: bool
    freedom: float
    coverage: float
    extrapolated: tuple[tuple[float, float, float], ...]
    wrong_way: int

    @property
    def followed(self) -> bool:
        """Whether the device ends where the curve does, within the residual or a hundredth of its way."""
        if self.reached is None:
            return True
        allowed = max(SURE * self.residual, 0.01 * abs(self.last - self.first))
        return abs(self.reached - self.last) <= allowed

    @property
    def text(self) -> str:
        """What to know of it, in one line."""
        of = "reading" if self.proportional else "range"
        parts = [
            f"{self.direction}: {self.readings} readings, fitted from {self.first:.4g} to {self.last:.4g} S",
            f"residual {self.residual:.2g} S rms ({100.0 * self.noise:.2g} % of the {of})",
            f"{100.0 * self.coverage:.4g} % of the range covered",
        ]
        for low, high, step in self.extrapolated:
            if high - low > self.residual + DIGITS * high:
                parts.append(f"from {low:.3g} to {high:.3g} S the step held at {step:.3g} S")
        if self.wrong_way:
            parts.append(f"{self.wrong_way} of {self.readings - 1} changes run the wrong way")
        if not self.followed:
            parts.append(f"no update characteristic follows it: the device gets to {self.reached:.4g} S")
        return ", ".join(parts)


@dataclass(frozen=True)
class MeasuredDevice:
    """The device, the conductances in S at which its weight is -1 and +1, and the fit of each direction."""

    device: PulsedDevice
    g_min: float
    g_max: float
    up: CurveFit
    down: CurveFit

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know of the fit, a line a direction."""
        return self.up.text, self.down.text


def measured_device(path: str | Path) -> MeasuredDevice:
    """The device of a measured curve; noise and spreads are 0 and may be added with `dataclasses.replace`.

    Raises
    ------
    BadInput
        One line that names the file and what was got: what `read_curves` refuses, a curve that does not move
        in its direction by more than its noise, or directions whose ranges do not meet.
    """
    path = as_path(path, "device curve")
    trajectories = _likelier(read_curves(path))
    for name, trajectory in zip(DIRECTIONS, trajectories, strict=True):
        _check_moves(path, name, trajectory)
    trajectories = _joined(*trajectories, SURE)
    steps = tuple(_characteristic(trajectory) for trajectory in trajectories)
    _check_meet(path, *steps)
    low = min(float(one.siemens[0]) for one in steps)
    high = max(float(one.siemens[-1]) for one in steps)
    device = _device(path, steps, low, high)
    up, down = (
        _report(name, trajectory, one, device, low, high)
        for name, trajectory, one in zip(DIRECTIONS, trajectories, steps, strict=True)
    )
    return MeasuredDevice(device, low, high, up, down)


def _likelier(curves: tuple[Curve, Curve]) -> tuple[Trajectory, Trajectory]:
    """The more likely of two fits: noise of one size, or noise in proportion.

    With the geometric mean of the readings as unit, d(ln G) / dG is 1 on (geometric) average: the two
    likelihoods are densities of the same readings.
    """
    unit = float(np.exp(np.log(np.concatenate([curve.siemens for curve in curves])).mean()))
    up, down = curves
    even = _fit_trajectory(up, True, False, unit), _fit_trajectory(down, False, False, unit)
    ratio = _fit_trajectory(up, True, True, unit), _fit_trajectory(down, False, True, unit)
    return min(even, ratio, key=lambda both: both[0].fit.deviance + both[1].fit.deviance)


def _check_moves(path: Path, name: str, trajectory: Trajectory) -> None:
    """Refuse a curve that stands still, or runs the other way."""
    fit = trajectory.fit
    if fit.high - fit.low > SURE * fit.rise_error:
        return
    siemens = trajectory.curve.siemens
    quarter = len(siemens) // 4 + 1
    begins = float(np.median(siemens[:quarter]))
    ends = float(np.median(siemens[-quarter:]))
    verb = "rise" if trajectory.rising else "fall"
    raise BadInput(
        f"{path}: the curve does not {verb} on pulses {name} by more than its noise: it runs from"
        f" {begins:.3g} to {ends:.3g} S; resistances are headed ohm, kohm or Mohm in place of siemens"
    )


def _check_meet(path: Path, up: MeasuredSteps, down: MeasuredSteps) -> None:
    """Refuse directions without a conductance in common."""
    ends = [float(one.siemens[k]) for one in (up, down) for k in (0, -1)]
    if max(ends[0], ends[2]) >= min(ends[1], ends[3]):
        raise BadInput(
            f"{path}: up covers {ends[0]:.3g} to {ends[1]:.3g} S and down {ends[2]:.3g} to {ends[3]:.3g} S,"
            f" which do not meet: both must be of one device, in one unit"
        )


def _device(path: Path, steps: tuple[MeasuredSteps, ...], low: float, high: float) -> PulsedDevice:
    """A piecewise characteristic on the nodes of both directions; its step is the mean over the range."""
    shares = [(one.siemens - low) / (high - low) for one in steps]
    nodes = np.unique(np.concatenate(shares))
    moves = [
        np.interp(nodes, share, 2.0 * one.step / (high - low))
        for share, one in zip(shares, steps, strict=True)
    ]
    step = float(np.mean([np.trapezoid(move, nodes) for move in moves]))
    up, down = (tuple((move / step).tolist()) for move in moves)
    characteristic = Piecewise(up, down, tuple(nodes.tolist()))
    return PulsedDevice(characteristic, step=step, source=f"measured: {path.name}")


def _report(
    name: str, trajectory: Trajectory, steps: MeasuredSteps, device: PulsedDevice, low: float, high: float
) -> CurveFit:
    pulses = trajectory.curve.pulse
    read = trajectory.curve.siemens
    fitted = trajectory.siemens(pulses)
    residual = _rms(read - fitted)
    ends = float(steps.siemens[0]), float(steps.siemens[-1])
    beyond = (low, ends[0], float(steps.step[0])), (ends[1], high, float(steps.step[-1]))
    against = np.diff(read) < 0.0 if trajectory.rising else np.diff(read) > 0.0
    count = int(pulses[-1] - pulses[0])
    share = (float(fitted[0]) - low) / (high - low)
    end = _replayed(device, share, count if trajectory.rising else -count)
    return CurveFit(
        direction=name,
        readings=len(read),
        first=float(fitted[0]),
        last=float(fitted[-1]),
        reached=None if end is None else low + end * (high - low),
        residual=residual,
        noise=_rms(read / fitted - 1.0) if trajectory.logarithmic else residual / (high - low),
        proportional=trajectory.logarithmic,
        freedom=trajectory.fit.freedom,
        coverage=(ends[1] - ends[0]) / (high - low),
        extrapolated=tuple(part for part in beyond if part[0] < part[1]),
        wrong_way=int(against.sum()),
    )


def _replayed(device: PulsedDevice, share: float, count: int) -> float | None:
    """Where the device ends after `count` pulses, as the share of its range, from another share."""
    if abs(count) > MOST_REPLAYED:
        return None
    array = DeviceArray(device, (1, 1), seed=0)
    array.assign([[2.0 * share - 1.0]])
    array.pulse([[count]])
    return 0.5 * (float(array.weights[0, 0]) + 1.0)


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _fit_trajectory(curve: Curve, rising: bool, logarithmic: bool, unit: float) -> Trajectory:
    """Fit one direction; noise is of one size in S, or, with `logarithmic`, in proportion to G."""
    scaled = curve.siemens / unit
    z = np.log(scaled) if logarithmic else scaled
    lowest = -np.inf if logarithmic else 0.0
    if rising:
        fit = fit_monotone(curve.pulse, z, lowest)
    else:
        fit = fit_monotone(-curve.pulse[::-1], z[::-1], lowest)
    return Trajectory(curve=curve, rising=rising, logarithmic=logarithmic, unit=unit, fit=fit)


def _joined(up: Trajectory, down: Trajectory, sure: float) -> tuple[Trajectory, Trajectory]:
    """Both, with common ends where the ends differ by at most `sure` standard errors.

    Else noise would leave a strip between the two ends that one direction was not seen in, and a device
    that starts slowly from its end would take long to leave that strip.  The common end is the mean of the
    two, weighted by one over their variances.
    """
    low = _common(up.fit.low, up.fit.low_error, down.fit.low, down.fit.low_error, sure)
    high = _common(up.fit.high, up.fit.high_error, down.fit.high, down.fit.high_error, sure)
    return up.stretched(low[0], high[0]), down.stretched(low[1], high[1])


def _characteristic(trajectory: Trajectory) -> MeasuredSteps:
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
    return MeasuredSteps(siemens[order], steps[order])


def _common(a: float, a_error: float, b: float, b_error: float, sure: float) -> tuple[float, float]:
    """Weighted mean of two estimates of one value; unchanged where they differ significantly."""
    variance = a_error**2 + b_error**2
    if not (a - b) ** 2 <= sure**2 * variance or variance == 0.0:
        return a, b
    mean = (a * b_error**2 + b * a_error**2) / variance
    return mean, mean


def _times(trajectory: Trajectory) -> Floats:
    """Every pulse, or `_PER_INTERVAL` times between two knots."""
    first = trajectory.curve.pulse[0]
    last = trajectory.curve.pulse[-1]
    knots = np.unique(np.abs(trajectory.fit.spline.t))
    if last - first <= _PER_INTERVAL * (len(knots) - 1):
        return np.arange(first, last + 1.0)
    parts = np.linspace(knots[:-1], knots[1:], _PER_INTERVAL, endpoint=False, axis=1)
    return np.append(parts.ravel(), last)


def _moving(time: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Drop the plateaus: the times of one level become their middle.

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

"""A measured potentiation and depression curve as a kind of device, and how well the curve is met.

The format of the file is described in `analog_pc.devices.pulsed.curve_file`, the estimate of its steps in
`analog_pc.devices.pulsed.characteristic`.  The weight is the conductance, scaled so that the lowest of the
fitted curves is -1 and the highest +1.  Between nodes the step is interpolated, linearly in the conductance;
beyond the part of the range that a direction covers it is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed.array import DeviceArray
from analog_pc.devices.pulsed.characteristic import (
    Characteristic,
    Trajectory,
    characteristic,
    fit_trajectory,
    joined,
)
from analog_pc.devices.pulsed.curve_file import Curve, read_curves
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.update_characteristics import Piecewise
from analog_pc.errors import BadInput

MOST_REPLAYED = 1_000_000  # pulses, of a check that takes some tens of milliseconds
SURE = 4.0  # standard errors by which a curve must move: noise alone does in 3e-5 of curves
DIGITS = 1e-6  # of a conductance: what a file is taken to say
DIRECTIONS = ("up", "down")


@dataclass(frozen=True, kw_only=True)
class CurveFit:
    """How a direction of a measured curve was fitted.

    Attributes
    ----------
    direction
        up or down.
    reads
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
    reads: int
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
            f"{self.direction}: {self.reads} reads, fitted from {self.first:.4g} to {self.last:.4g} S",
            f"residual {self.residual:.2g} S rms ({100.0 * self.noise:.2g} % of the {of})",
            f"{100.0 * self.coverage:.4g} % of the range covered",
        ]
        for low, high, step in self.extrapolated:
            if high - low > self.residual + DIGITS * high:
                parts.append(f"from {low:.3g} to {high:.3g} S the step held at {step:.3g} S")
        if self.wrong_way:
            parts.append(f"{self.wrong_way} of {self.reads - 1} changes run the wrong way")
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
    path = Path(path)
    trajectories = _likelier(read_curves(path))
    for name, trajectory in zip(DIRECTIONS, trajectories, strict=True):
        _check_moves(path, name, trajectory)
    trajectories = joined(*trajectories, SURE)
    steps = tuple(characteristic(trajectory) for trajectory in trajectories)
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
    """The fit with noise of one size, or that with noise in proportion.

    With the geometric mean of the readings as unit, d(ln G) / dG is 1 on (geometric) average: the two
    likelihoods are densities of the same readings.
    """
    unit = float(np.exp(np.log(np.concatenate([curve.siemens for curve in curves])).mean()))
    up, down = curves
    even = fit_trajectory(up, True, False, unit), fit_trajectory(down, False, False, unit)
    ratio = fit_trajectory(up, True, True, unit), fit_trajectory(down, False, True, unit)
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


def _check_meet(path: Path, up: Characteristic, down: Characteristic) -> None:
    """Refuse directions without a conductance in common."""
    ends = [float(one.siemens[k]) for one in (up, down) for k in (0, -1)]
    if max(ends[0], ends[2]) >= min(ends[1], ends[3]):
        raise BadInput(
            f"{path}: up covers {ends[0]:.3g} to {ends[1]:.3g} S and down {ends[2]:.3g} to {ends[3]:.3g} S,"
            f" which do not meet: both must be of one device, in one unit"
        )


def _device(path: Path, steps: tuple[Characteristic, ...], low: float, high: float) -> PulsedDevice:
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
    name: str, trajectory: Trajectory, steps: Characteristic, device: PulsedDevice, low: float, high: float
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
    moved = _replayed(device, share, count if trajectory.rising else -count)
    return CurveFit(
        direction=name,
        reads=len(read),
        first=float(fitted[0]),
        last=float(fitted[-1]),
        reached=None if moved is None else low + moved * (high - low),
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

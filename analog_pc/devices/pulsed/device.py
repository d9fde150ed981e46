"""What is known of a kind of device: its step, its bounds, its spreads, its noise and its age."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from analog_pc.arrays import is_number
from analog_pc.devices.pulsed.steps import Constant, Linear, SoftBounds, StepLaw
from analog_pc.errors import BadInput

_SIGNED = {"up_down", "w_max", "w_min", "reference", "reset"}
_MAY_BE_INFINITE = {"stuck_range", "lifetime", "endurance"}


@dataclass(frozen=True)
class PulsedDevice:
    """A kind of device whose weight moves by pulses; dimensionless but for times, which share one unit.

    A device of the population has a step up and down, D+ and D-, and bounds b+ and b-, drawn once::

        D+- = | step (1 +- asymmetry + step_spread n) |,    asymmetry = up_down + up_down_spread n
              step exp(step_spread n) | 1 +- asymmetry |     where `lognormal` (median: step)
        b+  =   w_max | 1 + w_max_spread n |,    b- = w_min | 1 + w_min_spread n |

    n are independent standard normal deviates; an absolute value folds them at zero, so that no step
    changes its direction and no bound its side.  Every pulse then has its own deviate::

        hidden <- hidden +- (D f(hidden) + s n),    cut at b- and b+
        s = cycle_noise (noise_offset + D f(hidden) + noise_slope |hidden|),
            (D in place of D f where `additive`)
        weight  = hidden + write_noise step n' - r            n' anew at each write

    Parameters
    ----------
    law
        The factor f(w), see `analog_pc.devices.pulsed.steps`.
    step, w_min, w_max
        Mean step at f = 1, and nominal bounds, w_min <= 0 <= w_max.
    reference, reference_spread, at_symmetry
        r = reference + reference_spread n, and besides the weight at which a step up equals a step down
        where `at_symmetry` (constant, linear and soft bounds only).
    stuck, stuck_range
        Fraction of devices that never move, at a value drawn evenly between their bounds and within
        +-stuck_range.
    lifetime, lifetime_spread
        hidden decays as exp(-t / lifetime); the spread is relative.
    drift, drift_spread, drift_start
        (hidden - w_min) falls as (t / drift_start)^-nu from the last write on, nu = |drift + spread n|.
    endurance, endurance_spread
        Pulses after which a device keeps its value for good; log-normal with that sigma.
    reset, reset_spread, reset_noise
        Where a reset takes a device: reset + reset_spread n + reset_noise n', in units of the weight, cut at
        b- and b+; n is one device's own, n' anew at each reset (cycle to cycle).
    one_sided
        Takes pulses up only: half of a differential pair.
    source
        Where the values are from.

    Raises
    ------
    BadInput
        One line that names the field and what was got.
    """

    law: StepLaw = Constant()  # noqa: RUF009 - frozen and without fields
    step: float = 0.001
    w_max: float = 1.0
    w_min: float = -1.0
    up_down: float = 0.0
    step_spread: float = 0.0
    up_down_spread: float = 0.0
    w_max_spread: float = 0.0
    w_min_spread: float = 0.0
    lognormal: bool = False
    cycle_noise: float = 0.0
    additive: bool = False
    noise_offset: float = 0.0
    noise_slope: float = 0.0
    write_noise: float = 0.0
    reference: float = 0.0
    reference_spread: float = 0.0
    at_symmetry: bool = False
    stuck: float = 0.0
    stuck_range: float = math.inf
    lifetime: float = math.inf
    lifetime_spread: float = 0.0
    drift: float = 0.0
    drift_spread: float = 0.0
    drift_start: float = 1.0
    endurance: float = math.inf
    endurance_spread: float = 0.0
    reset: float = 0.0
    reset_spread: float = 0.0
    reset_noise: float = 0.0
    one_sided: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.law, StepLaw):
            raise BadInput(f"pulsed device: law = {self.law!r}, must be a step law")
        for field in fields(self):
            if field.type == "float":
                self._check(field.name, getattr(self, field.name))
                object.__setattr__(self, field.name, float(getattr(self, field.name)))
        for name in ("step", "drift_start", "lifetime", "endurance"):
            if not getattr(self, name) > 0.0:
                raise BadInput(f"pulsed device: {name} = {getattr(self, name)!r}, must be > 0")
        self._check_bounds()
        if not abs(self.up_down) < 1.0:
            raise BadInput(f"pulsed device: up_down = {self.up_down!r}, must be within -1 ... 1")
        if not self.stuck <= 1.0:
            raise BadInput(f"pulsed device: stuck = {self.stuck!r}, a fraction of devices, must be <= 1")
        if self.at_symmetry and not isinstance(self.law, Constant | Linear | SoftBounds):
            raise BadInput(f"pulsed device: at_symmetry is not known for a law that is {self.law.name}")

    def _check(self, name: str, value: object) -> None:
        if not is_number(value) or math.isnan(value):
            raise BadInput(f"pulsed device: {name} = {value!r}, must be a number")
        if math.isinf(value) and name not in _MAY_BE_INFINITE:
            raise BadInput(f"pulsed device: {name} = {value!r}, must be finite")
        if value < 0.0 and name not in _SIGNED:
            raise BadInput(f"pulsed device: {name} = {value!r}, must be >= 0")

    def _check_bounds(self) -> None:
        if not self.w_min <= 0.0 <= self.w_max or self.w_min == self.w_max:
            raise BadInput(
                f"pulsed device: bounds {self.w_min!r} ... {self.w_max!r}, must hold 0 and not be one"
            )
        if isinstance(self.law, Linear | SoftBounds) and 0.0 in (self.w_min, self.w_max):
            raise BadInput(f"pulsed device: {self.law.name} need bounds on both sides of 0")

    @property
    def states(self) -> float:
        """Number of steps between the nominal bounds."""
        return (self.w_max - self.w_min) / self.step

"""Parameters of a kind of device: step, bounds, d2d and c2c variation, retention and endurance."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from analog_pc.arrays import is_number
from analog_pc.devices.pulsed.update_characteristics import Constant, Linear, SoftBounds, UpdateCharacteristic
from analog_pc.errors import BadInput

_SIGNED = {"up_down", "w_max", "w_min", "reference", "reset"}
_MAY_BE_INFINITE = {"stuck_range", "lifetime", "endurance"}


@dataclass(frozen=True)
class PulsedDevice:
    """A kind of device whose weight moves by pulses; dimensionless but for times, which share one unit.

    A device of the population has a step up and down, D+ and D-, and bounds b+ and b-, drawn once::

        D+- = | step (1 +- asymmetry + step_d2d n) |,    asymmetry = up_down + up_down_d2d n
              step exp(step_d2d n) | 1 +- asymmetry |     where `lognormal` (median: step)
        b+  =   w_max | 1 + w_max_d2d n |,    b- = w_min | 1 + w_min_d2d n |

    n are independent standard normal deviates; an absolute value folds them at zero, so that no step
    changes its direction and no bound its side.  Every pulse then has its own deviate::

        hidden <- hidden +- (D f(hidden) + s n),    cut at b- and b+
        s = step_c2c (c2c_offset + D f(hidden) + c2c_slope |hidden|),
            (D in place of D f where `additive`)
        weight  = hidden + write_noise step n' - r            n' anew at each write

    Parameters
    ----------
    characteristic
        The factor f(w), see `analog_pc.devices.pulsed.update_characteristics`.
    step, w_min, w_max
        Mean step at f = 1, and nominal bounds, w_min <= 0 <= w_max.
    reference, reference_d2d, at_symmetry
        r = reference + reference_d2d n, and besides the weight at which a step up equals a step down
        where `at_symmetry` (constant, linear and soft bounds only).
    stuck, stuck_range
        Fraction of devices that never move, at a value drawn evenly between their bounds and within
        +-stuck_range.
    lifetime, lifetime_d2d
        hidden decays as exp(-t / lifetime); the spread is relative.
    drift, drift_d2d, drift_start
        (hidden - w_min) falls as (t / drift_start)^-nu from the last write on, nu = |drift + spread n|.
    endurance, endurance_d2d
        Pulses after which a device keeps its value for good; log-normal with that sigma.
    reset, reset_d2d, reset_c2c
        Where a reset takes a device: reset + reset_d2d n + reset_c2c n', in units of the weight, cut at
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

    characteristic: UpdateCharacteristic = Constant()  # noqa: RUF009 - frozen and without fields
    step: float = 0.001
    w_max: float = 1.0
    w_min: float = -1.0
    up_down: float = 0.0
    step_d2d: float = 0.0
    up_down_d2d: float = 0.0
    w_max_d2d: float = 0.0
    w_min_d2d: float = 0.0
    lognormal: bool = False
    step_c2c: float = 0.0
    additive: bool = False
    c2c_offset: float = 0.0
    c2c_slope: float = 0.0
    write_noise: float = 0.0
    reference: float = 0.0
    reference_d2d: float = 0.0
    at_symmetry: bool = False
    stuck: float = 0.0
    stuck_range: float = math.inf
    lifetime: float = math.inf
    lifetime_d2d: float = 0.0
    drift: float = 0.0
    drift_d2d: float = 0.0
    drift_start: float = 1.0
    endurance: float = math.inf
    endurance_d2d: float = 0.0
    reset: float = 0.0
    reset_d2d: float = 0.0
    reset_c2c: float = 0.0
    one_sided: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.characteristic, UpdateCharacteristic):
            raise BadInput(
                f"pulsed device: characteristic = {self.characteristic!r}, must be an update characteristic"
            )
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
        if self.at_symmetry and not isinstance(self.characteristic, Constant | Linear | SoftBounds):
            raise BadInput(f"pulsed device: at_symmetry is not known for {self.characteristic.name} steps")

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
        if isinstance(self.characteristic, Linear | SoftBounds) and 0.0 in (self.w_min, self.w_max):
            raise BadInput(f"pulsed device: {self.characteristic.name} need bounds on both sides of 0")

    @property
    def states(self) -> float:
        """Number of steps between the nominal bounds."""
        return (self.w_max - self.w_min) / self.step

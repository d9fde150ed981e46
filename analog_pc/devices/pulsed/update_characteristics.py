"""Update characteristics: how far one pulse moves a device that stands at w.

Every characteristic gives a factor f >= 0 of the device's own step D, so that a pulse up makes
w <- w + D+ f+(w) and a pulse down w <- w - D- f-(w).  b+, b- are the device's own upper and lower bound,
w_max and w_min the nominal ones; all dimensionless.

::

    Constant      f = 1
    Linear        f+ = max(1 - g+ w / w_max, 0)           f- = max(1 - g- w / w_min, 0)
    SoftBounds    f+ = max(1 - g+ w / b+, 0)              f- = max(1 - g- w / b-, 0)         mean g = 1
    Exponential   f+ = max(1 - A+ exp(g+ z), 0)           f- = max(1 - A- exp(-g- z), 0)
                  z = 2 a w / (b+ - b-) + b
    Power         f+ = ((b+ - w) / (b+ - b-))^g+          f- = ((w - b-) / (b+ - b-))^g-
    Piecewise     f+, f- interpolated between values at given parts of the way from b- to b+

Source of the forms: documentation of the IBM analog hardware acceleration kit (Rasch et al., AICAS 2021,
arXiv:2104.02184); Linear and SoftBounds: Fusi & Abbott, Nat. Neurosci. 10:485 (2007), Power as well.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np

from analog_pc.errors import BadInput

MOST_NODES = 10_000


@dataclass(frozen=True)
class Constant:
    """The same step everywhere."""

    @property
    def name(self) -> str:
        return "constant"


@dataclass(frozen=True)
class Linear:
    """Steps that fall by a share `up` (`down`) from w = 0 to the nominal bound; spreads are absolute."""

    up: float
    down: float
    up_d2d: float = 0.0
    down_d2d: float = 0.0

    def __post_init__(self) -> None:
        _all_at_least_zero("linear step", self.up, self.down, self.up_d2d, self.down_d2d)

    @property
    def name(self) -> str:
        return "linear"


@dataclass(frozen=True)
class SoftBounds:
    """Steps that fall to nothing at the device's own bound; spreads of the slope are relative to it."""

    up_d2d: float = 0.0
    down_d2d: float = 0.0

    def __post_init__(self) -> None:
        _all_at_least_zero("soft bounds", self.up_d2d, self.down_d2d)

    @property
    def name(self) -> str:
        return "soft bounds"


@dataclass(frozen=True)
class Exponential:
    """An exponential of the weight; `up`, `down` are A+, A-, `up_rate`, `down_rate` are g+, g-."""

    up: float
    down: float
    up_rate: float
    down_rate: float
    slope: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in astuple(self)):
            raise BadInput(f"exponential step: coefficients {astuple(self)} must be finite")

    @property
    def name(self) -> str:
        return "exponential"


@dataclass(frozen=True)
class Power:
    """A power of the distance to the bound, exponent * (1 +- asymmetry); spreads are relative to it."""

    exponent: float
    exponent_d2d: float = 0.0
    asymmetry: float = 0.0
    asymmetry_d2d: float = 0.0

    def __post_init__(self) -> None:
        _all_at_least_zero("power step", self.exponent, self.exponent_d2d, self.asymmetry_d2d)
        if not abs(self.asymmetry) <= 1.0:
            raise BadInput(f"power step: asymmetry = {self.asymmetry!r}, must be within -1 ... 1")

    @property
    def name(self) -> str:
        return "power"


@dataclass(frozen=True)
class Piecewise:
    """Factors between the bounds, at least two, as many up as down.

    `at` says where, in parts of the way from the lower to the upper bound: rising, from 0 to 1.  Without it
    they stand at equal distances.
    """

    up: tuple[float, ...]
    down: tuple[float, ...]
    at: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.up) != len(self.down) or not 2 <= len(self.up) <= MOST_NODES:
            raise BadInput(
                f"piecewise step: {len(self.up)} factors up, {len(self.down)} down, "
                f"must be as many, 2 to {MOST_NODES}"
            )
        both = np.array([self.up, self.down], dtype=np.float64)
        if not (np.isfinite(both).all() and (both >= 0.0).all()):
            raise BadInput("piecewise step: factors must be finite and >= 0")
        self._check_places()

    def _check_places(self) -> None:
        if not self.at:
            return
        if len(self.at) != len(self.up):
            raise BadInput(
                f"piecewise step: {len(self.up)} factors at {len(self.at)} places, must be as many"
            )
        at = np.array(self.at, dtype=np.float64)
        if not (at[0] == 0.0 and at[-1] == 1.0 and (np.diff(at) > 0.0).all()):
            raise BadInput("piecewise step: places must rise from 0 to 1")

    @property
    def places(self) -> tuple[float, ...]:
        """Where the factors stand."""
        return self.at or tuple(np.linspace(0.0, 1.0, len(self.up)).tolist())

    @property
    def name(self) -> str:
        return "piecewise"


UpdateCharacteristic = Constant | Linear | SoftBounds | Exponential | Power | Piecewise


def _all_at_least_zero(what: str, *values: float) -> None:
    if not all(math.isfinite(value) and value >= 0.0 for value in values):
        raise BadInput(f"{what}: coefficients {values} must be finite and >= 0")

"""VTEAM, the voltage threshold adaptive memristor model of Kvatinsky et al.

::

    dx/dt = k_off (V / v_off - 1)^alpha_off f_off(x)    for V > v_off > 0      towards r_off
            k_on  (V / v_on  - 1)^alpha_on  f_on(x)     for V < v_on < 0       towards r_on
            0                                           between

    I = V / R       R = r_on + (r_off - r_on) x     resistance "linear"
                    R = r_on (r_off / r_on)^x       resistance "exponential"

    f_off = 1 - x^(2 p),    f_on = 1 - (1 - x)^(2 p)    window of Biolek

The windows fall to 0 at the end that x moves to: a state that starts within 0 ... 1 comes near it and never
beyond; nothing else holds it there.  The larger p, the harder the stop.

Sources: S. Kvatinsky, M. Ramadan, E. G. Friedman, A. Kolodny, "VTEAM: A general model for voltage-controlled
memristors", IEEE TCAS-II 62(8), 786-790 (2015), with x for (w - w_on) / (w_off - w_on); the window:
Z. Biolek, D. Biolek, V. Biolkova, Radioengineering 18(2), 210-214 (2009).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_whole
from analog_pc.devices.compact import checks
from analog_pc.devices.compact.model import CompactModel

RESISTANCES = ("linear", "exponential")


@dataclass(frozen=True)
class Vteam(CompactModel):
    """A device of state x, dimensionless, 0 (r_on) ... 1 (r_off).

    Parameters
    ----------
    r_on, r_off
        Resistances in Ohm, 0 < r_on < r_off.
    k_on, k_off
        Speeds in 1/s, k_on < 0 < k_off: those of the paper, in m/s, over the length w_off - w_on.
    v_on, v_off
        Thresholds in V, v_on < 0 < v_off.
    alpha_on, alpha_off
        Exponents, >= 1.
    p
        Of the window, a whole number >= 1.
    resistance
        "linear" or "exponential".
    source
        Where the values are from.

    Raises
    ------
    BadInput
        One line that names the field and what was got.
    """

    r_on: float
    r_off: float
    k_on: float
    k_off: float
    v_on: float
    v_off: float
    alpha_on: float
    alpha_off: float
    p: int = 1
    resistance: str = "linear"
    source: str = ""

    name: ClassVar[str] = "vteam"

    def __post_init__(self) -> None:
        checks.all_finite(self)
        checks.above(self, 0.0, "r_on", "k_off", "v_off")
        checks.above(self, self.r_on, "r_off")
        checks.below(self, 0.0, "k_on", "v_on")
        checks.at_least(self, 1.0, "alpha_on", "alpha_off")
        if not is_whole(self.p) or self.p < 1:
            raise checks.refused(self, "p", "must be a whole number >= 1")
        object.__setattr__(self, "p", int(self.p))
        if self.resistance not in RESISTANCES:
            raise checks.refused(self, "resistance", f"use one of {', '.join(RESISTANCES)}")

    @property
    def limits(self) -> tuple[float, float]:
        return 0.0, 1.0

    @property
    def thresholds(self) -> tuple[float, float]:
        return self.v_on, self.v_off

    def iv_shape(self, volts: ArrayLike) -> Floats:
        return np.asarray(volts, dtype=np.float64)

    def iv_slope(self, volts: ArrayLike) -> Floats:
        return np.ones_like(np.asarray(volts, dtype=np.float64))

    def conductance(self, x: ArrayLike) -> Floats:
        """1 / R in S."""
        state = np.asarray(x, dtype=np.float64)
        if self.resistance == "linear":
            return np.asarray(1.0 / (self.r_on + (self.r_off - self.r_on) * state))
        return np.asarray(np.exp(-math.log(self.r_off / self.r_on) * state) / self.r_on)

    def state_of(self, conductance: ArrayLike) -> Floats:
        """The state that has this conductance.

        Raises
        ------
        BadInput
            For conductances outside 1 / r_off ... 1 / r_on.
        """
        label = f"{self.name}: conductance"
        ohms = 1.0 / checks.within(label, conductance, 1.0 / self.r_off, 1.0 / self.r_on, "S")
        if self.resistance == "linear":
            return np.asarray((ohms - self.r_on) / (self.r_off - self.r_on))
        return np.asarray(np.log(ohms / self.r_on) / math.log(self.r_off / self.r_on))

    def rate(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dx/dt in 1/s, of any shapes that broadcast."""
        v, state = checks.floats(volts, x)
        off = self.k_off * np.maximum(v / self.v_off - 1.0, 0.0) ** self.alpha_off
        on = self.k_on * np.maximum(v / self.v_on - 1.0, 0.0) ** self.alpha_on
        order = 2 * self.p
        return np.asarray(off * (1.0 - state**order) + on * (1.0 - (1.0 - state) ** order))


THRESHOLDED = Vteam(
    r_on=40e3, r_off=1e6, k_on=-2.5e6, k_off=1e6, v_on=-0.7, v_off=0.65, alpha_on=3.0, alpha_off=1.0,
    source="chosen in this project for arrays, not a fit to a device: exponents of the MemTorch set,"
    " thresholds above any read, 1 ... 25 uS, and 1 % of the range in 10 ns at 1.2 V",
)  # fmt: skip
MEMTORCH = Vteam(
    r_on=50.0, r_off=1e3, k_on=-10.0 / 3e-9, k_off=5e-4 / 3e-9, v_on=-0.2, v_off=0.02,
    alpha_on=3.0, alpha_off=1.0, p=1,
    source="defaults of MemTorch, VTEAM.py (C. Lammie et al., Neurocomputing 485, 124, 2022), over d = 3 nm,"
    " there with hard stops for the window; a read above 20 mV writes it",
)  # fmt: skip

VTEAM: Mapping[str, Vteam] = MappingProxyType({"thresholded": THRESHOLDED, "memtorch": MEMTORCH})

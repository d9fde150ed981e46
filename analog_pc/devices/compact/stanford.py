"""The Stanford-PKU model: a conducting filament with a gap at its tip, moved by field and heat.

::

    I      = i0 exp(-gap / g0) sinh(V / v0)
    dgap/dt = -velocity exp(-e_a q / k T) sinh(gamma a0 / t_ox  q V / k T)       0 at gap_min and gap_max
    gamma  = gamma0 - beta (gap / 1 nm)^3,     0 where gamma |V| / t_ox < f_min
    T      = ambient + |V I| r_th

V > 0 closes the gap (set), V < 0 opens it (reset).  At its limits the gap stops, as in the published code
(which cuts the gap there), and leaves them at once when the voltage turns.  Random motion is left out.

Sources: Z. Jiang, Y. Wu, S. Yu, L. Yang, K. Song, Z. Karim, H.-S. P. Wong, "A compact model for metal-oxide
resistive random access memory with experiment verification", IEEE TED 63(5), 1884-1892 (2016); Stanford
University RRAM model 1.0.0, nanoHUB (2014), doi:10.4231/D37H1DN48; the field f_min as in MemTorch,
Stanford_PKU.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import BOLTZMANN
from analog_pc.devices.compact import checks
from analog_pc.devices.compact.model import CompactModel

NANO = 1e-9  # m
K_OVER_Q = BOLTZMANN / 1.602176634e-19  # V/K, exact in the SI


@dataclass(frozen=True)
class StanfordPku(CompactModel):
    """A device whose state is its gap in m; the smaller the gap, the better it conducts.

    Parameters
    ----------
    i0, g0, v0
        A, m and V of the current.
    velocity, e_a, a0, t_ox
        m/s, activation energy in eV, hopping distance and oxide thickness in m.
    gamma0, beta
        Field enhancement at gap 0, and how it falls (dimensionless; beta >= 0).
    f_min
        Least enhanced field that moves anything, V/m; 0: every voltage does.
    r_th, ambient
        K/W and K.
    gap_min, gap_max
        m, 0 <= gap_min < gap_max.
    source
        Where the values are from.

    Raises
    ------
    BadInput
        One line that names the field and what was got.
    """

    i0: float
    g0: float
    v0: float
    velocity: float
    e_a: float
    a0: float
    t_ox: float
    gamma0: float
    beta: float
    f_min: float
    r_th: float
    ambient: float
    gap_min: float
    gap_max: float
    source: str = ""

    name: ClassVar[str] = "stanford_pku"
    state_volts: ClassVar[float] = 1.0 / NANO

    def __post_init__(self) -> None:
        checks.all_finite(self)
        checks.above(self, 0.0, "i0", "g0", "v0", "velocity", "e_a", "a0", "t_ox", "gamma0", "ambient")
        checks.at_least(self, 0.0, "beta", "f_min", "r_th", "gap_min")
        checks.above(self, self.gap_min, "gap_max")
        if not self._enhancement(np.asarray(self.gap_max)) > 0.0:
            raise checks.refused(self, "beta", "must leave gamma > 0 at gap_max")

    @property
    def limits(self) -> tuple[float, float]:
        return self.gap_min, self.gap_max

    @property
    def thresholds(self) -> tuple[float, float]:
        """Thresholds of the smallest gap, which moves first; 0 without f_min."""
        least = self.f_min * self.t_ox / float(self._enhancement(np.asarray(self.gap_min)))
        return -least, least

    def conductance(self, x: ArrayLike) -> Floats:
        gap = np.asarray(x, dtype=np.float64)
        return np.asarray(self.i0 / self.v0 * np.exp(-gap / self.g0))

    def iv_shape(self, volts: ArrayLike) -> Floats:
        v = np.asarray(volts, dtype=np.float64)
        return np.asarray(self.v0 * np.sinh(v / self.v0))

    def iv_slope(self, volts: ArrayLike) -> Floats:
        v = np.asarray(volts, dtype=np.float64)
        return np.asarray(np.cosh(v / self.v0))

    def state_of(self, conductance: ArrayLike) -> Floats:
        """The gap that has this conductance at 0 V.

        Raises
        ------
        BadInput
            For conductances that the limits of the gap exclude.
        """
        least = float(self.conductance(self.gap_max))
        most = float(self.conductance(self.gap_min))
        siemens = checks.within(f"{self.name}: conductance", conductance, least, most, "S")
        gap = -self.g0 * np.log(siemens * self.v0 / self.i0)
        return np.asarray(np.clip(gap, self.gap_min, self.gap_max))  # roundings of exp and log

    def temperature(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """Temperature of the filament in K."""
        v = np.asarray(volts, dtype=np.float64)
        return np.asarray(self.ambient + np.abs(v * self.current(v, x)) * self.r_th)

    def rate(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dgap/dt in m/s, of any shapes that broadcast."""
        v, gap = checks.floats(volts, x)
        heat = K_OVER_Q * self.temperature(v, gap)
        gamma = self._enhancement(gap)
        gamma = np.where(gamma * np.abs(v) >= self.f_min * self.t_ox, gamma, 0.0)
        speed = self.velocity * np.exp(-self.e_a / heat) * np.sinh(gamma * self.a0 / self.t_ox * v / heat)
        stopped = np.where(speed > 0.0, gap <= self.gap_min, gap >= self.gap_max)
        return np.asarray(np.where(stopped, 0.0, -speed))

    def _enhancement(self, gap: Floats) -> Floats:
        """gamma without the least field."""
        return np.asarray(self.gamma0 - self.beta * (gap / NANO) ** 3)


PUBLISHED = StanfordPku(
    i0=1e-3, g0=0.25e-9, v0=0.25, velocity=10.0, e_a=0.6, a0=0.25e-9, t_ox=12e-9, gamma0=16.0, beta=0.8,
    f_min=1.4e9, r_th=2.1e3, ambient=298.0, gap_min=0.2e-9, gap_max=1.7e-9,
    source="defaults of MemTorch, Stanford_PKU.py (C. Lammie et al., Neurocomputing 485, 124, 2022), as"
    " nanoHUB publication 19; gaps of 542 Ohm and 218.6 kOhm at 0.1 V",
)  # fmt: skip

STANFORD_PKU: Mapping[str, StanfordPku] = MappingProxyType({"published": PUBLISHED})

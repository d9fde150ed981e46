"""The generalised memristor model of Yakopcic et al.: a conductance that moves beyond two thresholds.

::

    I     = a1 x sinh(b V)  for V >= 0,       a2 x sinh(b V)  for V < 0
    dx/dt = eta g(V) f(V, x)

    g =   A_p (exp(V) - exp(V_p))   for V > V_p              V is in units of 1 V
        - A_n (exp(-V) - exp(V_n))  for V < -V_n
          0                         between

    f = 1                                           while x is far from the end that it moves to, else
        exp(-alpha_p (x - x_p)) (1 - x) / (1 - x_p)     for eta V >= 0 and x >= x_p
        exp(alpha_n (x + x_n - 1)) x / (1 - x_n)        for eta V < 0  and x <= 1 - x_n

f is continuous and falls to 0 at x = 1 and x = 0: a state that starts within 0 ... 1 comes near these ends
and never beyond; nothing else holds it there.

Source: C. Yakopcic, T. M. Taha, G. Subramanyam, R. E. Pino, "Generalized memristive device SPICE model and
its application in circuit design", IEEE TCAD 32(8), 1201-1214 (2013).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices.compact import checks
from analog_pc.devices.compact.model import CompactModel


@dataclass(frozen=True)
class Yakopcic(CompactModel):
    """A device of state x, dimensionless, 0 (insulating) ... 1 (conducting).

    Parameters
    ----------
    a1, a2
        Current in A at x = 1 and sinh = 1, for positive and negative voltage, > 0.
    b
        In 1/V, > 0; b V << 1 is a linear device.
    v_p, v_n
        Thresholds, both > 0, in V: nothing moves within -v_n ... v_p.
    a_p, a_n
        Speeds, > 0, in 1/s.
    x_p, x_n
        State beyond which motion slows down: x_p upwards, 1 - x_n downwards; within 0 ... 1.
    alpha_p, alpha_n
        How fast it does, >= 0.
    eta
        1 where a positive voltage makes the device conduct, -1 where a negative one does.
    source
        Where the values are from.

    Raises
    ------
    BadInput
        One line that names the field and what was got.
    """

    a1: float
    a2: float
    b: float
    v_p: float
    v_n: float
    a_p: float
    a_n: float
    x_p: float
    x_n: float
    alpha_p: float
    alpha_n: float
    eta: float = 1.0
    source: str = ""

    name: ClassVar[str] = "yakopcic"

    def __post_init__(self) -> None:
        checks.all_finite(self)
        checks.above(self, 0.0, "a1", "a2", "b", "v_p", "v_n", "a_p", "a_n")
        checks.at_least(self, 0.0, "alpha_p", "alpha_n")
        checks.fractions(self, "x_p", "x_n")
        if self.eta not in (1.0, -1.0):
            raise checks.refused(self, "eta", "must be 1 or -1")

    @property
    def limits(self) -> tuple[float, float]:
        return 0.0, 1.0

    @property
    def thresholds(self) -> tuple[float, float]:
        return -self.v_n, self.v_p

    def conductance(self, x: ArrayLike) -> Floats:
        """a1 b x in S: the slope of the current at 0 V, on the positive side if a1 and a2 differ."""
        return np.asarray(self.a1 * self.b * np.asarray(x, dtype=np.float64))

    def iv_shape(self, volts: ArrayLike) -> Floats:
        v = np.asarray(volts, dtype=np.float64)
        return np.asarray(np.where(v >= 0.0, 1.0, self.a2 / self.a1) * np.sinh(self.b * v) / self.b)

    def iv_slope(self, volts: ArrayLike) -> Floats:
        v = np.asarray(volts, dtype=np.float64)
        return np.asarray(np.where(v >= 0.0, 1.0, self.a2 / self.a1) * np.cosh(self.b * v))

    def state_of(self, conductance: ArrayLike) -> Floats:
        """The state that has this conductance at 0 V.

        Raises
        ------
        BadInput
            For conductances outside 0 ... a1 b.
        """
        most = self.a1 * self.b
        return checks.within(f"{self.name}: conductance", conductance, 0.0, most, "S") / most

    def rate(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dx/dt in 1/s, of any shapes that broadcast."""
        v, state = checks.floats(volts, x)
        positive = self.a_p * np.maximum(np.exp(v) - math.exp(self.v_p), 0.0)
        negative = self.a_n * np.maximum(np.exp(-v) - math.exp(self.v_n), 0.0)
        up, down = (positive, negative) if self.eta > 0.0 else (negative, positive)
        return np.asarray(up * self._upwards(state) - down * self._downwards(state))

    def _upwards(self, x: Floats) -> Floats:
        """f for a state that grows."""
        past = np.maximum(x - self.x_p, 0.0)
        return np.asarray(np.exp(-self.alpha_p * past) * (1.0 - past / (1.0 - self.x_p)))

    def _downwards(self, x: Floats) -> Floats:
        """f for a state that falls."""
        past = np.maximum(1.0 - self.x_n - x, 0.0)
        return np.asarray(np.exp(-self.alpha_n * past) * (1.0 - past / (1.0 - self.x_n)))


_AUTHOR = "C. Yakopcic, Yakopcic.lib of 8/9/2011"
_FITS = "parameters as collected in T. Tiotto et al., Memristor-Models, experiments.py"

AUTHOR = Yakopcic(
    a1=0.17, a2=0.17, b=0.05, v_p=0.65, v_n=0.56, a_p=4000.0, a_n=4000.0,
    x_p=0.3, x_n=0.5, alpha_p=1.0, alpha_n=5.0,
    source=f"{_AUTHOR}, the set of thresholds 0.65 and 0.56 V; at most 8.5 mS",
)  # fmt: skip
MICROSIEMENS = replace(
    AUTHOR, a1=5e-4, a2=5e-4,
    source=f"{_AUTHOR}, the same motion, a1 and a2 scaled to at most 25 uS for arrays (this project)",
)  # fmt: skip
OBLEA = replace(
    AUTHOR, v_p=0.16, v_n=0.15,
    source=f"{_AUTHOR}, its default: Ag-chalcogenide of A. S. Oblea et al., IJCNN 2010",
)  # fmt: skip
MIAO = replace(
    AUTHOR, a1=0.11, a2=0.11, b=0.5, v_p=0.09, v_n=0.75, a_p=7.5, a_n=2.0,
    source=f"TaOx of F. Miao et al., Adv. Mater. 23, 5633 (2011); {_FITS}",
)  # fmt: skip
JO = replace(
    AUTHOR, a1=3.7e-7, a2=4.35e-7, b=0.7, v_p=1.5, v_n=0.5, a_p=0.005, a_n=0.08,
    x_p=0.2, alpha_p=1.2, alpha_n=3.0,
    source=f"a-Si of S. H. Jo et al., Nano Lett. 10, 1297 (2010); {_FITS}",
)  # fmt: skip

YAKOPCIC: Mapping[str, Yakopcic] = MappingProxyType(
    {"author": AUTHOR, "microsiemens": MICROSIEMENS, "oblea": OBLEA, "miao": MIAO, "jo": JO}
)

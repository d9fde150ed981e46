"""Interface of compact models: current and rate of the state, as functions of voltage and state.

::

    I = G(x) f(V),   f(0) = 0, f'(0) = 1             dx/dt = rate(V, x)

All voltages are those across the device alone, all arguments are arrays that broadcast.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from analog_pc.arrays import ArrayLike, Floats


class CompactModel(ABC):
    """A kind of device; a dataclass of its parameters."""

    name: ClassVar[str]  # of its subcircuit
    source: str  # of the values
    state_volts: ClassVar[float] = 1.0  # V on the state node of its subcircuit per unit of the state

    @property
    @abstractmethod
    def limits(self) -> tuple[float, float]:
        """Least and largest state."""

    @property
    @abstractmethod
    def thresholds(self) -> tuple[float, float]:
        """Voltages, negative and positive, between which no state moves."""

    @abstractmethod
    def conductance(self, x: ArrayLike) -> Floats:
        """G(x), the slope of the current at 0 V, S."""

    @abstractmethod
    def state_of(self, conductance: ArrayLike) -> Floats:
        """The state that has this conductance; BadInput if none has."""

    @abstractmethod
    def iv_shape(self, volts: ArrayLike) -> Floats:
        """f(V) in V, the shape of the I-V characteristic."""

    @abstractmethod
    def iv_slope(self, volts: ArrayLike) -> Floats:
        """f'(V), dimensionless."""

    @abstractmethod
    def rate(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dx/dt, 1/s or m/s."""

    def current(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """A, positive from plus to minus."""
        return np.asarray(self.conductance(x) * self.iv_shape(volts))

    def slope(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dI/dV at a fixed state, S."""
        return np.asarray(self.conductance(x) * self.iv_slope(volts))

"""A device behind a resistance: its wire, its access transistor, its electrode."""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices.compact import checks
from analog_pc.devices.compact.model import CompactModel
from analog_pc.errors import BadInput, SimulationFailed

MOST = 200  # Newton steps; sinh takes one per v0 of voltage to come down


class InSeries:
    """::

        plus o--[ ohms ]--+--[ model ]--o minus           V = u + ohms I(u, x)
                           <---- u ---->

    It moves as the model does, at the voltage u that is left of V.

    Raises
    ------
    BadInput
        For a resistance that is negative or not finite.
    """

    def __init__(self, model: CompactModel, ohms: float) -> None:
        if not (math.isfinite(ohms) and ohms >= 0.0):
            raise BadInput(f"{model.name}: ohms = {ohms!r} in series, must be finite and >= 0")
        self.model = model
        self.ohms = float(ohms)
        self.name = model.name

    @property
    def limits(self) -> tuple[float, float]:
        """Limits of the model."""
        return self.model.limits

    def rate(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dx/dt where the two together have these volts; nan where u cannot be found."""
        return self.model.rate(self._solve(volts, x), x)

    def current(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """Current in A through both."""
        return self.model.current(self.device_volts(volts, x), x)

    def device_volts(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """u in V.

        Raises
        ------
        SimulationFailed
            If it is not found, as for voltages at which the current overflows.
        """
        u = self._solve(volts, x)
        if not np.isfinite(u).all():
            raise SimulationFailed(f"{self.name} in series with {self.ohms:g} Ohm: no voltage found")
        return u

    def _solve(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """u by Newton's method from u = V down, nan where it does not end.

        On either side of 0 V the current of every model grows with a slope that grows too, so no step passes
        the solution; the last one is below 8 eps of V.
        """
        v, state = np.broadcast_arrays(*checks.floats(volts, x))
        u = v.copy()
        goal = 8.0 * np.finfo(np.float64).eps * np.abs(v)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(MOST):
                gap = u + self.ohms * self.model.current(u, state) - v
                step = gap / (1.0 + self.ohms * self.model.slope(u, state))
                u = u - step
                open_ = np.abs(step) > goal  # not so for nan
                if not open_.any():
                    return np.asarray(u)
        return np.where(open_, np.nan, u)

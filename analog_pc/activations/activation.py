"""An activation function f, with its derivatives and the drive of its circuit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Activation:
    """f, f' and f'' of arrays.  Without kinks the drive z of the circuit is x (see `PiecewiseLinear`).

    `unit` is the scale of x on which f changes its slope; 0 for f(c x) = c f(x), c > 0, which has none.
    """

    name: str
    f: Callable[[Floats], Floats]
    derivatives: Callable[[Floats], tuple[Floats, Floats]]  # f' and f''
    kinks: tuple[float, ...] = ()
    unit: float = 1.0

    @property
    def jumps(self) -> tuple[tuple[float, float, float], ...]:
        """Each kink, and f' to its left and to its right."""
        return ()

    def slope(self, x: Floats) -> Floats:
        """f'; on a kink the slope of its left side."""
        return self.derivatives(x)[0]

    def curvature(self, x: Floats) -> Floats:
        """f''; 0 on a kink."""
        return self.derivatives(x)[1]

    def position(self, z: Floats) -> Floats:
        """The x that a drive makes."""
        return z

    def drive(self, x: Floats, gate: Floats | None = None) -> Floats:
        """The drive that makes x; `gate` where x rests on a kink (NaN elsewhere)."""
        return x

    def gate(self, z: Floats) -> Floats:
        """f'(x), or its value inside the jump at a kink."""
        return self.slope(z)

    def at_kink(
        self, x: Floats, weighted_error: Floats, feedback: Floats, near: float
    ) -> tuple[Floats, Floats]:
        """Activities, moved onto the kink where they rest on one, and their gates there (NaN elsewhere).

        Parameters
        ----------
        x, weighted_error, feedback
            Activities x, precision (x - mu), and W^T times this error of the layer above, [samples, n].
        near
            How far from a kink x may be to rest on it.
        """
        return x, np.full_like(x, np.nan)

    def inside_jump(self, gate: Floats) -> Bools:
        """Whether the gate of an activity (NaN off the kinks) lies between two slopes, beyond rounding."""
        return np.zeros(gate.shape, dtype=np.bool_)

"""Piecewise-linear activations.

Where f has a kink, f' jumps, and an equilibrium may rest exactly on the kink with an effective slope
between the two sides: a set-valued gate.  In a circuit the gate follows the output of a precision
rectifier's op-amp, which crosses its dead zone.  This *drive* z makes both single valued: outside the
kinks ``x`` moves with ``z``; inside a dead zone of width 1 after each kink, ``x`` stays on the kink while
the gate goes from one slope to the next::

     x |        /          gate |      ____  f'(right)
       |   ____/  dead          |     /
       |  /       zone          |____/       f'(left)
       +-----------> z          +----------> z

    position(z) = x      gate(z) = f'(x), or its value inside the jump
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.activations.activation import Activation
from analog_pc.arrays import Bools, Floats

GATE_ROUNDING = 1e-12  # a gate this near to a slope, as a part of the largest slope, is that slope


@dataclass(frozen=True, eq=False, kw_only=True)
class PiecewiseLinear(Activation):
    """A continuous piecewise-linear activation; ``slopes[k]`` holds left of ``kinks[k]``."""

    slopes: tuple[float, ...]

    @property
    def jumps(self) -> tuple[tuple[float, float, float], ...]:
        return tuple(zip(self.kinks, self.slopes[:-1], self.slopes[1:], strict=True))

    def _dead(self, z: Floats) -> list[Floats]:
        """How far z is into each dead zone, 0 to 1."""
        return [np.clip(z - (kink + k), 0.0, 1.0) for k, kink in enumerate(self.kinks)]

    def position(self, z: Floats) -> Floats:
        return np.asarray(z - sum(self._dead(z)))

    def drive(self, x: Floats, gate: Floats | None = None) -> Floats:
        z = np.asarray(x + sum(1.0 * (x > kink) for kink in self.kinks))
        if gate is None:
            return z
        for k, (kink, step) in enumerate(zip(self.kinks, self._steps, strict=True)):
            z = np.where((x == kink) & ~np.isnan(gate), kink + k + (gate - self.slopes[k]) / step, z)
        return z

    def gate(self, z: Floats) -> Floats:
        return np.asarray(
            self.slopes[0] + sum(s * d for s, d in zip(self._steps, self._dead(z), strict=True))
        )

    def at_kink(
        self, x: Floats, weighted_error: Floats, feedback: Floats, near: float
    ) -> tuple[Floats, Floats]:
        """A node within `near` of a kink rests there, with the gate ``weighted_error / feedback``, if that is
        between the two slopes and E has a minimum across the kink (its slope rises there, by
        -step feedback > 0).  Parameters as for `Activation.at_kink`."""
        position = x
        gate = np.full_like(x, np.nan)
        balance = weighted_error / np.where(feedback != 0.0, feedback, 1.0)
        for k, (kink, step) in enumerate(zip(self.kinks, self._steps, strict=True)):
            opening = (balance - self.slopes[k]) / step
            between = (opening >= 0.0) & (opening <= 1.0)
            rests = (np.abs(x - kink) <= near) & (step * feedback < 0.0) & between
            position = np.where(rests, kink, position)
            gate = np.where(rests, balance, gate)
        return position, gate

    def inside_jump(self, gate: Floats) -> Bools:
        from_slopes = np.abs(gate[..., None] - np.array(self.slopes)).min(axis=-1)
        return np.asarray(from_slopes > GATE_ROUNDING * max(self.slopes))  # NaN is not

    @property
    def _steps(self) -> tuple[float, ...]:
        return tuple(float(s) for s in np.diff(self.slopes))


def piecewise_linear(
    name: str, kinks: tuple[float, ...], slopes: tuple[float, ...], at_zero: float
) -> PiecewiseLinear:
    """The activation with given slopes between kinks and a given value at 0.

    Parameters
    ----------
    name
        By which networks and files call it.
    kinks, slopes
        Ascending; ``slopes[k]`` holds left of ``kinks[k]``, the last one right of all.
    at_zero
        f(0).
    """

    def raw(x: Floats) -> Floats:
        steps = zip(np.diff(slopes), kinks, strict=True)
        return np.asarray(slopes[0] * x + sum(float(s) * np.maximum(x - kink, 0.0) for s, kink in steps))

    shift = at_zero - float(raw(np.zeros(1))[0])

    def f(x: Floats) -> Floats:
        return raw(x) + shift

    def derivatives(x: Floats) -> tuple[Floats, Floats]:
        slope = np.asarray(slopes)[np.searchsorted(np.asarray(kinks), x, side="left")]
        return slope, np.zeros_like(x)

    unit = max(abs(kink) for kink in kinks)
    return PiecewiseLinear(name=name, f=f, derivatives=derivatives, kinks=kinks, slopes=slopes, unit=unit)


PIECEWISE_LINEAR = (
    piecewise_linear("relu", (0.0,), (0.0, 1.0), 0.0),
    piecewise_linear("leaky_relu", (0.0,), (0.01, 1.0), 0.0),
    piecewise_linear("hard_sigmoid", (-3.0, 3.0), (0.0, 1.0 / 6.0, 0.0), 0.5),
)

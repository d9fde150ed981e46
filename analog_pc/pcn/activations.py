"""Activation functions.

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

A smooth f has no kinks: ``position(z) = z``.  Definitions: sigmoid 1/(1+e^-x); leaky_relu slope 0.01;
hard_sigmoid clip(x/6 + 1/2, 0, 1) (as in PyTorch and JAX).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analog_pc.arrays import Bools, Floats
from analog_pc.errors import BadInput


@dataclass(frozen=True, eq=False)
class Activation:
    """A smooth activation: f, f' and f''."""

    name: str
    f: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    curvature: Callable[[Floats], Floats]

    kinks: tuple[float, ...] = ()
    unit: float = 1.0  # the scale of x on which f bends; 0 for f(c x) = c f(x), c > 0, which has none

    def position(self, z: Floats) -> Floats:
        return z

    def drive(self, x: Floats, gate: Floats | None = None) -> Floats:
        """The drive that makes x; `gate` where x rests on a kink (NaN elsewhere)."""
        return x

    def gate(self, z: Floats) -> Floats:
        return self.slope(z)

    def at_kink(self, x: Floats, force: Floats, feedback: Floats, near: float) -> tuple[Floats, Floats]:
        """Activities, moved onto the kink where they rest on one, and their gates there (NaN elsewhere)."""
        return x, np.full_like(x, np.nan)

    def inside_jump(self, gate: Floats) -> Bools:
        """Whether the gate of an activity (NaN off the kinks) lies between two slopes, and is neither."""
        return np.zeros(gate.shape, dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class PiecewiseLinear(Activation):
    """A continuous piecewise-linear activation; ``slopes[k]`` holds left of ``kinks[k]``."""

    slopes: tuple[float, ...] = ()

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

    def at_kink(self, x: Floats, force: Floats, feedback: Floats, near: float) -> tuple[Floats, Floats]:
        """A node within `near` of a kink rests there, with the gate ``force / feedback``, if that is between
        the two slopes and E has a minimum across the kink (its slope rises there, by -step feedback > 0)."""
        position, gate = x, np.full_like(x, np.nan)
        balance = force / np.where(feedback != 0.0, feedback, 1.0)
        for k, (kink, step) in enumerate(zip(self.kinks, self._steps, strict=True)):
            opening = (balance - self.slopes[k]) / step
            between = (opening >= 0.0) & (opening <= 1.0)
            rests = (np.abs(x - kink) <= near) & (step * feedback < 0.0) & between
            position = np.where(rests, kink, position)
            gate = np.where(rests, balance, gate)
        return position, gate

    def inside_jump(self, gate: Floats) -> Bools:
        return ~(np.isnan(gate) | np.isin(gate, self.slopes))

    @property
    def _steps(self) -> tuple[float, ...]:
        return tuple(float(s) for s in np.diff(self.slopes))


def piecewise_linear(
    name: str, kinks: tuple[float, ...], slopes: tuple[float, ...], at_zero: float
) -> Activation:
    """The activation with the given slopes between kinks and ``f(0) = at_zero``."""

    def raw(x: Floats) -> Floats:
        steps = zip(np.diff(slopes), kinks, strict=True)
        return np.asarray(slopes[0] * x + sum(float(s) * np.maximum(x - kink, 0.0) for s, kink in steps))

    shift = at_zero - float(raw(np.zeros(1))[0])

    def f(x: Floats) -> Floats:
        return raw(x) + shift

    def slope(x: Floats) -> Floats:
        return np.asarray(slopes)[np.searchsorted(np.asarray(kinks), x, side="left")]

    unit = max(abs(kink) for kink in kinks)
    return PiecewiseLinear(name, f, slope, np.zeros_like, kinks=kinks, slopes=slopes, unit=unit)


def _sigmoid_slope(x: Floats) -> Floats:
    y = expit(x)
    return np.asarray(y * (1.0 - y))


def _sigmoid_curvature(x: Floats) -> Floats:
    y = expit(x)
    return np.asarray(y * (1.0 - y) * (1.0 - 2.0 * y))


def _tanh_slope(x: Floats) -> Floats:
    return 1.0 - np.tanh(x) ** 2


def _tanh_curvature(x: Floats) -> Floats:
    y = np.tanh(x)
    return np.asarray(-2.0 * y * (1.0 - y * y))


IDENTITY = Activation("identity", lambda x: x, np.ones_like, np.zeros_like, unit=0.0)

ACTIVATIONS: dict[str, Activation] = {
    a.name: a
    for a in (
        IDENTITY,
        Activation("tanh", np.tanh, _tanh_slope, _tanh_curvature),
        Activation("sigmoid", lambda x: np.asarray(expit(x)), _sigmoid_slope, _sigmoid_curvature),
        piecewise_linear("relu", (0.0,), (0.0, 1.0), 0.0),
        piecewise_linear("leaky_relu", (0.0,), (0.01, 1.0), 0.0),
        piecewise_linear("hard_sigmoid", (-3.0, 3.0), (0.0, 1.0 / 6.0, 0.0), 0.5),
    )
}


def activation(name: str) -> Activation:
    """The activation of that name; `BadInput` lists the names."""
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):
        raise BadInput(f"unknown activation {name!r}: use one of {', '.join(ACTIVATIONS)}") from None

"""Activation functions, written over a drive z that unfolds their kinks.

Where f has a kink, f' jumps, and an equilibrium may rest exactly on the kink with an effective slope
between the two sides (a set-valued gate, as in a precision rectifier whose op-amp crosses its dead
zone).  A drive ``z`` makes both single valued: outside the kinks ``x`` moves with ``z``; inside a
*dead zone* of width 1 after each kink, ``x`` stays on the kink while the gate goes from one slope to
the next::

     x |        /          gate |      ____  f'(right)
       |   ____/  dead          |     /
       |  /       zone          |____/       f'(left)
       +-----------> z          +----------> z

    position(z) = x      gate(z) = f'(x), or its value inside the jump      rate(z) = f(x)

A smooth f has no kinks: ``position(z) = z``.  Definitions: sigmoid 1/(1+e^-x); leaky_relu slope 0.01;
hard_sigmoid clip(x/6 + 1/2, 0, 1) (as in PyTorch and JAX).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput

_ENTRY = 1e-3  # how far into a dead zone of width 1 a step that meets a kink goes


@dataclass(frozen=True, eq=False)
class Activation:
    """A smooth activation: f, f' and f''."""

    name: str
    f: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    curvature: Callable[[Floats], Floats]

    kinks: tuple[float, ...] = ()

    def position(self, z: Floats) -> Floats:
        return z

    def mobile(self, z: Floats) -> Floats | None:
        """1 where x moves with z, 0 in a dead zone; None means 1 everywhere."""
        return None

    def drive(self, x: Floats) -> Floats:
        return x

    def moved(self, z: Floats, dz: Floats) -> Floats:
        """Drive after a step dz."""
        return z + dz

    def balanced(self, z: Floats, x: Floats, force: Floats, feedback: Floats, near: float) -> Floats:
        """Drives of activities at rest; only kinks make a difference."""
        return z

    def rate(self, z: Floats) -> Floats:
        return self.f(z)

    def gate(self, z: Floats) -> Floats:
        return self.slope(z)

    def gate_slope(self, z: Floats) -> Floats:
        return self.curvature(z)


@dataclass(frozen=True, eq=False)
class PiecewiseLinear(Activation):
    """A continuous piecewise-linear activation; ``slopes[k]`` holds left of ``kinks[k]``."""

    slopes: tuple[float, ...] = ()

    def _dead(self, z: Floats) -> list[Floats]:
        """How far z is into each dead zone, 0 to 1."""
        return [np.clip(z - (kink + k), 0.0, 1.0) for k, kink in enumerate(self.kinks)]

    def position(self, z: Floats) -> Floats:
        return np.asarray(z - sum(self._dead(z)))

    def mobile(self, z: Floats) -> Floats | None:
        resting = sum((d > 0.0) & (d < 1.0) for d in self._dead(z))
        return np.asarray(1.0 - resting, dtype=np.float64)

    def drive(self, x: Floats) -> Floats:
        return np.asarray(x + sum(1.0 * (x > kink) for kink in self.kinks))

    def moved(self, z: Floats, dz: Floats) -> Floats:
        """Drive after a step dz, which stops where it meets a kink: just inside a dead zone on the way
        in, on its edge on the way out.  So one step never changes both x across a kink and its gate."""
        new = z + dz
        for k, kink in enumerate(self.kinks):
            low, high = kink + k, kink + k + 1.0
            inside = (z > low) & (z < high)
            new = np.where(inside, np.clip(new, low, high), new)
            new = np.where((z <= low) & (new > low), low + _ENTRY, new)
            new = np.where((z >= high) & (new < high), high - _ENTRY, new)
        return np.asarray(new)

    def rate(self, z: Floats) -> Floats:
        return self.f(self.position(z))

    def gate(self, z: Floats) -> Floats:
        return np.asarray(
            self.slopes[0] + sum(s * d for s, d in zip(self._steps, self._dead(z), strict=True))
        )

    def gate_slope(self, z: Floats) -> Floats:
        parts = zip(self._steps, self._dead(z), strict=True)
        return np.asarray(sum(s * ((d > 0.0) & (d < 1.0)) for s, d in parts))

    def balanced(self, z: Floats, x: Floats, force: Floats, feedback: Floats, near: float) -> Floats:
        """Drives with ``force = gate feedback`` for activities that rest within `near` of a kink."""
        safe = np.where(feedback != 0.0, feedback, 1.0)
        for k, (kink, step) in enumerate(zip(self.kinks, self._steps, strict=True)):
            depth = (force / safe - self.slopes[k]) / step
            rests = (np.abs(x - kink) <= near) & (step * feedback < 0.0) & (depth > 0.0) & (depth < 1.0)
            z = np.where(rests, kink + k + depth, z)
        return z

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

    return PiecewiseLinear(name, f, slope, np.zeros_like, kinks=kinks, slopes=slopes)


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


IDENTITY = Activation("identity", lambda x: x, np.ones_like, np.zeros_like)

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

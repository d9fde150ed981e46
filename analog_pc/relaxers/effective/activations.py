"""The activation circuits of one sample, compiled, over the drive z that a search moves.

Smooth ones have z = x.  A rectifier (`cells/activations.py`) unfolds the kinks of a piecewise-linear f::

    x = X(z) + fold z      X rests at a kink while z crosses a dead zone of width 1, where the gate opens

`fold` is 1 / gain of its op-amp.  Outside dead zones dx/dz = 1 + fold, inside fold; all of x, f(x) and the
gate are continuous in z.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.activations import Activation, PiecewiseLinear
from analog_pc.activations.compiled import KINKED, code_of
from analog_pc.arrays import Any, Floats
from analog_pc.compiled.kernel import REGROUPED_SUMS, kernel

ENTRY = 1e-12  # how far into a dead zone a step that meets a kink goes: less than any tolerance sees


def law_of(f: Activation, fold: float) -> tuple[Any, ...]:
    """What `activate` has to know of f: code, kinks, slopes, f at the first kink, fold."""
    if isinstance(f, PiecewiseLinear):
        kinks, slopes = np.array(f.kinks), np.array(f.slopes)
        return KINKED, kinks, slopes, float(f.f(kinks[:1])[0]), fold
    return code_of(f), np.empty(0), np.empty(0), 0.0, 0.0


@kernel(fastmath=REGROUPED_SUMS)
def activate(
    law: tuple[int, Floats, Floats, float, float],
    gain: Floats,
    offset: Floats,
    z: Floats,
    x: Floats,
    mobile: Floats,
    phi: Floats,
    slope: Floats,
    gate: Floats,
    bend: Floats,
) -> None:
    """x and dx/dz, phi = gain f(x + offset) and dphi/dz, the gate f'(x) and dgate/dz."""
    code = law[0]
    for j in range(z.size):
        x[j], mobile[j] = z[j], 1.0
        if code == 0:
            phi[j], slope[j], gate[j], bend[j] = gain[j] * (z[j] + offset[j]), gain[j], 1.0, 0.0
        elif code == 1:
            y, w = math.tanh(z[j] + offset[j]), math.tanh(z[j])
            phi[j], slope[j] = gain[j] * y, gain[j] * (1.0 - y * y)
            gate[j], bend[j] = 1.0 - w * w, -2.0 * w * (1.0 - w * w)
        elif code == 2:
            y, w = 0.5 + 0.5 * math.tanh(0.5 * (z[j] + offset[j])), 0.5 + 0.5 * math.tanh(0.5 * z[j])
            phi[j], slope[j] = gain[j] * y, gain[j] * y * (1.0 - y)
            gate[j], bend[j] = w * (1.0 - w), w * (1.0 - w) * (1.0 - 2.0 * w)
        else:
            x[j], mobile[j], gate[j], bend[j] = _unfolded(law, z[j])
            value, rise = _ramps(law, x[j] + offset[j])
            phi[j], slope[j] = gain[j] * value, gain[j] * rise * mobile[j]


@kernel(fastmath=REGROUPED_SUMS)
def _unfolded(law: tuple[int, Floats, Floats, float, float], z: float) -> tuple[float, float, float, float]:
    """x, dx/dz, gate and dgate/dz of a rectifier."""
    _, kinks, slopes, _, fold = law
    x, mobile, gate, bend = z, 1.0, slopes[0], 0.0
    for k in range(kinks.size):
        inside = min(max(z - (kinks[k] + k), 0.0), 1.0)
        x -= inside
        gate += (slopes[k + 1] - slopes[k]) * inside
        if 0.0 < inside < 1.0:
            mobile, bend = 0.0, slopes[k + 1] - slopes[k]
    return x + fold * z, mobile + fold, gate, bend


@kernel(fastmath=REGROUPED_SUMS)
def _ramps(law: tuple[int, Floats, Floats, float, float], x: float) -> tuple[float, float]:
    """A piecewise-linear f and its slope."""
    _, kinks, slopes, start, _ = law
    value, rise = start + slopes[0] * (x - kinks[0]), slopes[0]
    for k in range(kinks.size):
        if x > kinks[k]:
            value += (slopes[k + 1] - slopes[k]) * (x - kinks[k])
            rise = slopes[k + 1]
    return value, rise


@kernel(fastmath=REGROUPED_SUMS)
def moved(law: tuple[int, Floats, Floats, float, float], z: float, step: float) -> float:
    """The drive after a step, which stops where it meets a kink: one step never changes both x across a
    kink and its gate."""
    kinks, new = law[1], z + step
    for k in range(kinks.size):
        low, high = kinks[k] + k, kinks[k] + k + 1.0
        if low < z < high:
            new = min(max(new, low), high)
        elif z <= low < new:
            new = low + ENTRY
        elif new < high <= z:
            new = high - ENTRY
    return new

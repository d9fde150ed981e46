"""Transfer functions of one voltage: value, derivative and SPICE expression side by side.

Each is made by a small plain function; `tests/unit/circuit/test_transfer.py` holds the three faces of every
one against each other.  ``v`` is in volts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce

import numpy as np

from analog_pc.activations import Smooth
from analog_pc.arrays import Floats

LOST = 2.0**-54  # 1 + this is 1

Value = Callable[[Floats], Floats]
ValueAndDerivative = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class TransferFunction:
    """``y = value(v)``; `expression` turns a SPICE voltage such as ``v(x1_0)`` into text.

    `both`: value and derivative at once, where one evaluation gives both.  `parameters`: those of a function
    of this name in compiled code (native `kernels/transfer_functions.py`); None where that has none.
    """

    name: str
    value: Value
    derivative: Value
    expression: Callable[[str], str]
    both: ValueAndDerivative | None = None
    parameters: tuple[float, ...] | None = None

    def value_and_derivative(self, v: Floats) -> tuple[Floats, Floats]:
        """The value and the derivative."""
        return self.both(v) if self.both is not None else (self.value(v), self.derivative(v))


def activation_transfer(f: Smooth, volts_per_unit: float) -> TransferFunction:
    """y = s f(v / s), s the volts per unit: for tanh a differential pair with a slope voltage of s."""
    s = float(volts_per_unit)

    def value(v: Floats) -> Floats:
        return s * f.f(v / s)

    return TransferFunction(
        f.name, value, lambda v: f.slope(v / s), lambda v: f.expression(v, s), parameters=(s,)
    )


def activation_gate(f: Smooth, volts_per_unit: float) -> TransferFunction:
    """y = f'(v / s), the slope of `activation_transfer`."""
    s = float(volts_per_unit)

    def both(v: Floats) -> tuple[Floats, Floats]:
        slope, curvature = f.derivatives(v / s)
        return slope, curvature / s

    return TransferFunction(
        f"{f.name}_gate",
        lambda v: both(v)[0],
        lambda v: both(v)[1],
        lambda v: f.slope_expression(v, s),
        both,
        (s,),
    )


def linear_transfer(slope: float) -> TransferFunction:
    """y = slope v: of a multiplier, a gate that is the control voltage itself.  Compiled as a ramp."""
    k = float(slope)
    return TransferFunction(
        "ramp",
        lambda v: k * v,
        lambda v: np.full_like(v, k),
        lambda v: f"({k!r})*({v})",
        parameters=(0.0, 0.0, k, k),
    )


def ramp_transfer(
    edges: tuple[float, ...], slopes: tuple[float, ...], offset: float = 0.0
) -> TransferFunction:
    """Continuous piecewise-linear function: ``slopes[k]`` between ``edges[k-1]`` and ``edges[k]``.

    ``y(v) = offset + slopes[0] min(v, e0) + sum_k slopes[k] clip(v - e_{k-1}, 0, e_k - e_{k-1}) + ...``
    so ``y(0) = offset`` when ``edges[0] >= 0``.  Every SPICE parser reads min and max alike.

    Parameters
    ----------
    edges
        V, ascending.
    slopes
        One more than edges.
    offset
        y(0) where ``edges[0] >= 0``, V.
    """
    edges = tuple(float(e) for e in edges)
    slopes = tuple(float(k) for k in slopes)
    offset = float(offset)

    def pieces(v: Floats) -> Floats:
        y = offset + slopes[0] * np.minimum(v, edges[0])
        for low, high, slope in zip(edges, (*edges[1:], np.inf), slopes[1:], strict=True):
            y = y + slope * np.clip(v - low, 0.0, high - low)
        return np.asarray(y, dtype=np.float64)

    def derivative(v: Floats) -> Floats:
        return np.asarray(slopes, dtype=np.float64)[np.searchsorted(np.asarray(edges), v, side="left")]

    def above(v: str, edge: float) -> str:
        return f"max({v}-({edge!r}),0)"

    def expression(v: str) -> str:
        terms = [f"({offset!r})"] if offset else []
        if slopes[0]:
            terms.append(f"({slopes[0]!r})*min({v},{edges[0]!r})")
        for low, high, slope in zip(edges, (*edges[1:], np.inf), slopes[1:], strict=True):
            if slope:
                part = above(v, low) if high == np.inf else f"min({above(v, low)},{high - low!r})"
                terms.append(f"({slope!r})*{part}")
        return "(" + "+".join(terms or ["0"]) + ")"

    return TransferFunction("ramp", pieces, derivative, expression, parameters=(offset, *edges, *slopes))


@cache
def limiter(most: float, order: int) -> TransferFunction:
    """y = v / (1 + (v / most)^order)^(1/order): slope 1 at 0, |y| < most; the larger the order, the sharper.

    The order is even, so that the power is the same for both signs.
    """
    most, order = float(most), int(order)

    def root(v: Floats) -> Floats:
        """1 / (1 + (v / most)^order)^(1/order); products and a logarithm, because numpy's powers are slow."""
        square = (v / most) ** 2
        power = reduce(np.multiply, [square] * (order // 2))
        if power.max(initial=0.0) < LOST:  # far from the limit, as most amplifiers of a circuit are
            return np.ones_like(power)
        return np.asarray(1.0 / np.sqrt(1.0 + power) if order == 2 else np.exp(np.log(1.0 + power) / -order))

    def value(v: Floats) -> Floats:
        return np.asarray(v * root(v))

    def derivative(v: Floats) -> Floats:
        return np.asarray(root(v) ** (order + 1))

    def expression(v: str) -> str:
        # A simulator's first iterates are wild, and pow overflows where the function itself does not.
        part = f"min(max(({v})/{most!r},-1e30),1e30)"
        return f"({v})/pow(1+pow({part},{order}),{1.0 / order!r})"

    return TransferFunction("limiter", value, derivative, expression, parameters=(most, float(order)))


def sinh_transfer(per_volt: float) -> TransferFunction:
    """y = sinh(b v) / b: a device whose current grows exponentially with its voltage; b in 1/V."""
    b = float(per_volt)
    return TransferFunction(
        "sinh",
        lambda v: np.sinh(b * v) / b,
        lambda v: np.cosh(b * v),
        lambda v: f"sinh({b!r}*({v}))/{b!r}",
        parameters=(b,),
    )


def cubic_transfer(per_square_volt: float) -> TransferFunction:
    """y = v + k v^3; k in 1/V^2.  For k < 0 only below |v| = 1/sqrt(-3 k), where the slope changes sign."""
    k = float(per_square_volt)
    return TransferFunction(
        "cubic",
        lambda v: v + k * v * v * v,  # odd to the last bit, which a power is not on every machine
        lambda v: 1.0 + 3.0 * k * v**2,
        lambda v: f"(({v})+({k!r})*({v})*({v})*({v}))",
        parameters=(k,),
    )

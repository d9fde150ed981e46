"""The function of Wright for real numbers, omega + ln omega = z, in compiled code.

Source: P. W. Lawrence, R. M. Corless, D. J. Jeffrey, "Algorithm 917: Complex double-precision evaluation of
the Wright omega function", ACM Trans. Math. Software 38, 20 (2012): an expansion, then steps of fourth order.
"""

from __future__ import annotations

import math

from analog_pc.compiled.kernel import INNER, kernel

# exp(z) is omega up to a part of exp(z), which is less than a rounding error below this z.
EXPONENTIAL = -40.0
STEPS = 2  # an error of 10 % of the expansion becomes one of 1e-5, then one below a rounding error


@kernel(**INNER)
def wright_omega(z: float) -> tuple[float, float]:
    """Omega and its derivative, omega / (1 + omega)."""
    if z < EXPONENTIAL:
        small = math.exp(z)
        return small, small
    if z < -2.0:
        e = math.exp(z)
        w = e * (1.0 - e * (1.0 - 1.5 * e))
    elif z < 1.0 + math.pi:
        x = z - 1.0
        w = 1.0 + x * (0.5 + x * (1.0 / 16.0 - x / 192.0))
    else:
        log = math.log(z)
        w = z - log + log / z
    for _ in range(STEPS):
        r = z - w - math.log(w)
        t = 1.0 + w
        u = 2.0 * t * (t + 2.0 / 3.0 * r)
        w *= 1.0 + r / t * (u - r) / (u - 2.0 * r)
    return w, w / (1.0 + w)

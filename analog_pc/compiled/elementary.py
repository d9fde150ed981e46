"""Exponential and logarithm in arithmetic that the compiler turns into SIMD where it loops over many numbers.

::

    e^x = 2^k (1 + q(r)),          k = round(x / ln 2),          r = x - k ln 2,          |r| <= ln 2 / 2
    ln z = k ln 2 + 2 artanh(s),   z = 2^k m,  1/2 <= m^2 < 2,   s = (m - 1) / (m + 1),   |s| <= 0.172

q is the Taylor polynomial of e^r - 1 to degree 13, whose remainder r^14 / 14! is below 5e-18; it is kept
apart from the 1.  The series of artanh(s) / s ends with s^20 / 21, and what it leaves out is below 1e-18.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.compiled.kernel import ORDERED_SUMS, kernel

_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # the leading 32 bits of ln 2: exact in products with k
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")  # the following bits
_ROUND = 1.5 * 2.0**52  # a double of this size has no fraction: adding it rounds, and its low bits hold k
_ROOT_HALF = int(np.float64(math.sqrt(0.5)).view(np.int64))  # the bits of the least m
_FRACTION = 52  # bits of a double behind its exponent
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = (
    1.0 / math.factorial(n) for n in range(2, 14)
)
_A3, _A5, _A7, _A9, _A11, _A13, _A15, _A17, _A19, _A21 = (1.0 / n for n in range(3, 22, 2))


@kernel(error_model="numpy", fastmath=ORDERED_SUMS)
def exponential(x: float) -> tuple[float, float]:
    """power and q of e^x = power (1 + q), for -700 <= x <= 0; NaN of NaN."""
    rounded = x * _LOG2_E + _ROUND
    k = rounded - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    total = _C13 * r + _C12
    total = total * r + _C11
    total = total * r + _C10
    total = total * r + _C9
    total = total * r + _C8
    total = total * r + _C7
    total = total * r + _C6
    total = total * r + _C5
    total = total * r + _C4
    total = total * r + _C3
    exponent = np.float64(rounded).view(np.int64) + 1023
    return np.int64(exponent << _FRACTION).view(np.float64), (total * r + _C2) * r * r + r


@kernel(error_model="numpy", fastmath=ORDERED_SUMS)
def logarithm(z: float) -> float:
    """ln z of a normal number > 0; what it gives for others has no meaning."""
    bits = np.float64(z).view(np.int64)
    exponent = (bits - _ROOT_HALF) >> _FRACTION
    m = np.int64(bits - (exponent << _FRACTION)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    total = _A21 * square + _A19
    total = total * square + _A17
    total = total * square + _A15
    total = total * square + _A13
    total = total * square + _A11
    total = total * square + _A9
    total = total * square + _A7
    total = total * square + _A5
    total = total * square + _A3
    k = float(exponent)
    return k * _LN2_HIGH + ((2.0 * s + k * _LN2_LOW) + 2.0 * s * square * total)

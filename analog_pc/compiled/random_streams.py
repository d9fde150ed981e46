"""Compiled random numbers: one SplitMix64 stream a row and update, normal deviates by the ziggurat.

A stream is a state that grows by an odd gamma; the state, mixed, is the random number::

    state += gamma,    bits = mix(state)

Streams of different rows have different gammas, so that they never run in step (Steele, Lea & Flood,
OOPSLA 2014, doi:10.1145/2660193.2660195).  What a row draws does not depend on who else draws: an update
is the same on any number of threads.  Ziggurat: Marsaglia & Tsang, J. Stat. Softw. 5(8), 2000, with layer,
sign and abscissa from separate bits (Doornik 2005); it is exact up to the 53 bits of the abscissa.  Many at
once are tried at once, which uses SIMD; the one in 69 that is not in the inner rectangle of its layer is
finished afterwards.
"""

from __future__ import annotations

import math

import numpy as np

from analog_pc.arrays import Floats, Ints, UInt64s
from analog_pc.compiled.kernel import WITHOUT_ENTRY, kernel

LAYERS = 256
TAIL = 3.6541528853610088  # where the tail begins: R of Marsaglia & Tsang for 256 layers

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ROW = np.uint64(0xD1342543DE82EF95)
_U0, _U1, _U11, _U27, _U30, _U31 = (np.uint64(k) for k in (0, 1, 11, 27, 30, 31))
_U255 = np.uint64(255)
_U511 = np.uint64(511)
_STEP = 2.0**-53


def _ziggurat() -> tuple[Floats, Floats]:
    """Abscissas x_0 > x_1 = R > ... > x_256 = 0 of layers of equal area V, and exp(-x^2 / 2) there."""
    area = TAIL * math.exp(-0.5 * TAIL**2) + math.sqrt(0.5 * math.pi) * math.erfc(TAIL / math.sqrt(2.0))
    x = np.zeros(LAYERS + 1)
    x[0] = area / math.exp(-0.5 * TAIL**2)
    x[1] = TAIL
    for i in range(2, LAYERS):
        x[i] = math.sqrt(-2.0 * math.log(area / x[i - 1] + math.exp(-0.5 * x[i - 1] ** 2)))
    return x, np.exp(-0.5 * x * x)


_X, _F = _ziggurat()
_SIGNED = np.concatenate([_X[:-1], -_X[:-1]])  # by layer, in bits 0 ... 7, and sign, in bit 8
# An abscissa below this share of the layer needs no look at the density.
_INSIDE = np.tile(_X[1:] / _X[:-1], 2)


def keys_of(rng: np.random.Generator, count: int) -> UInt64s:
    """Keys of streams, drawn, [count]."""
    return rng.integers(0, 2**64 - 1, size=count, dtype=np.uint64, endpoint=True)


@kernel(**WITHOUT_ENTRY)
def mix(state: np.uint64) -> np.uint64:
    """64 random bits of a state."""
    z = (state ^ (state >> _U30)) * _MIX_1
    z = (z ^ (z >> _U27)) * _MIX_2
    return z ^ (z >> _U31)


@kernel(nogil=True)
def stream(key: np.uint64, row: np.uint64) -> tuple[np.uint64, np.uint64]:
    """State and gamma of the stream of a row under a key (both uint64)."""
    seed = key + _ROW * (row + _U1)
    return mix(seed), mix(seed + _GOLDEN) | _U1


@kernel(nogil=True)
def uniform(bits: np.uint64) -> float:
    """A multiple of 2^-53 in [0, 1)."""
    return np.int64(bits >> _U11) * _STEP


@kernel(nogil=True)
def normal(state: np.uint64, gamma: np.uint64) -> tuple[float, np.uint64]:
    """A standard normal deviate, and the state after it."""
    state += gamma
    return _deviate(mix(state), state, gamma)


@kernel(**WITHOUT_ENTRY)
def _deviate(bits: np.uint64, state: np.uint64, gamma: np.uint64) -> tuple[float, np.uint64]:
    """The deviate that begins with these bits."""
    while True:
        layer = bits & _U511  # unsigned, so that no index is looked at for being negative
        u = uniform(bits)
        x = u * _SIGNED[layer]
        if u < _INSIDE[layer]:
            return x, state
        accepted, x, state = _edge(layer & _U255, x, state, gamma)
        if accepted:
            return x, state
        state += gamma
        bits = mix(state)


@kernel(nogil=True)
def _edge(layer: np.uint64, x: float, state: np.uint64, gamma: np.uint64) -> tuple[bool, float, np.uint64]:
    """Beyond the inner rectangle of a layer: the tail (layer 0), or a look at the density."""
    if layer > _U0:
        state += gamma
        y = _F[layer] + uniform(mix(state)) * (_F[layer + _U1] - _F[layer])
        return y < math.exp(-0.5 * x * x), x, state
    while True:
        state += gamma
        beyond = -math.log(1.0 - uniform(mix(state))) / TAIL
        state += gamma
        if -2.0 * math.log(1.0 - uniform(mix(state))) > beyond * beyond:
            return True, math.copysign(TAIL + beyond, x), state


@kernel(nogil=True)
def draw(state: np.uint64, gamma: np.uint64, count: int, bits: UInt64s, late: Ints, out: Floats) -> np.uint64:
    """Fill the front of a vector with normal deviates; the state after them.

    Parameters
    ----------
    state, gamma
        Of a `stream`.
    count
        How many.
    bits, late
        Scratch, [count or more].
    out
        [count or more].
    """
    for k in range(count):
        state += gamma
        bits[k] = mix(state)
    left = 0
    for k in range(count):
        layer = bits[k] & _U511
        u = uniform(bits[k])
        out[k] = u * _SIGNED[layer]
        late[left] = k
        left += u >= _INSIDE[layer]
    for m in range(left):
        k = late[m]
        out[k], state = _deviate(bits[k], state, gamma)
    return state


@kernel(nogil=True)
def normals(key: np.uint64, out: Floats) -> None:
    """Fill a vector with the normal deviates of stream 0 of a key."""
    state, gamma = stream(key, np.uint64(0))
    draw(state, gamma, out.size, np.empty(out.size, np.uint64), np.empty(out.size, np.int64), out)

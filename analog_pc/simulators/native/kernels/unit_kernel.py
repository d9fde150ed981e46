"""The compiled part of `units.py`: many small equations at once, one for each sample.

The last axis of every array counts samples, and every inner loop runs along it: that is what a processor does
four or eight at a time.  There is no pivoting, because samples would differ in it; a sample with a bad pivot
gets a bad step, or NaN, and its search says so.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Any, Floats, Ints
from analog_pc.compiled.kernel import FAST_MATH, kernel

OPTIONS: dict[str, Any] = {**FAST_MATH, "nogil": True}
INNER: dict[str, Any] = {
    **OPTIONS,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}  # called by others here alone


@kernel(**INNER)
def eliminate(system: Floats, n: int, right: Floats, first: int) -> None:
    """Solve system [: n, : n, samples] x = right [first : first + n, k, samples]; x takes the place of it."""
    k, samples = right.shape[1], right.shape[2]
    factor = np.empty(samples)
    for i in range(n):
        for s in range(samples):
            factor[s] = 1.0 / system[i, i, s]
        for j in range(i + 1, n):
            for s in range(samples):
                system[i, j, s] *= factor[s]
        for j in range(k):
            for s in range(samples):
                right[first + i, j, s] *= factor[s]
        for row in range(i + 1, n):
            for j in range(i + 1, n):
                for s in range(samples):
                    system[row, j, s] -= system[row, i, s] * system[i, j, s]
            for j in range(k):
                for s in range(samples):
                    right[first + row, j, s] -= system[row, i, s] * right[first + i, j, s]
    for i in range(n - 1, -1, -1):
        for row in range(i + 1, n):
            for j in range(k):
                for s in range(samples):
                    right[first + i, j, s] -= system[i, row, s] * right[first + row, j, s]


@kernel(**INNER)
def respond(
    slopes: Floats,
    f: Floats,
    order: Ints,
    starts: Ints,
    own: Floats,
    into: Floats,
    out: Floats,
    answers: Floats,
    through: Floats,
    put: Floats,
) -> None:
    """How every unit answers its channels and its residual: H^-1 (D_u into), H^-1 f with H = 1 - D_u own.

    slopes [inputs, outputs, samples], f [outputs, samples]; the outputs of unit u: order[starts[u] :
    starts[u+1]]. own [picked, inputs, b], into [picked, inputs, channels], out [picked, channels]: in the
    order of units, and with the inputs that picked outputs have, which others may exceed. Fills answers
    [picked, channels + 1, samples] and what `out` makes of them: through [units, channels, channels, samples]
    of the channels, put [units, channels, samples] of the residual.
    """
    samples, channels, size = slopes.shape[2], into.shape[2], own.shape[2]
    system, inverse = np.empty((size, size, samples)), np.empty(samples)
    for unit in range(len(starts) - 1):
        first, n = starts[unit], starts[unit + 1] - starts[unit]
        if n == 2 and channels == 1:
            felt, left = through[unit, 0, 0], put[unit, 0]
            _pair(slopes, f, order, first, own, into, out, system, inverse, answers, felt, left)
            continue
        for i in range(n):
            _load(slopes, f, order[first + i], own[first + i], into[first + i], n, i, first, system, answers)
        eliminate(system, n, answers, first)
        for a in range(channels):
            for s in range(samples):
                put[unit, a, s] = 0.0
            for j in range(channels):
                for s in range(samples):
                    through[unit, a, j, s] = 0.0
            for p in range(first, first + n):
                factor = out[p, a]
                for s in range(samples):
                    put[unit, a, s] += factor * answers[p, channels, s]
                for j in range(channels):
                    for s in range(samples):
                        through[unit, a, j, s] += factor * answers[p, j, s]


@kernel(**INNER)
def _load(
    slopes: Floats,
    f: Floats,
    o: int,
    own: Floats,
    into: Floats,
    n: int,
    i: int,
    first: int,
    system: Floats,
    answers: Floats,
) -> None:
    """Row i of a unit's system and of its right-hand sides, from output o."""
    samples, channels = slopes.shape[2], into.shape[1]
    for j in range(n):
        for s in range(samples):
            system[i, j, s] = 1.0 if i == j else 0.0
    for j in range(channels):
        for s in range(samples):
            answers[first + i, j, s] = 0.0
    for s in range(samples):
        answers[first + i, channels, s] = f[o, s]
    for a in range(len(own)):
        for j in range(n):
            if own[a, j] != 0.0:
                for s in range(samples):
                    system[i, j, s] -= own[a, j] * slopes[a, o, s]
        for j in range(channels):
            if into[a, j] != 0.0:
                for s in range(samples):
                    answers[first + i, j, s] += into[a, j] * slopes[a, o, s]


@kernel(**INNER)
def _pair(
    slopes: Floats,
    f: Floats,
    order: Ints,
    first: int,
    own: Floats,
    into: Floats,
    out: Floats,
    system: Floats,
    inverse: Floats,
    answers: Floats,
    through: Floats,
    put: Floats,
) -> None:
    """A unit of two outputs and one channel, as activation and gate of a value node are, by Cramer's rule.

    In few loops; more arrays in one loop, and the compiler leaves it unvectorised.
    """
    last, samples = own.shape[1] - 1, len(put)  # of one input or two
    p, q = first, first + 1
    d0, d1, e0, e1 = slopes[0, order[p]], slopes[last, order[p]], slopes[0, order[q]], slopes[last, order[q]]
    h00, h01, h10, h11 = system[0, 0], system[0, 1], system[1, 0], system[1, 1]
    two = 1.0 if last else 0.0
    a0, a1, b0, b1 = own[p, 0, 0], two * own[p, last, 0], own[p, 0, 1], two * own[p, last, 1]
    for s in range(samples):
        h00[s] = 1.0 - (a0 * d0[s] + a1 * d1[s])
        h01[s] = b0 * d0[s] + b1 * d1[s]
    a0, a1, b0, b1 = own[q, 0, 0], two * own[q, last, 0], own[q, 0, 1], two * own[q, last, 1]
    for s in range(samples):
        h10[s] = a0 * e0[s] + a1 * e1[s]
        h11[s] = 1.0 - (b0 * e0[s] + b1 * e1[s])
    for s in range(samples):
        inverse[s] = 1.0 / (h00[s] * h11[s] - h01[s] * h10[s])
    a0, a1, b0, b1 = into[p, 0, 0], two * into[p, last, 0], into[q, 0, 0], two * into[q, last, 0]
    x0, x1, z0, z1 = answers[p, 0], answers[q, 0], answers[p, 1], answers[q, 1]
    for s in range(samples):
        x0[s] = (h11[s] * (a0 * d0[s] + a1 * d1[s]) + h01[s] * (b0 * e0[s] + b1 * e1[s])) * inverse[s]
    for s in range(samples):
        x1[s] = (h10[s] * (a0 * d0[s] + a1 * d1[s]) + h00[s] * (b0 * e0[s] + b1 * e1[s])) * inverse[s]
    f0, f1, one, other = f[order[p]], f[order[q]], out[p, 0], out[q, 0]
    for s in range(samples):
        z0[s] = (h11[s] * f0[s] + h01[s] * f1[s]) * inverse[s]
    for s in range(samples):
        z1[s] = (h10[s] * f0[s] + h00[s] * f1[s]) * inverse[s]
    for s in range(samples):
        through[s] = one * x0[s] + other * x1[s]
    for s in range(samples):
        put[s] = one * z0[s] + other * z1[s]


@kernel(**INNER)
def join(answers: Floats, channels: Floats, order: Ints, starts: Ints, step: Floats) -> None:
    """Fill the step [outputs, samples] from every unit's channels [units, channels, samples]."""
    n, samples = channels.shape[1], channels.shape[2]
    for unit in range(len(starts) - 1):
        for p in range(starts[unit], starts[unit + 1]):
            o = order[p]
            for s in range(samples):
                step[o, s] = answers[p, n, s]
            for j in range(n):
                for s in range(samples):
                    step[o, s] += answers[p, j, s] * channels[unit, j, s]

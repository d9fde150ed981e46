"""The compiled part of `units.py`: many small equations at once, one for each sample.

The last axis of every array counts samples, and every inner loop runs along it: that is what a processor does
four or eight at a time.  There is no pivoting, because samples would differ in it; a sample with a bad pivot
gets a bad step, or NaN, and its search says so.
"""

from __future__ import annotations

import numba
import numpy as np

from analog_pc.arrays import Any

# Sums may be regrouped, so that loops are vectorised; NaN and infinity keep their meaning.
FAST_MATH = {"contract", "nsz", "reassoc"}
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": FAST_MATH}


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def eliminate(system, n, right):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Solve system [: n, : n, samples] x = right [n, k, samples]; x takes the place of `right`."""
    samples, k = right.shape[2], right.shape[1]
    factor = np.empty(samples)
    for i in range(n):
        pivot = system[i, i]
        for s in range(samples):
            factor[s] = 1.0 / pivot[s]
        for j in range(i + 1, n):
            _scale(system[i, j], factor)
        for j in range(k):
            _scale(right[i, j], factor)
        for row in range(i + 1, n):
            for j in range(i + 1, n):
                _subtract(system[row, j], system[row, i], system[i, j])
            for j in range(k):
                _subtract(right[row, j], system[row, i], right[i, j])
    for i in range(n - 1, -1, -1):
        for row in range(i + 1, n):
            for j in range(k):
                _subtract(right[i, j], system[i, row], right[row, j])


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def respond(slopes, f, order, starts, own, into, out, answers, through, put):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """How every unit answers its channels and its residual: H^-1 (D_u into), H^-1 f with H = 1 - D_u own.

    slopes [inputs, picked, samples], f [picked, samples]; the outputs of unit u: order[starts[u] :
    starts[u+1]]. own [picked, inputs, b], into [picked, inputs, channels], out [picked, channels]: in the
    order of units. Fills answers [picked, channels + 1, samples] and what `out` makes of them: through
    [units, channels, channels, samples] of the channels, put [units, channels, samples] of the residual.
    """
    inputs, _, samples = slopes.shape
    channels, size = into.shape[2], own.shape[2]
    system = np.empty((size, size, samples))
    for unit in range(len(starts) - 1):
        first, n = starts[unit], starts[unit + 1] - starts[unit]
        for i in range(n):
            p, o = first + i, order[first + i]
            system[i, :n] = 0.0
            system[i, i] = 1.0
            answers[p, :channels] = 0.0
            answers[p, channels] = f[o]
            for a in range(inputs):
                slope = slopes[a, o]
                for j in range(n):
                    _add(system[i, j], -own[p, a, j], slope)
                for j in range(channels):
                    _add(answers[p, j], into[p, a, j], slope)
        eliminate(system, n, answers[first : first + n])
        for a in range(channels):
            put[unit, a] = 0.0
            through[unit, a] = 0.0
            for p in range(first, first + n):
                _add(put[unit, a], out[p, a], answers[p, channels])
                for j in range(channels):
                    _add(through[unit, a, j], out[p, a], answers[p, j])


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def join(answers, channels, order, starts, step):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Fill the step [picked, samples] of every output from its unit's channels [units, channels, samples]."""
    n = channels.shape[1]
    for unit in range(len(starts) - 1):
        for p in range(starts[unit], starts[unit + 1]):
            mine = step[order[p]]
            mine[:] = answers[p, n]
            for j in range(n):
                answer, channel = answers[p, j], channels[unit, j]
                for s in range(len(mine)):
                    mine[s] += answer[s] * channel[s]


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def largest(f, factors):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The largest |factors f| [n, samples] of every sample; NaN where one is."""
    out = np.zeros(f.shape[1])
    for i in range(len(f)):
        for s in range(len(out)):
            size = abs(factors[i] * f[i, s])
            out[s] = out[s] if size <= out[s] else size
    return out


@numba.njit(**OPTIONS)  # type: ignore[untyped-decorator, unused-ignore]
def move(y, new):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """The largest |new - y| and |new| of every sample, [samples]; y becomes `new`."""
    moved, size = np.zeros(y.shape[1]), np.zeros(y.shape[1])
    for i in range(len(y)):
        for s in range(len(moved)):
            by, at = abs(new[i, s] - y[i, s]), abs(new[i, s])
            moved[s] = moved[s] if by <= moved[s] else by
            size[s] = size[s] if at <= size[s] else at
            y[i, s] = new[i, s]
    return moved, size


@numba.njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def _add(y, factor, x):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for s in range(len(y)):
        y[s] += factor * x[s]


@numba.njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def _scale(y, factors):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for s in range(len(y)):
        y[s] *= factors[s]


@numba.njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def _subtract(y, factors, x):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    for s in range(len(y)):
        y[s] -= factors[s] * x[s]

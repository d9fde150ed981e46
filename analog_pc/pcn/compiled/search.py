"""Search for rest: shifted Newton steps that never let E rise (equations: `compiled`)."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.pcn.compiled.activations import COMPILED, KINKED
from analog_pc.pcn.compiled.chain import chain_of
from analog_pc.pcn.compiled.evaluation import evaluate
from analog_pc.pcn.compiled.newton_step import direction
from analog_pc.pcn.compiled.workspace import ENERGY, NOISE, RATIO, SLOPE, new_batch_state, workspace
from analog_pc.pcn.state import Landscape

SHRINK = 0.4  # of the shift, after a step of at most half the reach
GROW = 3.0  # of the shift, after a step that was refused
FIRST_SHIFT = 0.1  # in units of the smallest precision: where a refused Newton step starts
LAST_SHIFT = 1e-3  # in the same unit: below it a shift becomes the smallest
FREE_INPUT_SHIFT = 1e-6  # smallest shift, in the same unit, where nothing else keeps a free input (pi_0 = 0)
AT_A_TIME = 32  # samples
CERTAIN = 1e-3  # a step that lowers the gradient by this factor is taken whatever the energy's rounding says


class Search(NamedTuple):
    """How to search."""

    tolerance: float
    max_iterations: int
    reach: float  # longest step, as a part of the sample's largest activity (or of `unit`); infinite: any
    unit: float  # the scale on which the activation bends; 0 for those that have none


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _move(chain, p, count, dx, out, largest_change):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """out = x + dx, stopped at the first kink on the way; the largest change of each sample.

    From a kink a node moves only to the side whose slope the step was made with.
    """
    x = p.x
    gate = p.gate
    largest_change[:count] = 0.0
    for k in range(chain.sizes.size):
        n = chain.sizes[k]
        for b in range(count):
            for i in range(n):
                out[k, b, i] = x[k, b, i] + dx[k, b, i]
        if chain.codes[k] == KINKED:
            for j in range(chain.kinks.size):
                kink = chain.kinks[j]
                left = chain.slopes[j]
                right = chain.slopes[j + 1]
                for b in range(count):
                    for i in range(n):
                        at = x[k, b, i]
                        from_left = at < kink or (at == kink and gate[k, b, i] == left)
                        from_right = at > kink or (at == kink and gate[k, b, i] == right)
                        if (from_left and out[k, b, i] > kink) or (from_right and out[k, b, i] < kink):
                            out[k, b, i] = kink
        for b in range(count):
            longest = largest_change[b]
            for i in range(n):
                longest = max(longest, abs(out[k, b, i] - x[k, b, i]))
            largest_change[b] = longest


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _copy(chain, source, a, target, b):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Sample a of `source` becomes sample b of `target`: what a step and its judgement need."""
    for k in range(chain.sizes.size):
        target.x[k, b] = source.x[k, a]
        target.gate[k, b] = source.gate[k, a]
        target.moving[k, b] = source.moving[k, a]
        target.curvature[k, b] = source.curvature[k, a]
        target.feedback[k, b] = source.feedback[k, a]
        target.gradient[k, b] = source.gradient[k, a]
    target.total[:, b] = source.total[:, a]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _accept(chain, now, other, count, sign, largest_change, longest, shift, smallest, smallest_pi):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Take the step of a sample back unless E falls, up to its rounding, or its gradient vanishes; adapt the
    shift."""
    before = now.total
    after = other.total
    for b in range(count):
        falls = after[ENERGY, b] - before[ENERGY, b] <= before[NOISE, b] + after[NOISE, b]
        falls = falls or after[SLOPE, b] < CERTAIN * before[SLOPE, b]
        if falls and sign[b] > 0.0 and largest_change[b] <= longest[b] and after[RATIO, b] < np.inf:
            if largest_change[b] <= 0.5 * longest[b]:
                shift[b] *= SHRINK
            if shift[b] <= LAST_SHIFT * smallest_pi:
                shift[b] = smallest
        else:
            shift[b] = max(GROW * shift[b], FIRST_SHIFT * smallest_pi)
            _copy(chain, now, b, other, b)


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _load(chain, x, p, search, longest):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Activities from x [samples, all], and the longest step of each sample."""
    to = p.x
    sizes = chain.sizes
    for b in range(len(x)):
        size = search.unit
        at = 0
        for k in range(sizes.size):
            for i in range(sizes[k]):
                to[k, b, i] = x[b, at]
                size = max(size, abs(x[b, at]))
                at += 1
        longest[b] = search.reach * size if size > 0.0 else np.inf


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _store(chain, p, b, x, gate):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Activities, and gates on kinks (NaN elsewhere), of sample b as rows [all]."""
    found = p.x
    gates = p.gate
    free = chain.free
    moving = p.moving
    sizes = chain.sizes
    at = 0
    for k in range(sizes.size):
        for i in range(sizes[k]):
            x[at] = found[k, b, i]
            gate[at] = gates[k, b, i] if free[k, i] > moving[k, b, i] else np.nan
            at += 1


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _relax_some(chain, mu0, x, gate, ratio, now, other, work, smallest_pi, search):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Relax x [samples, all] in place; mu0 is scratch afterwards.  Returns the number of iterations.

    The samples that still move stand first: a sample that is done is stored, and the last one that moves
    takes its place.
    """
    count = len(x)
    which = np.arange(count)
    longest = np.zeros(count)
    shift = np.zeros(count)
    sign = np.zeros(count)
    largest_change = np.zeros(count)
    smallest = FREE_INPUT_SHIFT * smallest_pi if chain.pi[0] == 0.0 else 0.0
    _load(chain, x, now, search, longest)
    evaluate(chain, mu0, now, count, search.tolerance, work)
    for b in range(count):
        shift[b] = max(smallest, now.total[SLOPE, b] / longest[b])
    iteration = 0
    while True:
        total = now.total
        for b in range(count - 1, -1, -1):
            if total[RATIO, b] <= 1.0 or total[RATIO, b] == np.inf or iteration == search.max_iterations:
                _store(chain, now, b, x[which[b]], gate[which[b]])
                ratio[which[b]] = total[RATIO, b]
                count -= 1
                if b < count:
                    _copy(chain, now, count, now, b)
                    which[b] = which[count]
                    longest[b] = longest[count]
                    shift[b] = shift[count]
                    mu0[b] = mu0[count]
        if count == 0:
            return iteration
        iteration += 1
        direction(chain, now, count, shift, sign, work)
        _move(chain, now, count, work.dx, other.x, largest_change)
        evaluate(chain, mu0, other, count, search.tolerance, work)
        _accept(chain, now, other, count, sign, largest_change, longest, shift, smallest, smallest_pi)
        now, other = other, now


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator, unused-ignore]
def _relax(chain, mu0, x, gate, ratio, smallest_pi, search):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Relax all samples, so many at a time that their states stay in the cache."""
    samples = len(x)
    count = min(samples, AT_A_TIME)
    now = new_batch_state(chain, count)
    other = new_batch_state(chain, count)
    work = workspace(chain, count)
    max_iterations = 0
    for a in range(0, samples, AT_A_TIME):
        part = slice(a, min(a + AT_A_TIME, samples))
        iterations = _relax_some(
            chain, mu0[part], x[part], gate[part], ratio[part], now, other, work, smallest_pi, search
        )
        max_iterations = max(max_iterations, iterations)
    return max_iterations


def relax_chain(
    landscape: Landscape, x: list[Floats], search: Search
) -> tuple[list[Floats], list[Floats | None], Bools, int]:
    """Activities and gates on kinks (see `State.kink_gate`) of all layers, at rest [samples], iterations."""
    chain = chain_of(landscape)
    first = landscape.network.depth + 1 - len(chain.sizes)
    joined = np.concatenate(x[first:], axis=1)
    gate = np.empty_like(joined)
    ratio = np.empty(len(joined))
    iterations = _relax(
        chain,
        landscape.constant_prediction().copy(),
        joined,
        gate,
        ratio,
        float(landscape.network.pi.min()),
        search,
    )
    cut = np.cumsum(chain.sizes)[:-1]
    gates: list[Floats | None] = [None] * len(x)
    if chain.kinks.size:
        gates[first:] = np.split(gate, cut, axis=1)
    return [*x[:first], *np.split(joined, cut, axis=1)], gates, ratio <= 1.0, int(iterations)

"""Search for the equilibrium: shifted Newton steps that never let E rise (equations: `compiled`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analog_pc.activations.compiled import KINKED
from analog_pc.arrays import Floats, Ints
from analog_pc.compiled.kernel import FAST_MATH, INNER, kernel
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.compiled.chain import Chain, chain_of
from analog_pc.pcn.compiled.evaluation import evaluate
from analog_pc.pcn.compiled.newton_step import direction
from analog_pc.pcn.compiled.workspace import (
    ENERGY,
    NOISE,
    RATIO,
    SLOPE,
    BatchState,
    new_batch_state,
    workspace,
)
from analog_pc.pcn.equilibrium import Equilibrium, ended
from analog_pc.pcn.network import PredictiveCodingNetwork, forward_pass
from analog_pc.pcn.search import CERTAIN, FIRST_SHIFT, GROW, LAST_SHIFT, MISFIT, SHRINK, Search

FREE_INPUT_SHIFT = 1e-6  # smallest shift, in the same unit, where nothing else keeps a free input (pi_0 = 0)
AT_A_TIME = 32  # samples


class Found(NamedTuple):
    """Results of compiled code; arrays [samples, all activities of the chain] and [samples]."""

    x: Floats
    ratio: Floats  # largest ||dE/dx_k|| / limit_k
    residual: Floats  # max |dE/dx|


class Steps(NamedTuple):
    """Steps of the samples of a batch, [samples]."""

    longest: Floats  # that is allowed
    shift: Floats
    sign: Floats  # > 0: H + shift is positive definite
    change: Floats  # largest of an activity


@kernel(**INNER)
def _move(chain: Chain, p: BatchState, count: int, dx: Floats, out: Floats, largest_change: Floats) -> None:
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
            for j in range(chain.pieces.kinks.size):
                kink = chain.pieces.kinks[j]
                left = chain.pieces.slopes[j]
                right = chain.pieces.slopes[j + 1]
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


@kernel(**INNER)
def _copy(chain: Chain, source: BatchState, a: int, target: BatchState, b: int) -> None:
    """Sample a of `source` becomes sample b of `target`: what a step and its judgement need."""
    for k in range(chain.sizes.size):
        for i in range(chain.sizes[k]):
            target.x[k, b, i] = source.x[k, a, i]
            target.slope[k, b, i] = source.slope[k, a, i]
            target.gate[k, b, i] = source.gate[k, a, i]
            target.moving[k, b, i] = source.moving[k, a, i]
            target.curvature[k, b, i] = source.curvature[k, a, i]
            target.feedback[k, b, i] = source.feedback[k, a, i]
            target.gradient[k, b, i] = source.gradient[k, a, i]
    for row in range(len(source.total)):
        target.total[row, b] = source.total[row, a]


@kernel(**INNER)
def _misfit(chain: Chain, now: BatchState, other: BatchState, b: int, shift: float) -> float:
    """||dx/dt - shift dx|| after the step of sample b: what its linearisation left out."""
    total = 0.0
    for k in range(chain.sizes.size):
        for i in range(chain.sizes[k]):
            left = other.gradient[k, b, i] + shift * (other.x[k, b, i] - now.x[k, b, i])
            total += left * left
    return math.sqrt(total)


@kernel(**INNER)
def _accept(
    chain: Chain,
    now: BatchState,
    other: BatchState,
    count: int,
    steps: Steps,
    smallest_shift: float,
    unit: float,
) -> None:
    """Take the step of a sample back unless E falls, up to its rounding, or its gradient vanishes; adapt the
    shift, whose unit is the smallest precision.

    Where there is no E, dx/dt after the step has to be what its linearisation says, shift dx."""
    before = now.total
    after = other.total
    longest = steps.longest
    shift = steps.shift
    sign = steps.sign
    change = steps.change
    for b in range(count):
        falls = after[ENERGY, b] - before[ENERGY, b] <= before[NOISE, b] + after[NOISE, b]
        if not chain.symmetric:
            falls = _misfit(chain, now, other, b, shift[b]) <= MISFIT * before[SLOPE, b]
        falls = falls or after[SLOPE, b] < CERTAIN * before[SLOPE, b]
        # Straight to a near root without an E, the flow may leave it.
        falls = falls and (sign[b] > 0.0 or not (chain.symmetric or longest[b] < np.inf))
        falls = falls and after[RATIO, b] < np.inf
        if falls and change[b] <= longest[b]:
            if change[b] <= 0.5 * longest[b]:
                shift[b] *= SHRINK
            if shift[b] <= LAST_SHIFT * unit:
                shift[b] = smallest_shift
        else:
            shift[b] = max(GROW * shift[b], FIRST_SHIFT * unit)
            _copy(chain, now, b, other, b)


@kernel(**INNER)
def _load(chain: Chain, x: Floats, p: BatchState) -> None:
    """Activities from x [samples, all]."""
    to = p.x
    sizes = chain.sizes
    for b in range(len(x)):
        at = 0
        for k in range(sizes.size):
            for i in range(sizes[k]):
                to[k, b, i] = x[b, at]
                at += 1


@kernel(**INNER)
def _set_longest(chain: Chain, p: BatchState, count: int, search: Search, longest: Floats) -> None:
    """The longest step of each sample: a part of what its largest activity is now.

    An activity may have to grow by orders of magnitude, a free input above all: steps that stayed a part of
    where it began would never arrive.
    """
    sizes = chain.sizes
    for b in range(count):
        size = chain.unit
        for k in range(sizes.size):
            for i in range(sizes[k]):
                size = max(size, abs(p.x[k, b, i]))
        longest[b] = search.reach * size if size > 0.0 else np.inf


@kernel(**INNER)
def _store(chain: Chain, p: BatchState, b: int, found: Found, sample: int) -> None:
    """Sample b of a batch becomes a sample of what is found."""
    sizes = chain.sizes
    residual = 0.0
    at = 0
    for k in range(sizes.size):
        n = sizes[k]
        for i in range(n):
            found.x[sample, at + i] = p.x[k, b, i]
            residual = max(residual, abs(p.gradient[k, b, i]))
        at += n
    slope = p.total[SLOPE, b]
    found.ratio[sample] = p.total[RATIO, b]
    found.residual[sample] = residual if slope < np.inf else slope  # which is NaN where a gradient is


@kernel(**INNER)
def _retire(
    chain: Chain, p: BatchState, count: int, which: Ints, shift: Floats, mu0: Floats, found: Found, last: bool
) -> int:
    """Store the samples that are done, all of them after the last iteration; how many still move.

    These stand first: the last one that moves takes the place of one that is done.
    """
    total = p.total
    for b in range(count - 1, -1, -1):
        if last or total[RATIO, b] <= 1.0 or total[RATIO, b] == np.inf:
            _store(chain, p, b, found, which[b])
            count -= 1
            if b < count:
                _copy(chain, p, count, p, b)
                which[b] = which[count]
                shift[b] = shift[count]
                for i in range(mu0.shape[1]):
                    mu0[b, i] = mu0[count, i]
    return count


@kernel(**FAST_MATH)
def _relax(chain: Chain, search: Search, mu0: Floats, found: Found) -> int:
    """Relax all samples, so many at a time that their states stay in the cache; the number of iterations.

    mu0 is scratch afterwards.
    """
    at_a_time = min(len(mu0), AT_A_TIME)
    now = new_batch_state(chain, at_a_time)
    other = new_batch_state(chain, at_a_time)
    work = workspace(chain, at_a_time)
    steps = Steps(np.zeros(at_a_time), np.zeros(at_a_time), np.zeros(at_a_time), np.zeros(at_a_time))
    shift = steps.shift
    unit = chain.softness
    smallest = FREE_INPUT_SHIFT * unit if chain.pi[0] == 0.0 else 0.0
    most = 0
    for start in range(0, len(mu0), AT_A_TIME):
        count = min(at_a_time, len(mu0) - start)
        constant = mu0[start : start + count]
        which = np.arange(start, start + count)
        _load(chain, found.x[start : start + count], now)
        _set_longest(chain, now, count, search, steps.longest)
        evaluate(chain, constant, now, count, search.tolerance, work)
        for b in range(count):
            shift[b] = max(smallest, now.total[SLOPE, b] / steps.longest[b])
        iteration = 0
        while True:
            last = iteration == search.max_iterations
            count = _retire(chain, now, count, which, shift, constant, found, last)
            if count == 0:
                break
            iteration += 1
            direction(chain, now, count, shift, steps.sign, work)
            _move(chain, now, count, work.dx, other.x, steps.change)
            evaluate(chain, constant, other, count, search.tolerance, work)
            _accept(chain, now, other, count, steps, smallest, unit)
            accepted = other
            other = now
            now = accepted
            _set_longest(chain, now, count, search, steps.longest)
        most = max(most, iteration)
    return most


def relax_chain(
    network: PredictiveCodingNetwork,
    clamps: Clamps,
    search: Search,
    feedback: Sequence[Floats] | None = None,
    gate: float | None = None,
) -> Equilibrium:
    """The equilibrium that a search from the forward state finds.

    Parameters
    ----------
    network, clamps
        What relaxes.
    search
        How to search.
    feedback, gate
        Of the way back, as for `chain_of`.
    """
    chain = chain_of(network, clamps, feedback, gate)
    first = 1 if clamps.input_is_clamped else 0
    predicted = forward_pass(network, clamps.values[0])
    start = [np.where(f, m, v) for f, m, v in zip(clamps.free, predicted, clamps.values, strict=True)]
    joined = np.concatenate(start[first:], axis=1)
    # A clamped input makes mu_1 a constant: the largest matrix leaves the loop.
    constant = predicted[1] if first else np.zeros_like(clamps.values[0])
    found = Found(joined, np.empty(clamps.samples), np.empty(clamps.samples))
    iterations = _relax(chain, search, constant.copy(), found)
    x = [*clamps.values[:first], *np.split(joined, np.cumsum(chain.sizes)[:-1], axis=1)]
    rates = tuple(network.activation_of(k).f(x[k]) for k in range(network.depth))
    mu = [np.empty((clamps.samples, 0))]
    for k, (w, b) in enumerate(zip(network.W, network.b, strict=True)):
        mu.append(constant if first and k == 0 else rates[k] @ w.T + b)
    eps = [mu[0], *(a - m for a, m in zip(x[1:], mu[1:], strict=True))]
    energy = sum(0.5 * pi * np.einsum("si,si->s", e, e) for pi, e in zip(network.pi, eps[1:], strict=True))
    relaxation = ended(found.ratio <= 1.0, found.residual, int(iterations))
    return Equilibrium(tuple(x), tuple(mu), tuple(eps), rates, np.asarray(energy), relaxation)

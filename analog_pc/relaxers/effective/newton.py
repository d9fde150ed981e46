"""Newton's method for the equilibrium of an effective network, compiled, one sample after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.block_tridiagonal import BlockMatrix, empty_matrix, factor, solve
from analog_pc.compiled.kernel import WITHOUT_ENTRY, kernel
from analog_pc.relaxers.effective.equations import (
    ENERGY,
    SCALE,
    WORST,
    Point,
    Problem,
    evaluate,
    free_layers,
    jacobian,
    new_point,
)

REUSE = 0.4  # largest ratio of max |R| after and before a step with an earlier Jacobian
GROWTH = 1.5  # the same for an implicit Euler step
SHRINK = 0.4  # of the shift after a step
LEAST_SHIFT = 1e-3  # below it a shift becomes 0
DEAD = 0.5  # dx/dz is 1/A inside a dead zone, 1 + 1/A outside
ENTRY = 1e-12  # how far into a dead zone a step that meets a kink goes: less than any tolerance sees


class Search(NamedTuple):
    """When to stop."""

    tolerance: float  # on max |R| / SCALE
    max_iterations: int


@kernel()
def stopped(kinks: Floats, z: float, step: float) -> float:
    """The drive after a step, which ends at a kink: no step changes both x across a kink and its gate.

    Parameters
    ----------
    kinks
        Of the activation; none of a smooth one.
    z, step
        The drive and its change.
    """
    new = z + step
    for k in range(kinks.size):
        low = kinks[k] + k
        high = low + 1.0
        if low < z < high:
            new = min(max(new, low), high)
        elif z <= low < new:
            new = low + ENTRY
        elif new < high <= z:
            new = high - ENTRY
    return new


@kernel(**WITHOUT_ENTRY)
def _leave_kinks(problem: Problem, point: Point) -> bool:
    """Move drives inside the dead zone of a kink that repels to its end downhill; whether there are any.

    Newton's step would return to the gate that balances the errors there, which is a ridge of the energy.
    """
    kinks = problem.activation.pieces.kinks
    z = point.z
    dx_dz = point.dx_dz
    leaves = False
    for i in range(z.size):
        if dx_dz[i] < DEAD and point.dgate_dz[i] * point.feedback[i] >= 0.0:
            z[i] = stopped(kinks, z[i], 1.0 if point.residual[i] > 0.0 else -1.0)
            leaves = True
    return leaves


@kernel()
def _relax_sample(
    problem: Problem,
    mu1: Floats,
    now: Point,
    other: Point,
    matrix: BlockMatrix,
    is_factored: Bools,
    search: Search,
) -> tuple[Point, Point, int]:
    """Search from `now.z`; the end, the other point, iterations.

    `is_factored` [1]: whether `matrix` holds Newton's factors.
    """
    kinks = problem.activation.pieces.kinks
    count = free_layers(problem)
    free = now.z.size if count == problem.layout.sizes.size else problem.layout.starts[count]
    step = np.empty(free)
    shift = 0.0
    iteration = 0
    evaluate(problem, mu1, now)
    while True:
        if _leave_kinks(problem, now):
            evaluate(problem, mu1, now)
        worst = now.measures[WORST]
        done = worst <= search.tolerance * now.measures[SCALE] or not worst < np.inf
        if done or iteration == search.max_iterations:
            return now, other, iteration
        iteration += 1
        earlier = is_factored[0] and shift == 0.0
        if not earlier:
            jacobian(problem, now, shift, matrix)
            factor(problem.layout, count, matrix)
            is_factored[0] = shift == 0.0
        solve(problem.layout, count, matrix, now.residual, step)
        z = now.z
        new = other.z
        new[:] = z
        for j in range(free):
            new[j] = stopped(kinks, z[j], step[j])
        evaluate(problem, mu1, other)
        after = other.measures[WORST]
        limit = REUSE if earlier else GROWTH if shift > 0.0 else 1.0
        falls = not earlier and other.measures[ENERGY] < now.measures[ENERGY]
        if (falls or after < limit * worst) and after < np.inf:
            shift = SHRINK * shift if shift > LEAST_SHIFT else 0.0
            accepted = other
            other = now
            now = accepted
            continue
        is_factored[0] = False
        if not earlier:
            shift = max(3.0 * shift, 0.1)


@kernel()
def relax(problem: Problem, mu1: Floats, z: Floats, search: Search) -> tuple[Floats, Floats, Floats, int]:
    """Equilibria from drives z; x and mu, max |R| by the largest feedback (at least 1), and iterations.

    Newton's steps, with an earlier Jacobian (of an earlier sample too) while that makes max |R| shrink by
    `REUSE`.  A step of its own has to lower max |R| or the energy, sum p e^2 / 2, whose downhill gradient is
    R as far as transposed arrays and offsets match.  Where it does not, implicit Euler steps of length
    1 / shift along the relaxation, dx/dt = R, on which R may grow a little; they grow longer while they do.

    Parameters
    ----------
    problem
        The equations.
    mu1
        What the clamped inputs add to mu_1, [samples, n_1].
    z
        Where to start, [samples, all].
    search
        When to stop.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where a Jacobian is singular.
    """
    samples, activities = z.shape
    now = new_point(activities)
    other = new_point(activities)
    matrix = empty_matrix(problem.layout)
    x = np.empty((samples, activities))
    mu = np.empty((samples, activities))
    residual = np.empty(samples)
    most = 0
    is_factored = np.zeros(1, dtype=np.bool_)  # an array: a literal False would be compiled apart
    for s in range(samples):
        now.z[:] = z[s]
        now, other, iterations = _relax_sample(problem, mu1[s], now, other, matrix, is_factored, search)
        x[s] = now.x
        mu[s] = now.mu
        residual[s] = now.measures[WORST] / now.measures[SCALE]
        most = max(most, iterations)
    return x, mu, residual, most

"""Gradient flow of a network with piecewise-linear activations, exact from event to event.

While no activity meets a kink and none that rests on one leaves it, E is a quadratic function (and a
strictly convex one) of the activities that move::

    x(t) = x* + Q exp(-lambda t) Q^T (x(0) - x*),        x* the minimum of that quadratic

At a kink the velocity jumps from v_left = s_left back - force to v_right = s_right back - force.  An
activity that arrives there goes through where both have its direction; where they point at each other it
stays on the kink (A. F. Filippov, Differential Equations with Discontinuous Righthand Sides, 1988), with
the gate that balances its forces, until one of them turns round.

The number of an activity's *mode*: 2 r between kinks r - 1 and r, 2 k + 1 on kink k.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from analog_pc.arrays import Floats, Ints
from flow_reference.chain import Chain
from flow_reference.energy import forces, hessian

EVENTS = 5000
CROSSED = 1e-12  # a bound counts as crossed beyond this part of the largest activity: above rounding
RATIO = 1.2  # of the times at which bounds are looked at: a sum of exponentials varies over their logarithm
EARLIEST = 1e-4  # over the largest eigenvalue
LATEST = 40.0  # over the smallest: exp(-40) is below rounding


class Kinks(NamedTuple):
    """Where f has kinks, the slopes of its pieces from left to right, and their intercepts."""

    at: Floats
    slopes: Floats
    intercepts: Floats


@numba.njit(cache=True)
def initial_modes(chain: Chain, kinks: Kinks, inputs: Floats, x: Floats) -> Ints:
    """Modes of a start; on a kink an activity goes where its velocity points, else it stays."""
    modes = np.zeros(len(x), dtype=np.int64)
    for i in range(len(x)):
        for k in range(len(kinks.at)):
            if x[i] > kinks.at[k]:
                modes[i] = 2 * k + 2
            elif x[i] == kinks.at[k]:
                modes[i] = 2 * k + 1
    left, right = velocities(chain, kinks, inputs, x, modes)
    for i in range(chain.first[chain.last + 1]):
        if modes[i] % 2 == 1:
            if left[i] < 0.0:
                modes[i] -= 1
            elif right[i] > 0.0:
                modes[i] += 1
    return modes


@numba.njit(cache=True)
def pieces(kinks: Kinks, x: Floats, modes: Ints) -> tuple[Floats, Floats]:
    """f(x) and f' of the pieces; the slope on a kink is 0, as f(x) does not move there."""
    rate = np.empty(len(x))
    slope = np.zeros(len(x))
    for i in range(len(x)):
        piece = modes[i] // 2
        rate[i] = kinks.slopes[piece] * x[i] + kinks.intercepts[piece]
        if modes[i] % 2 == 0:
            slope[i] = kinks.slopes[piece]
    return rate, slope


@numba.njit(cache=True)
def velocities(chain: Chain, kinks: Kinks, inputs: Floats, x: Floats, modes: Ints) -> tuple[Floats, Floats]:
    """v_left and v_right on a kink; both the velocity between kinks."""
    rate, _ = pieces(kinks, x, modes)
    force, back = forces(chain, inputs, x, rate)
    left = np.empty(len(x))
    right = np.empty(len(x))
    depth = len(chain.sizes) - 1
    for i in range(len(x)):
        output = i >= chain.first[depth]
        piece = modes[i] // 2
        left[i] = (0.0 if output else kinks.slopes[piece] * back[i]) - force[i]
        right[i] = left[i]
        if modes[i] % 2 == 1 and not output:
            right[i] = kinks.slopes[piece + 1] * back[i] - force[i]
    return left, right


@numba.njit(cache=True)
def crossed(
    chain: Chain, kinks: Kinks, inputs: Floats, x: Floats, modes: Ints, slack: float
) -> tuple[int, int]:
    """The activity that is furthest beyond a bound of its mode, and its side (-1, 1); (-1, 0): none is."""
    left, right = velocities(chain, kinks, inputs, x, modes)
    hidden = min(chain.first[chain.last + 1], chain.first[len(chain.sizes) - 1])
    worst = slack
    who = -1
    side = 0
    for i in range(hidden):
        piece = modes[i] // 2
        low = -np.inf
        high = -np.inf
        if modes[i] % 2 == 1:
            low = -left[i]
            high = right[i]
        else:
            if piece > 0:
                low = kinks.at[piece - 1] - x[i]
            if piece < len(kinks.at):
                high = x[i] - kinks.at[piece]
        if low > worst:
            worst = low
            who = i
            side = -1
        if high > worst:
            worst = high
            who = i
            side = 1
    return who, side


@numba.njit(cache=True)
def switched(
    chain: Chain, kinks: Kinks, inputs: Floats, x: Floats, modes: Ints, who: int, side: int
) -> tuple[Floats, Ints]:
    """State and modes after activity `who` crossed a bound of its mode on this side."""
    x = x.copy()
    modes = modes.copy()
    modes[who] += side
    if modes[who] % 2 == 1:  # it arrived at a kink
        x[who] = kinks.at[modes[who] // 2]
        left, right = velocities(chain, kinks, inputs, x, modes)
        if side > 0 and right[who] > 0.0:
            modes[who] += 1
        if side < 0 and left[who] < 0.0:
            modes[who] -= 1
    return x, modes


@numba.njit(cache=True)
def rest(chain: Chain, kinks: Kinks, inputs: Floats, start: Floats) -> tuple[Floats, bool]:
    """Activities (clamped ones included) where the flow from `start` rests, and whether it does."""
    n = chain.first[chain.last + 1]
    output = np.arange(n) >= chain.first[len(chain.sizes) - 1]
    x = start.copy()
    modes = initial_modes(chain, kinks, inputs, x)
    for _ in range(EVENTS):
        slack = CROSSED * max(1.0, np.abs(x).max())
        who, side = crossed(chain, kinks, inputs, x, modes, slack)
        if who >= 0:
            x, modes = switched(chain, kinks, inputs, x, modes, who, side)
            continue
        moving = np.flatnonzero((modes[:n] % 2 == 0) | output)
        if len(moving) == 0:
            return x, True
        x, found = until_event(chain, kinks, inputs, x, modes, moving, slack)
        if not found:
            return x, True
    return x, False


@numba.njit(cache=True)
def until_event(
    chain: Chain, kinks: Kinks, inputs: Floats, x: Floats, modes: Ints, moving: Ints, slack: float
) -> tuple[Floats, bool]:
    """The state when a bound of the modes is first crossed; the minimum, and False, where none is."""
    _, slope = pieces(kinks, x, modes)
    H = hessian(chain, slope, np.zeros(len(x)))[moving][:, moving]
    velocity, _ = velocities(chain, kinks, inputs, x, modes)
    eigenvalues, Q = np.linalg.eigh(H)
    way = (Q.T @ velocity[moving]) / eigenvalues  # to the minimum, in eigenvectors
    before = 0.0
    after = EARLIEST / eigenvalues[-1]
    while crossed(chain, kinks, inputs, at(x, moving, eigenvalues, Q, way, after), modes, slack)[0] < 0:
        if after * eigenvalues[0] > LATEST:
            return at(x, moving, eigenvalues, Q, way, np.inf), False
        before = after
        after *= RATIO
    middle = 0.5 * (before + after)
    while before < middle < after:
        if crossed(chain, kinks, inputs, at(x, moving, eigenvalues, Q, way, middle), modes, slack)[0] >= 0:
            after = middle
        else:
            before = middle
        middle = 0.5 * (before + after)
    return at(x, moving, eigenvalues, Q, way, after), True


@numba.njit(cache=True)
def at(x: Floats, moving: Ints, eigenvalues: Floats, Q: Floats, way: Floats, time: float) -> Floats:
    """The state after a time without an event."""
    y = x.copy()
    y[moving] += Q @ (-np.expm1(-eigenvalues * time) * way)
    return y

"""The way of a batch of samples through a transient, with the step chosen by its local truncation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.analyses.esdirk import Integrator
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline

# Truncation allowed a step, as a part of the largest voltage: TRUST times the precision that was asked for.
# Measured on the coupled RCs of the conformance suite (0.1 us and 10 us) with precision 1e-8: see the tests.
TRUST = 10.0
SAFETY, GROWTH, SHRINK = 0.8, 8.0, 0.25
RUNG = 2.0
LEAST_POINTS = 64  # a step is at most this part of the whole
MOST_STEPS = 100_000
SHORTEST = 1e-14  # of the whole: below it the clock no longer moves
RUNAWAY = 1e6  # V


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Times [points]; states, block outputs and inputs [points, samples, ..].

    `failed` says why it ends early, None if it does not, and `stuck` [samples] which samples are why.
    """

    times: Floats
    states: Floats
    outputs: Floats
    inputs: Floats
    failed: str | None
    stuck: Bools


def integrate(
    integrator: Integrator,
    x: Floats,
    q: Floats,
    duration: float,
    longest: float,
    precision: float,
    deadline: Deadline,
) -> Trajectory:
    """Integrate states x [samples, states] over `duration` s; q is where the first search starts from."""
    k, y, q, found = integrator.derivative(x, q)
    points = [(0.0, x, q, y)]
    if not found.all():
        return _path(points, "no block voltages belong to the initial state", ~found)
    longest = min(longest, duration / LEAST_POINTS)
    scale = _scale(x, integrator.u, np.zeros(x.shape[1]))
    step, time = _first_step(x, k, scale, longest), 0.0
    where, stuck = f"of {duration:.3e} s", np.ones(len(x), dtype=np.bool_)  # all, if nothing else is known
    while time < duration * (1.0 - 1e-12):
        if len(points) > MOST_STEPS:
            return _path(points, f"{MOST_STEPS} steps led to {time:.3e} s {where}", np.ones_like(stuck))
        if deadline.passed:
            return _path(
                points, f"the time limit of {deadline.seconds:g} s led to {time:.3e} s {where}", stuck
            )
        if step < SHORTEST * duration:
            return _path(points, f"the step fell to {step:.1e} s at {time:.3e} s {where}", stuck)
        last = time + step >= duration * (1.0 - 1e-9)
        found, taken = integrator.step(x, k, q, duration - time if last else step)
        if taken is None:
            stuck, step = ~found, step * SHRINK
            continue
        new_x, new_k, new_y, new_q, truncation = taken
        sizes = (np.abs(truncation) / (TRUST * precision * scale)).max(axis=1, initial=0.0)
        size = float(sizes.max())
        if not size <= 1.0:
            stuck = ~(sizes <= 1.0)
            step = _rung(
                longest, step * max(SHRINK, SAFETY * size ** (-0.25)) if np.isfinite(size) else 0.25 * step
            )
            continue
        time, x, k, q = (duration if last else time + step), new_x, new_k, new_q
        points.append((time, x, q, new_y))
        scale = _scale(x, integrator.u, scale)
        away = ~(np.abs(x).max(axis=1, initial=0.0) < RUNAWAY)
        if away.any():
            return _path(points, f"a voltage ran away beyond {RUNAWAY:g} V at {time:.3e} s", away)
        step = _rung(longest, step * min(GROWTH, SAFETY * max(size, 1e-9) ** (-0.25)))
    return _path(points, None, np.zeros_like(stuck))


def _path(points: list[tuple[float, Floats, Floats, Floats]], failed: str | None, stuck: Bools) -> Trajectory:
    times, states, outputs, inputs = zip(*points, strict=True)
    return Trajectory(np.array(times), np.array(states), np.array(outputs), np.array(inputs), failed, stuck)


def _scale(x: Floats, u: Floats, before: Floats) -> Floats:
    """Full scale of every state, V: the largest stimulus or state so far, in any sample.

    A pole that winds up beyond the rails keeps its large scale to itself.
    """
    common = np.median(np.abs(x).max(axis=0, initial=0.0)) if x.size else 0.0
    common = max(common, float(np.abs(u).max(initial=0.0)))
    return np.asarray(np.maximum(np.maximum(before, np.abs(x).max(axis=0, initial=0.0)), common or 1e-9))


def _first_step(x: Floats, k: Floats, scale: Floats, longest: float) -> float:
    speed = float((np.abs(k) / scale).max(initial=0.0))
    return _rung(longest, min(longest, 1e-3 / speed if speed > 0.0 else longest))


def _rung(longest: float, step: float) -> float:
    """The next shorter step of the ladder longest / 2^k, so that steps share their matrices."""
    down = np.ceil(np.log(longest / min(step, longest)) / np.log(RUNG) - 1e-9)
    return float(longest / RUNG**down)

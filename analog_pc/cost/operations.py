"""Energy per operation, and the digital work that a forward pass and a relaxation replace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cost.results import Operations
from analog_pc.cost.settling import LEVEL
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, make_clamps, relax
from analog_pc.pcn.graph.steps import moved
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape

MOST_ITERATIONS = 20_000


@dataclass(frozen=True)
class DigitalWork:
    """Multiply-accumulates of the digital machine, and the iterations of its relaxation.

    `forward`: one forward pass.  `relaxation`: all iterations with W_1 x made once.  `update`: the outer
    products of one update of all weights.  `relaxation` and `iterations` are None where the gradient steps do
    not converge.
    """

    forward: int
    relaxation: int | None
    update: int
    iterations: int | None


def digital_work(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats | None) -> DigitalWork:
    """What a digital machine computes for one stimulus; without targets no relaxation.

    An iteration predicts layers 2 ... L and feeds their prediction errors back: 2 multiply-accumulates per
    weight of these layers.
    """
    forward = sum(w.size for w in network.W)
    if targets is None:
        return DigitalWork(forward, 0, 0, 0)
    count = iterations(network, inputs, targets)
    if count is None:
        return DigitalWork(forward, None, forward, None)
    each = 2 * (forward - network.W[0].size)
    return DigitalWork(forward, network.W[0].size + count * each, forward, count)


def iterations(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats) -> int | None:
    """Gradient steps from the forward state until every activity of every sample is settled.

    Settled as the circuit: within `LEVEL` of the largest move of its sample.  The step is the best fixed
    one for the curvatures at the equilibrium, 2 / (smallest + largest), halved while the energy rises; it
    ends on the kink of a rectifier that it would cross, where a fixed step would go to and fro for ever (one
    comparison for each activity, not counted beside 2 multiply-accumulates a weight).  None where
    `MOST_ITERATIONS` do not suffice, and where all activities rest in kinks: no curvature tells a step.
    """
    clamps = make_clamps(network, inputs, targets)
    landscape = Landscape(network, clamps)
    end = relax(network, clamps=clamps)
    x = landscape.forward()
    move = _distance(x, end)
    if not move.any():
        return 0
    step = _step(landscape, end)
    if step == 0.0:  # all rest in kinks: no curvature to take a step from
        return None
    energy = np.inf
    for count in range(MOST_ITERATIONS):
        if (_distance(x, end) <= LEVEL * move).all():
            return count
        state = landscape.state(x)
        total = float(state.energy.sum())
        if total > energy * (1.0 + 1e-9):
            step *= 0.5
        energy = total
        x, _ = moved(landscape, state, -step * landscape.flat(state.gradient))
    return None


def best_step(network: PredictiveCodingNetwork, inputs: Floats, targets: Floats) -> float:
    """The fixed gradient step that settles fastest: 2 / (smallest + largest curvature at the equilibrium)."""
    clamps = make_clamps(network, inputs, targets)
    return _step(Landscape(network, clamps), relax(network, clamps=clamps))


def _step(landscape: Landscape, end: Equilibrium) -> float:
    """The best fixed step for all samples; 0 where nothing moves."""
    found = [c for c in curvatures(landscape, landscape.resting_state(list(end.activities))) if len(c)]
    if not found:
        return 0.0
    return 2.0 / (max(float(c[-1]) for c in found) + max(min(float(c[0]) for c in found), 0.0))


def _distance(x: list[Floats], end: Equilibrium) -> Floats:
    """Largest distance of an activity from its equilibrium, [samples]."""
    return np.asarray(
        np.max([np.abs(a - b).max(axis=1) for a, b in zip(x, end.activities, strict=True)], axis=0)
    )


def operations(
    network: PredictiveCodingNetwork, inputs: Floats, targets: Floats | None, energies: Mapping[str, float]
) -> Operations:
    """Energy per operation of the phases that were looked at."""
    work = digital_work(network, inputs, targets if "learn" in energies else None)
    unknown = float("nan")
    forward = energies["predict"] / (2 * work.forward) if "predict" in energies else unknown
    relaxation = energies["learn"] / (2 * work.relaxation) if work.relaxation else unknown  # of 0 and None
    return Operations(forward, relaxation, work.forward, work.relaxation, work.iterations, LEVEL)

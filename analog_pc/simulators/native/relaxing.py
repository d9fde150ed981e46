"""Operating points by relaxation: a transient of the whole batch first, then Newton from where it rests."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import OperatingPoint, Outcome, Solution, Status
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.esdirk import Integrator
from analog_pc.simulators.native.initial import initial_state
from analog_pc.simulators.native.judge import judge, summary
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.operating_point import settle_to
from analog_pc.simulators.native.path import Path, follow
from analog_pc.simulators.settling import AT_REST, AWAY, DOUBLINGS, PRECISION


def relax_all(model: Model, analysis: OperatingPoint, check_stability: bool) -> Solution:
    """Every sample relaxed from `analysis.settling.initial`; prolonged until all rest."""
    settling = analysis.settling
    assert settling is not None
    u = model.stimuli(analysis.stimuli)
    x, q = initial_state(model, settling.initial, u)
    dynamic, loop = model.reduced(True)
    integrator, duration = Integrator(dynamic, loop, u), settling.duration
    for _ in range(DOUBLINGS):
        path = follow(integrator, x, q, duration, duration, PRECISION)
        if path.failed is not None:
            raise SimulationFailed(f"native: relaxation: {path.failed}")
        x, q, rests = path.states[-1], path.deltas[-1], _rests(path)
        if rests.all():
            break
        duration *= 2.0
    static, static_loop = model.reduced(False)
    ended = dynamic.nodes.value(x, q, u)
    y, q, found = settle_to(static, static_loop, u, q)
    w = static.nodes.value(None, q, u)
    away = np.abs(model.state_volts(w) - model.state_volts(ended)).max(axis=1, initial=0.0)
    away = away > AWAY * np.abs(ended[:, : len(model.nodes)]).max(axis=1)
    status = _verdict(judge(model, y, q, found, check_stability), rests, away)
    names, _, response = model.saved(static, analysis.save)
    return Solution(np.arange(len(u), dtype=np.float64), names, response.value(None, q, u), status)


def _rests(path: Path) -> np.ndarray:
    late = path.states[path.times >= 0.9 * path.times[-1]]
    change = np.abs(late - path.states[-1]).max(axis=(0, 2), initial=0.0)
    return np.asarray(change <= AT_REST * np.abs(path.states).max(axis=(0, 2), initial=0.0))


def _verdict(status: Status, rests: np.ndarray, away: np.ndarray) -> Status:
    outcomes = [
        outcome
        if outcome is not Outcome.CONVERGED
        else Outcome.RESTLESS
        if not at_rest
        else Outcome.DEPARTED
        if left
        else outcome
        for outcome, at_rest, left in zip(status.samples, rests, away, strict=True)
    ]
    return summary(tuple(outcomes), ("every sample reached by relaxation",))

"""Operating points by relaxation: a transient of the whole batch first, then Newton from where it rests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import OperatingPoint, Outcome, Solution, Status
from analog_pc.simulators.native.esdirk import Integrator
from analog_pc.simulators.native.initial import initial_state
from analog_pc.simulators.native.judge import judge, summary
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.operating_point import settle_to
from analog_pc.simulators.native.path import Path, follow
from analog_pc.simulators.settling import AT_REST, AWAY, DOUBLINGS, PRECISION


class _Relaxed(NamedTuple):
    """States x and outputs q [samples, ..] at the end, samples that rest there, and what stopped others."""

    x: Floats
    q: Floats
    rests: Bools
    stopped: dict[int, str]


def relax_all(model: Model, analysis: OperatingPoint, check_stability: bool) -> Solution:
    """Every sample relaxed from `analysis.settling.initial`; prolonged until all rest."""
    assert analysis.settling is not None
    u = model.stimuli(analysis.stimuli)
    ended = _relax(model, u, *initial_state(model, analysis.settling.initial, u), analysis.settling.duration)
    static, static_loop = model.reduced(False)
    before = model.reduced(True)[0].nodes.value(ended.x, ended.q, u)
    y, q, found = settle_to(static, static_loop, u, ended.q)
    found[list(ended.stopped)] = False
    w = static.nodes.value(None, q, u)
    away = np.abs(model.state_volts(w) - model.state_volts(before)).max(axis=1, initial=0.0)
    away = away > AWAY * np.abs(before[:, : len(model.nodes)]).max(axis=1)
    status = _verdict(judge(model, y, q, found, check_stability), ended, away)
    names, _, response = model.saved(static, analysis.save)
    return Solution(np.arange(len(u), dtype=np.float64), names, response.value(None, q, u), status)


def _relax(model: Model, u: Floats, x: Floats, q: Floats, duration: float) -> _Relaxed:
    """A sample that cannot be followed stays where it is, and the others go on without it."""
    ended = _Relaxed(x.copy(), q.copy(), np.zeros(len(u), dtype=np.bool_), {})
    going, turns = np.arange(len(u)), 0
    integrator = Integrator(*model.reduced(True), u)
    while turns < DOUBLINGS:
        path = follow(integrator, ended.x[going], ended.q[going], duration, duration, PRECISION)
        ended.x[going], ended.q[going] = path.states[-1], path.deltas[-1]
        if path.failed is not None:
            ended.stopped.update(dict.fromkeys(going[path.stuck].tolist(), path.failed))
            going = going[~path.stuck]
            if len(going) == 0:
                break
            integrator = Integrator(*model.reduced(True), u[going])
            continue
        ended.rests[going] = rests = _rests(path)
        if rests.all():
            break
        turns, duration = turns + 1, 2.0 * duration
    return ended


def _rests(path: Path) -> Bools:
    late = path.states[path.times >= 0.9 * path.times[-1]]
    change = np.abs(late - path.states[-1]).max(axis=(0, 2), initial=0.0)
    return np.asarray(change <= AT_REST * np.abs(path.states).max(axis=(0, 2), initial=0.0))


def _verdict(status: Status, ended: _Relaxed, away: Bools) -> Status:
    outcomes = [
        outcome
        if outcome is not Outcome.CONVERGED
        else Outcome.RESTLESS
        if not at_rest
        else Outcome.DEPARTED
        if left
        else outcome
        for outcome, at_rest, left in zip(status.samples, ended.rests, away, strict=True)
    ]
    if all(outcome is Outcome.CONVERGED for outcome in outcomes):
        return summary(tuple(outcomes), ("every sample reached by relaxation",))
    first = list(ended.stopped.items())[:1]
    return summary(tuple(outcomes), tuple(f"sample {k}: relaxation: {why}" for k, why in first))

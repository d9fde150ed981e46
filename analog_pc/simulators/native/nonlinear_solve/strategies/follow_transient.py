"""The transient of all states of one sample, then Newton's method from where it settles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Outcome
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.analyses.transient import Integrator, integrate
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.initial import initial_state
from analog_pc.simulators.native.nonlinear_solve.newton import Solved
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState
from analog_pc.simulators.settling import AWAY, PRECISION, at_rest

DOUBLINGS = 6  # of the duration, before the search gives up
LONG = 50.0  # times the slowest time constant of the states that the start gives


class FollowTransient:
    """One sample after another, at the precision that decides where it settles."""

    def applies(self, problem: Problem) -> bool:
        return bool(problem.held.any())

    def step(self, problem: Problem, state: SolveState) -> None:
        for sample in state.left.tolist():
            ended = _settle(problem, sample)
            one = np.array([sample])
            found = np.array([ended.outcome is not Outcome.NOT_CONVERGED])
            if ended.solved is not None:
                state.store(one, Solved(ended.solved.y, ended.solved.q, found))
                state.outcomes[sample] = ended.outcome
            if ended.note:
                state.notes[sample] = ended.note


class _Settled(NamedTuple):
    """Where a sample ended (None: it was not followed), and how."""

    solved: Solved | None
    outcome: Outcome
    note: str = ""


def _settle(problem: Problem, sample: int) -> _Settled:
    """One sample, prolonged until nothing changes."""
    if problem.deadline.passed:
        return _Settled(None, Outcome.NOT_CONVERGED, f"the time limit of {problem.deadline.seconds:g} s")
    one = np.array([sample])
    u = problem.u[one]
    try:
        x, q = initial_state(problem.model, problem.volts_of(one), u, problem.deadline)
    except SimulationFailed as fault:
        return _Settled(None, Outcome.NOT_CONVERGED, str(fault))
    maps, solver = problem.model.reduced(True)
    integrator = Integrator(maps, solver, u, PRECISION)
    duration = LONG * _slowest(problem)
    settled = False
    for _ in range(DOUBLINGS):
        path = integrate(integrator, x, q, duration, duration, problem.deadline)
        end = path.points[-1]
        x = end.x
        q = end.q
        if path.failed is not None:
            ended = Solved(end.y, q, np.zeros(1, dtype=np.bool_))
            return _Settled(ended, Outcome.NOT_CONVERGED, f"relaxation: {path.failed}")
        settled = at_rest(path.times, path.states)
        if settled:
            break
        duration *= 2.0
    return _operating_point(problem.model, u, x, q, settled)


def _slowest(problem: Problem) -> float:
    """The slowest time constant of the states that the start gives, s; 1 where none has any."""
    diagonal = np.abs(np.diag(problem.model.reduced(problem.held)[0].rate.by_x))
    return float(1.0 / diagonal[diagonal > 0.0].min()) if (diagonal > 0.0).any() else 1.0


def _operating_point(model: Model, u: Floats, x: Floats, q: Floats, settled: bool) -> _Settled:
    """Newton's method from the end of a transient, which it must not leave."""
    static_maps, static = model.reduced(False)
    solved = static.solve(static_maps.inputs.feedforward(None, u), q)
    if not solved.found.all():
        return _Settled(solved, Outcome.NOT_CONVERGED, "no operating point at the end of the transient")
    before = model.reduced(True)[0].nodes.value(x, q, u)
    after = static_maps.nodes.value(None, solved.q, u)
    away = np.abs(model.state_volts(after) - model.state_volts(before)).max(initial=0.0)
    if not settled:
        return _Settled(solved, Outcome.NOT_SETTLED)
    if away > AWAY * np.abs(before[:, : len(model.nodes)]).max():
        return _Settled(solved, Outcome.OTHER_EQUILIBRIUM)
    return _Settled(solved, Outcome.CONVERGED)

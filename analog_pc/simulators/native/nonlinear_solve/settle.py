"""One sample settled by the transient of all its states, at the precision that decides where it rests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Outcome
from analog_pc.simulators.native.analyses.transient import Integrator, integrate
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.settling import AWAY, DOUBLINGS, PRECISION, at_rest

LONG = 50.0  # times the slowest time constant of the states that the start gives


@dataclass(frozen=True, eq=False)
class Settled:
    """Inputs y and outputs q [1, ..] of the elements at the operating point, and how it ended."""

    y: Floats
    q: Floats
    outcome: Outcome
    note: str = ""


def settle_by_transient(
    model: Model, held: Bools, u: Floats, x: Floats, q: Floats, deadline: Deadline
) -> Settled:
    """From states x [1, states] and outputs q under stimuli u; prolonged until nothing moves.

    held: the states that set the pace.
    """
    maps, solver = model.reduced(True)
    diagonal = np.abs(np.diag(model.reduced(held)[0].rate.by_x))
    duration = LONG / diagonal[diagonal > 0.0].min() if (diagonal > 0.0).any() else LONG
    integrator = Integrator(maps, solver, u, PRECISION)
    rests = False
    for _ in range(DOUBLINGS):
        path = integrate(integrator, x, q, duration, duration, deadline)
        end = path.points[-1]
        x = end.x
        q = end.q
        if path.failed is not None:
            return Settled(end.y, q, Outcome.NOT_CONVERGED, f"relaxation: {path.failed}")
        rests = at_rest(path.times, path.states)
        if rests:
            break
        duration *= 2.0
    return _operating_point(model, u, x, q, rests)


def _operating_point(model: Model, u: Floats, x: Floats, q: Floats, rests: bool) -> Settled:
    """Newton's method from the end of a transient, which it must not leave."""
    static_maps, static = model.reduced(False)
    solved = static.solve(static_maps.inputs.feedforward(None, u), q)
    if not solved.found.all():
        return Settled(
            solved.y, solved.q, Outcome.NOT_CONVERGED, "no operating point at the end of the transient"
        )
    before = model.reduced(True)[0].nodes.value(x, q, u)
    after = static_maps.nodes.value(None, solved.q, u)
    away = np.abs(model.state_volts(after) - model.state_volts(before)).max(initial=0.0)
    if not rests:
        return Settled(solved.y, solved.q, Outcome.NOT_SETTLED)
    if away > AWAY * np.abs(before[:, : len(model.nodes)]).max():
        return Settled(solved.y, solved.q, Outcome.OTHER_EQUILIBRIUM)
    return Settled(solved.y, solved.q, Outcome.CONVERGED)

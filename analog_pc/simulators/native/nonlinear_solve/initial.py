"""Where a search or a transient starts: from volts at some nodes to everything else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.strategies.step_sources import solve_stepped

Volts = Mapping[str, ArrayLike]  # by node: a number, or one for each sample


def initial_state(model: Model, volts: Volts, u: Floats, deadline: Deadline) -> tuple[Floats, Floats]:
    """States [samples, states] and outputs [samples, outputs] at the start of a transient.

    As in SPICE: the given nodes have their volts, every other state is where it rests beside them.
    """
    held = model.holdable(volts)
    maps, solver = model.reduced(held)
    x = np.broadcast_to(model.held_volts(held, volts), (len(u), int(held.sum())))
    r = maps.inputs.feedforward(x, u)
    start = solver.form.delta(model.inputs_at(volts, len(u)))
    solved = solve_stepped(solver, r, start, deadline)
    if not solved.found.all():
        sample = int(np.argmin(solved.found))
        raise SimulationFailed(f"native: no state of the circuit has the initial volts of sample {sample}")
    return model.state_volts(maps.nodes.value(x, solved.q, u)), solved.q

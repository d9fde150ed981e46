"""Where a search or a transient starts: from volts at some nodes to everything else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.loop import Loop
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.operating_point import settle_to


def first_outputs(model: Model, loop: Loop, volts: Mapping[str, Any], samples: int) -> Floats | None:
    """Block outputs [samples, writes] from which a search starts: those at these volts, the rest at 0 V."""
    model.check_nodes(volts)
    if not volts:
        return None
    given = max(np.size(v) for v in volts.values())
    y = model.first_reads(volts, given)
    q = np.repeat(loop.delta(y[:1]), given, axis=0)
    differs = loop.outputs_of(np.asarray((y != y[:1]).any(axis=0)))
    if differs.any():
        part = loop.part(differs)
        q[:, part.writes] = part.loop.delta(y[:, part.reads])
    return np.broadcast_to(q, (samples, q.shape[1]))


def initial_state(model: Model, volts: Mapping[str, Any], u: Floats) -> tuple[Floats, Floats]:
    """States [samples, states] and block outputs [samples, writes] at the start of a transient.

    As in SPICE: the given nodes have their volts, every other state is where it rests beside them.
    """
    held = model.holdable(volts)
    reduced, loop = model.reduced(held)
    start = first_outputs(model, loop, volts, len(u))
    x = np.broadcast_to(model.held_volts(held, volts), (len(u), int(held.sum())))
    _, q, found = settle_to(reduced, loop, u, start, x=x)
    if not found.all():
        sample = int(np.argmin(found))
        raise SimulationFailed(f"native: no state of the circuit has the initial volts of sample {sample}")
    return model.state_volts(reduced.nodes.value(x, q, u)), q

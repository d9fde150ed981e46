"""Where a search or a transient starts: from volts at some nodes to everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analog_pc.arrays import Any, ArrayLike, Floats, Ints
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.finding_kernel import Start
from analog_pc.simulators.native.laws import Laws, no_laws
from analog_pc.simulators.native.loop import Loop, Part
from analog_pc.simulators.native.map_kernel import Plan, copies, fill, plan_of
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.operating_point import settle_to

Volts = Mapping[str, ArrayLike]  # by node: a number, or one for each sample


def first_outputs(model: Model, loop: Loop, volts: Volts, samples: int) -> Floats | None:
    """Block outputs [samples, writes] at volts of some nodes, the rest at 0 V; None without volts."""
    if not volts:
        return None
    reach = _reach(model, loop, tuple(volts))
    q = np.empty((len(reach.at_rest), samples))
    q[:] = reach.at_rest[:, None]
    if reach.part is not None:
        y = np.empty((len(reach.reads.constant), samples))
        fill(reach.reads, _stacked(volts, samples), 0, samples, y, 0)
        q[reach.part.writes] = reach.part.loop.delta(y[reach.number].T).T
    return q.T


def start_of(model: Model, loop: Loop, volts: Volts, samples: int) -> Start:
    """For a loop whose laws compiled code knows."""
    reach = _reach(model, loop, tuple(volts))
    writes = np.empty(0, dtype=np.int64) if reach.part is None else reach.part.writes
    none = np.zeros((0, 0))
    return Start(none, reach.at_rest, writes, reach.laws, reach.reads, _stacked(volts, samples))


def _stacked(volts: Volts, samples: int) -> Floats:
    out = np.empty((len(volts), samples))
    for row, value in zip(out, volts.values(), strict=True):
        row[:] = value
    return out


@dataclass(frozen=True, eq=False)
class _Reach:
    """The outputs that some nodes reach (part), and what these read of them."""

    part: Part | None
    reads: Plan  # of the nodes to the different voltages that the part reads
    number: Ints  # which of them each of its reads is
    at_rest: Floats  # [all outputs]

    @cached_property
    def laws(self) -> Laws:
        """For a loop whose laws compiled code knows."""
        laws = None if self.part is None else self.part.loop.laws
        if self.part is None or laws is None:
            return no_laws()
        return laws.of(np.arange(len(self.part.writes)), self.number[self.part.loop.read_of])


def _reach(model: Model, loop: Loop, nodes: tuple[str, ...]) -> _Reach:
    reach: _Reach | None = loop.kept_starts.get(nodes)
    if reach is None:
        model.check_nodes(nodes)
        loop.kept_starts[nodes] = reach = _reach_of(loop, *model.reads_of(nodes))
    return reach


def _reach_of(loop: Loop, of_nodes: Any, of_nothing: Floats) -> _Reach:
    """of_nodes [reads, nodes] (sparse), of_nothing [reads, 1]: what blocks read of the nodes, and of none."""
    touched = loop.outputs_of(np.diff(of_nodes.indptr) > 0)
    none, outputs_of_loop = np.empty(0, dtype=np.int64), len(touched)
    if not touched.any():
        at_rest = loop.delta(of_nothing.T)[0] if of_nodes.shape[1] else np.zeros(outputs_of_loop)
        return _Reach(None, copies(0), none, at_rest)
    part = loop.part(touched)
    reads, number = np.unique(loop.same[part.reads], return_inverse=True)
    matrix = of_nodes[reads].toarray()
    plan = plan_of(np.zeros((len(reads), 0)), matrix, of_nothing[reads, 0])
    return _Reach(part, plan, number, loop.delta(of_nothing.T)[0])


def initial_state(model: Model, volts: Volts, u: Floats) -> tuple[Floats, Floats]:
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

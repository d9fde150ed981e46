"""Where a search or a transient starts: from volts at some nodes to everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analog_pc.arrays import Any, ArrayLike, Bools, Floats, Ints
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
    """The same of the outputs that a read feels, for a loop whose laws compiled code knows."""
    reach = _reach(model, loop, tuple(volts), heard=True)
    return Start(np.zeros((0, 0)), *reach.start, reach.reads, _stacked(volts, samples))


def _stacked(volts: Volts, samples: int) -> Floats:
    out = np.empty((len(volts), samples))
    for row, value in zip(out, volts.values(), strict=True):
        row[:] = value
    return out


@dataclass(frozen=True, eq=False)
class _Reach:
    """Those of some outputs (`among`) that some nodes reach (`part`), and what these read of them."""

    among: Bools  # [all outputs]
    part: Part | None
    reads: Plan  # of the nodes to the different voltages that the part reads
    number: Ints  # which of them each of its reads is
    at_rest: Floats  # [all outputs]

    @cached_property
    def start(self) -> tuple[Floats, Ints, Laws]:
        """The first fields of a `Start` of `among`, for a loop whose laws compiled code knows."""
        at_rest = self.at_rest[self.among]
        if self.part is None or self.part.loop.laws is None:
            return at_rest, np.empty(0, dtype=np.int64), no_laws()
        writes = self.part.writes
        laws = self.part.loop.laws.of(np.arange(len(writes)), self.number[self.part.loop.read_of])
        return at_rest, np.searchsorted(np.flatnonzero(self.among), writes), laws


def _reach(model: Model, loop: Loop, nodes: tuple[str, ...], *, heard: bool = False) -> _Reach:
    """Among all outputs, or those that a read feels."""
    reach: _Reach | None = loop.kept_starts.get((nodes, heard))
    if reach is None:
        model.check_nodes(nodes)
        among = loop.heard if heard else np.ones_like(loop.heard)
        loop.kept_starts[nodes, heard] = reach = _reach_of(loop, among, *model.reads_of(nodes))
    return reach


def _reach_of(loop: Loop, among: Bools, of_nodes: Any, of_nothing: Floats) -> _Reach:
    """of_nodes [reads, nodes] (sparse), of_nothing [reads, 1]: what blocks read of the nodes, and of none."""
    touched, nodes = loop.outputs_of(np.diff(of_nodes.indptr) > 0) & among, of_nodes.shape[1]
    at_rest = loop.delta(of_nothing.T)[0] if nodes else np.zeros(len(touched))
    if not touched.any():
        return _Reach(among, None, copies(0), np.empty(0, dtype=np.int64), at_rest)
    part = loop.part(touched)
    reads, number = np.unique(loop.same[part.reads], return_inverse=True)
    plan = plan_of(np.zeros((len(reads), 0)), of_nodes[reads].toarray(), of_nothing[reads, 0])
    return _Reach(among, part, plan, number, at_rest)


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

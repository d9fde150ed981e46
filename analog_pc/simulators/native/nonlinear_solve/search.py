"""Operating points of a batch: strategies tried in order for the samples that are left.

An operating point is the state that the circuit relaxes to from the state that the analysis starts in:
capacitors whose volts it gives (`guess`, `settling.initial`), or the rest under its preset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import OperatingPoint, Outcome
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.initial import initial_state, outputs_at
from analog_pc.simulators.native.nonlinear_solve.settle import settle_by_transient
from analog_pc.simulators.native.nonlinear_solve.source_stepping import solve_stepped


@dataclass(eq=False)
class Search:
    """What is asked for, and what has been found so far.

    Attributes
    ----------
    u
        Stimuli, [samples, stimuli].
    volts
        Volts of nodes where the flow starts.
    preset
        Stimuli of the state that each sample starts from; None: there are none.
    follows_flow
        Whether the flow from the start must be known to end in what is found.
    y, q, found
        Inputs and outputs of the elements at the operating points, and the samples that have one.
    stable
        Samples that are known to be stable already.
    outcomes, notes
        Of samples that ended otherwise than found, by sample.
    """

    model: Model
    u: Floats
    volts: Mapping[str, Any]
    preset: Floats | None
    follows_flow: bool
    deadline: Deadline
    y: Floats = field(init=False)
    q: Floats = field(init=False)
    found: Bools = field(init=False)
    stable: Bools = field(init=False)
    preset_q: Floats | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        equations = self.model.equations
        self.y = np.zeros((len(self.u), equations.n_inputs))
        self.q = np.zeros((len(self.u), equations.n_outputs))
        self.found = np.zeros(len(self.u), dtype=np.bool_)
        self.stable = np.zeros(len(self.u), dtype=np.bool_)

    @classmethod
    def of(cls, model: Model, analysis: OperatingPoint, check: bool, deadline: Deadline) -> Search:
        """The search that an analysis asks for."""
        preset = None if analysis.preset is None else model.batch(analysis.preset, analysis.samples)
        settling = analysis.settling
        volts = analysis.guess if settling is None else settling.initial
        u = model.batch(analysis.stimuli, analysis.samples)
        return cls(model, u, volts, preset, check or settling is not None, deadline)

    @cached_property
    def held(self) -> Bools:
        """States that the start gives, [states]."""
        return self.model.holdable(self.volts)

    @cached_property
    def start(self) -> Floats:
        """Volts of these states, [samples, held states]."""
        volts = self.model.held_volts(self.held, self.volts)
        return np.broadcast_to(volts, (len(self.u), volts.shape[1]))

    def put(self, samples: Ints, y: Floats, q: Floats, found: Bools) -> None:
        """Store what a strategy has found for some samples."""
        self.y[samples] = y
        self.q[samples] = q
        self.found[samples] = found

    def outputs(self, samples: Ints) -> Floats:
        """Outputs of the elements where nodes have the volts of the start, [some samples, outputs]."""
        some = {name: np.broadcast_to(v, len(self.u))[samples] for name, v in self.volts.items()}
        return outputs_at(self.model, some, len(samples))


class Strategy(Protocol):
    """One way to find operating points."""

    def applies(self, search: Search) -> bool: ...

    def run(self, search: Search, samples: Ints) -> None:
        """Find some samples."""
        ...


class NewtonFromStart:
    """Newton's method on the whole circuit at once: the nearest root, whatever the flow does."""

    def applies(self, search: Search) -> bool:
        return not search.follows_flow and bool(search.held.any())

    def run(self, search: Search, samples: Ints) -> None:
        maps, solver = search.model.reduced(False)
        r = maps.inputs.feedforward(None, search.u[samples])
        search.put(samples, *solver.solve(r, search.outputs(samples)))


class FollowSlowFlow:
    """The flow of the states that the start gives, all others at rest beside them (`slow_flow.py`)."""

    def applies(self, search: Search) -> bool:
        return bool(search.held.any())

    def run(self, search: Search, samples: Ints) -> None:
        flow = search.model.slow_flow(search.held)
        ended = flow.follow(
            search.start[samples], search.u[samples], search.outputs(samples), search.deadline
        )
        search.put(samples, ended.y, ended.q, ended.found)
        # Where no state is fast, the flow of the slow ones is all, and it contracts in what was found.
        search.stable[samples] = ended.found & (bool(flow.implicit.any()) and bool(search.held.all()))


class FollowTransient:
    """The transient of all states, then Newton's method from where it rests."""

    def applies(self, search: Search) -> bool:
        return bool(search.held.any())

    def run(self, search: Search, samples: Ints) -> None:
        for sample in samples:
            one = np.array([sample])
            if search.deadline.passed:
                search.notes[int(sample)] = f"the time limit of {search.deadline.seconds:g} s"
                continue
            volts = {name: np.broadcast_to(v, len(search.u))[one] for name, v in search.volts.items()}
            try:
                x, q = initial_state(search.model, volts, search.u[one], search.deadline)
            except SimulationFailed as fault:
                search.notes[int(sample)] = str(fault)
                continue
            ended = settle_by_transient(search.model, search.held, search.u[one], x, q, search.deadline)
            search.put(one, ended.y, ended.q, np.array([ended.outcome is not Outcome.NOT_CONVERGED]))
            search.outcomes[int(sample)] = ended.outcome
            if ended.note:
                search.notes[int(sample)] = ended.note


class StepSources:
    """Newton's method, then source stepping, by way of the preset: circuits whose start gives no state."""

    def applies(self, search: Search) -> bool:
        return not search.held.any()

    def run(self, search: Search, samples: Ints) -> None:
        maps, solver = search.model.reduced(False)
        start = search.outputs(samples)
        r = maps.inputs.feedforward(None, search.u[samples])
        if search.preset is None:
            search.put(samples, *solve_stepped(solver, r, start, search.deadline))
            return
        before = maps.inputs.feedforward(None, search.preset[samples])
        preset = solve_stepped(solver, before, start, search.deadline)
        search.preset_q = preset.q
        solved = solve_stepped(solver, r, preset.q, search.deadline, (before, preset.q))
        search.put(samples, solved.y, solved.q, solved.found & preset.found)


STRATEGIES: tuple[Strategy, ...] = (NewtonFromStart(), FollowSlowFlow(), FollowTransient(), StepSources())


def find(search: Search) -> None:
    """Try every strategy that applies, in order, on the samples that are left."""
    for strategy in STRATEGIES:
        left = np.flatnonzero(~search.found)
        if len(left) == 0:
            return
        if strategy.applies(search):
            strategy.run(search, left)

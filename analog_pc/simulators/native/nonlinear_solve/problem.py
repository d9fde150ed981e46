"""Operating points of a batch as a problem, and the state of its solution.

An operating point is the state that the circuit relaxes to from the state that the analysis starts in:
capacitors whose volts it gives (`guess`, `settling.initial`), or the equilibrium under its preset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import OperatingPoint, Outcome
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.newton import Solved


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """What is asked for; it does not change.

    Parameters
    ----------
    model
        The circuit.
    u
        Stimuli, [samples, stimuli].
    volts
        Volts of nodes where the flow starts, by node: a number, or one for each sample.
    preset
        Stimuli of the state that each sample starts from, [samples, stimuli]; None: there are none.
    follows_flow
        Whether the flow from the start must be known to end in what is found.
    held
        States of the circuit that the start gives, [states]; and
    start
        their volts, [samples, held states].
    deadline
        When the search ends.
    """

    model: Model
    u: Floats
    volts: Mapping[str, Any]
    preset: Floats | None
    follows_flow: bool
    held: Bools
    start: Floats
    deadline: Deadline

    @classmethod
    def of(cls, model: Model, analysis: OperatingPoint, check: bool, deadline: Deadline) -> Problem:
        """The problem that an analysis poses; check: whether a point must be where the circuit relaxes to."""
        settling = analysis.settling
        volts = analysis.guess if settling is None else settling.initial
        held = model.holdable(volts)
        start = model.held_volts(held, volts)
        return cls(
            model=model,
            u=model.batch(analysis.stimuli, analysis.samples),
            volts=volts,
            preset=None if analysis.preset is None else model.batch(analysis.preset, analysis.samples),
            follows_flow=check or settling is not None,
            held=held,
            start=np.broadcast_to(start, (analysis.samples, start.shape[1])),
            deadline=deadline,
        )

    @property
    def samples(self) -> int:
        return len(self.u)

    def volts_of(self, samples: Ints) -> dict[str, Any]:
        """Volts of the start of some samples."""
        return {name: np.broadcast_to(v, self.samples)[samples] for name, v in self.volts.items()}

    def outputs(self, samples: Ints) -> Floats:
        """Outputs of the elements where nodes have the volts of the start, the others 0 V, [.., outputs]."""
        _, solver = self.model.reduced(False)
        return solver.form.delta(self.model.inputs_at(self.volts_of(samples), len(samples)))


@dataclass(eq=False)
class SolveState:
    """What has been found so far.

    Attributes
    ----------
    y, q, found
        Inputs and outputs of the elements at the operating points, and the samples that have one.
    stable
        Samples that are known to be stable already.
    preset_q
        Outputs at the equilibrium under the preset.
    outcomes, notes
        Of samples that ended otherwise than found, by sample.
    """

    y: Floats
    q: Floats
    found: Bools
    stable: Bools
    preset_q: Floats | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def initial(cls, problem: Problem) -> SolveState:
        """Nothing found."""
        equations = problem.model.equations
        return cls(
            y=np.zeros((problem.samples, equations.n_inputs)),
            q=np.zeros((problem.samples, equations.n_outputs)),
            found=np.zeros(problem.samples, dtype=np.bool_),
            stable=np.zeros(problem.samples, dtype=np.bool_),
        )

    @property
    def left(self) -> Ints:
        """Samples without an operating point."""
        return np.flatnonzero(~self.found)

    def store(self, samples: Ints, solved: Solved) -> None:
        """Keep what a strategy has found for some samples."""
        self.y[samples] = solved.y
        self.q[samples] = solved.q
        self.found[samples] = solved.found


class Strategy(Protocol):
    """One way to find operating points."""

    def applies(self, problem: Problem) -> bool:
        """Whether it can serve this problem at all."""
        ...

    def step(self, problem: Problem, state: SolveState) -> None:
        """Find some of the samples that are left."""
        ...

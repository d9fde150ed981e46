"""The state that a circuit relaxes to: the flow of its slow states, all that is fast at rest beside them.

The slow states x are the capacitors whose volts the analysis gives at the start (the value nodes of a
network).  Amplifiers, drivers, rectifiers and lines follow them at their own rest, q = delta(y(x, q)).

A sample that starts near an operating point needs no steps: where the flow contracts between the two, its
solutions come nearer to that point.  The others are followed in implicit Euler steps as long as contraction
allows (`flow_kernel.py`), with the explicit set of outputs (rails far away, devices that are nearly linear)
as it is at the start; Newton's method on the whole circuit then ends where the flow contracts from where it
came to rest, or the sample is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.deadline import Deadline
from analog_pc.simulators.native.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.flow_kernel import FlowProblem, FlowState, contracts_to, follow
from analog_pc.simulators.native.laws import no_laws
from analog_pc.simulators.native.newton import Solved
from analog_pc.simulators.native.reduce import Reduced
from analog_pc.threads import side_by_side, slices, threads

SLICES = 8  # for each thread: the deadline is looked at between them


@dataclass(frozen=True, eq=False)
class _Problem:
    """The flow for compiled code, and the numbers of its inputs and outputs in the whole form."""

    kernel: FlowProblem
    inputs: Ints
    outputs: Ints


class SlowFlow:
    """The slow flow of one circuit.

    Parameters
    ----------
    slow, static
        The reduction that holds the slow states, and the one that holds none, with their solvers.
    """

    def __init__(self, slow: tuple[Reduced, FeedbackSolver], static: tuple[Reduced, FeedbackSolver]) -> None:
        self._maps, self._solver = slow
        self._static_maps, self._static = static
        equations = self._maps.equations
        held = self._maps.held
        nodes = [a for (a, _), is_held in zip(equations.state_nodes, held, strict=True) if is_held]
        self._volts = self._static_maps.nodes.rows(np.array(nodes, dtype=np.int64))
        self._farads = np.array(equations.state_farads)[held]
        self._implicit = np.zeros(0, dtype=np.bool_)
        self._problem: _Problem | None = None

    def follow(self, x: Floats, u: Floats, q: Floats, deadline: Deadline) -> Solved:
        """From x [samples, states] under stimuli u [samples, stimuli] to the operating points.

        q [samples, outputs]: where the search for the outputs at x starts.
        """
        start = self._solver.solve(self._maps.reads.drive(x, u), q)
        direct = self._static.solve(self._static_maps.reads.drive(None, u), start.q)
        problem = self._current(np.concatenate([start.y, direct.y]))
        if problem is None:
            return Solved(direct.y, direct.q, np.zeros(len(x), dtype=np.bool_))
        state = self._state(problem, x, u, start)
        found = start.found & direct.found & self._contracts_to(problem, state, u, direct.q, deadline)
        left = np.flatnonzero(~found & start.found)
        if len(left):
            again = self._walk(problem, x[left], u[left], _some(start, left), deadline)
            direct.y[left] = again.y
            direct.q[left] = again.q
            found[left] = again.found
        return Solved(direct.y, direct.q, found)

    def _walk(self, problem: _Problem, x: Floats, u: Floats, start: Solved, deadline: Deadline) -> Solved:
        """Samples that are followed step by step."""
        state = self._state(problem, x, u, start)
        _in_slices(len(x), deadline, lambda part: follow(problem.kernel, state, *part))
        q = start.q.copy()
        q[:, problem.outputs] = state.q
        ended = self._static.solve(self._static_maps.reads.drive(None, u), q)
        rests = state.found.copy()
        return Solved(
            ended.y, ended.q, rests & ended.found & self._contracts_to(problem, state, u, ended.q, deadline)
        )

    def _contracts_to(
        self, problem: _Problem, state: FlowState, u: Floats, q: Floats, deadline: Deadline
    ) -> Bools:
        """Samples whose flow contracts from their state to the operating point with outputs q, near it."""
        state.found[:] = False
        rest = np.ascontiguousarray(self._volts.value(None, q, u))
        outputs = np.ascontiguousarray(q[:, problem.outputs])
        _in_slices(
            len(rest), deadline, lambda part: contracts_to(problem.kernel, state, rest, outputs, *part)
        )
        return state.found.copy()

    def _state(self, problem: _Problem, x: Floats, u: Floats, start: Solved) -> FlowState:
        """Samples at their start; outputs outside the implicit set are constants of the flow."""
        constant = start.q.copy()
        constant[:, problem.outputs] = 0.0
        reads = self._maps.reads.rows(problem.inputs)
        nowhere = np.zeros_like(x)
        scale = np.maximum(np.abs(x).max(axis=1, initial=0.0), np.abs(u).max(axis=1, initial=0.0))
        return FlowState(
            x=np.array(x),
            q=np.ascontiguousarray(start.q[:, problem.outputs]),
            drive=np.ascontiguousarray(reads.value(nowhere, constant, u)),
            push=np.ascontiguousarray(self._maps.rate.value(nowhere, constant, u)),
            scale=np.where(scale > 0.0, scale, np.abs(start.y).max(axis=1, initial=0.0)),
            found=np.zeros(len(x), dtype=np.bool_),
        )

    def _current(self, y: Floats) -> _Problem | None:
        """The flow for the implicit set as it is now; None where compiled code does not know an output."""
        implicit = self._solver.implicit | self._static.implicit
        same = len(self._implicit) == len(implicit) and bool((self._implicit == implicit).all())
        if not same:
            self._implicit = implicit
            self._problem = self._make_problem(implicit)
        return self._problem

    def _make_problem(self, implicit: Bools) -> _Problem | None:
        part = self._solver.form.part(implicit)
        laws = part.form.laws
        if laws is None:
            return None
        order = _order(part.form.gain, part.form.input_index)
        rate = self._maps.rate
        diagonal = np.abs(np.diag(rate.by_x))
        kernel = FlowProblem(
            laws=laws.of(order, part.form.input_index[:, order]),
            gain=np.ascontiguousarray(part.form.gain[:, order]),
            by_x=np.ascontiguousarray(self._maps.reads.by_x[part.inputs]),
            rate_x=rate.by_x,
            rate_q=np.ascontiguousarray(rate.by_d[:, part.outputs[order]]),
            pushes=_pushes(
                rate.by_d[:, part.outputs[order]], self._maps.reads.by_x[part.inputs], laws.reads[0][order]
            ),
            metric=np.sqrt(self._farads / self._farads.max()),
            tick=float(1.0 / diagonal[diagonal > 0.0].max()) if (diagonal > 0.0).any() else 1.0,
        )
        return _Problem(kernel, part.inputs, part.outputs[order])


def _order(gain: Floats, input_index: Ints) -> Ints:
    """Outputs by how many others they depend on: an activation, then what its signal reaches."""
    depends = (gain[input_index] != 0.0).any(axis=0)
    np.fill_diagonal(depends, False)
    left = np.ones(len(depends), dtype=np.bool_)
    order: list[int] = []
    while left.any():
        count = (depends & left).sum(axis=1)
        ready = np.flatnonzero(left & (count == count[left].min()))
        order += ready.tolist()
        left[ready] = False
    return np.array(order, dtype=np.int64)


def _pushes(rate_q: Floats, by_x: Floats, control: Ints) -> Floats:
    """Sign with which each output moves the states that its first input reads, [outputs]."""
    moves = np.einsum("no,on->o", rate_q, by_x[control])
    return np.where(moves < 0.0, -1.0, 1.0)


@cache
def compile_kernels() -> None:
    """Compile the flow, or load it: once for an installation, some twenty seconds."""
    none = np.zeros((0, 0))
    problem = FlowProblem(no_laws(), none, none, none, none, np.zeros(0), np.zeros(0), 1.0)
    state = FlowState(none, none, none, none, np.zeros(0), np.zeros(0, dtype=np.bool_))
    follow(problem, state, 0, 0)
    contracts_to(problem, state, none, none, 0, 0)


def _some(solved: Solved, samples: Ints) -> Solved:
    return Solved(solved.y[samples], solved.q[samples], solved.found[samples])


def _in_slices(samples: int, deadline: Deadline, work: Callable[[tuple[int, int]], None]) -> None:
    """Call work((first, last)) for slices of the samples, on all threads, until the deadline."""

    def run(part: slice) -> None:
        if not deadline.passed:
            work((part.start, part.stop))

    side_by_side(run, slices(samples, SLICES * threads()))

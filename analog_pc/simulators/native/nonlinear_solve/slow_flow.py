"""The state that a circuit relaxes to: the flow of its slow states, all that is fast at rest beside them.

The slow states x are the capacitors whose volts the analysis gives at the start (the value nodes of a
network).  Amplifiers, drivers, rectifiers and lines follow them at their own rest, q = delta(y(x, q)).

A sample that starts near an operating point needs no steps: where the flow contracts between the two, its
solutions come nearer to that point.  The others are followed in implicit Euler steps as long as contraction
allows (`flow_walk.py`), with the explicit set of outputs (rails far away, devices that are nearly linear)
as it is at the start; Newton's method on the whole circuit then ends where the flow contracts from where it
came to rest, or the sample is not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.simulators.native.kernels.contraction import NEAR, contracts_to
from analog_pc.simulators.native.kernels.flow_kernel import FlowProblem, FlowState, fill_jacobians
from analog_pc.simulators.native.kernels.flow_walk import follow
from analog_pc.simulators.native.kernels.threads import in_slices
from analog_pc.simulators.native.kernels.transfer_functions import empty_table
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import LEAST_SLOPE, TYPICAL, FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.jacobian import jacobians
from analog_pc.simulators.native.nonlinear_solve.metric import reciprocal_metric
from analog_pc.simulators.native.nonlinear_solve.newton import Solved

# Full scale is at most so many times the voltage in which the sharpest activation bends: it sets the steps.
WIDE = 32.0
ROUNDS = 3  # of a walk; the second one served all samples that were seen


class FlowMaps(NamedTuple):
    """dx/dt = A x + E q + ..., y = C x + K q + ... of some outputs and inputs: A, E, C, K."""

    rate_x: Floats
    rate_q: Floats
    by_x: Floats
    gain: Floats


@dataclass(frozen=True, eq=False)
class CompiledFlow:
    """The flow for compiled code, and the numbers of its inputs and outputs in the whole form."""

    kernel: FlowProblem
    inputs: Ints
    outputs: Ints

    def with_maps(self, maps: FlowMaps) -> FlowProblem:
        """The same outputs between other maps."""
        return self.kernel._replace(
            gain=np.ascontiguousarray(maps.gain),
            by_x=np.ascontiguousarray(maps.by_x),
            spans=row_spans(maps.by_x),
            rate_x=np.ascontiguousarray(maps.rate_x),
            rate_q=np.ascontiguousarray(maps.rate_q),
        )


class SlowFlow:
    """The slow flow of one circuit.

    Parameters
    ----------
    slow, static
        The reduction that holds the slow states, and the one that holds none, with their solvers.

    Attributes
    ----------
    reduction
        `slow`.
    held
        Which states of the circuit are the slow ones, [states].
    nonlinear
        Whether there is anything nonlinear.
    metric
        S [slow states], relative; see `metric.py`.  The root of their capacitances until an input is known.
    implicit
        The outputs of `problem_at`, [outputs].
    """

    def __init__(self, slow: tuple[Reduced, FeedbackSolver], static: tuple[Reduced, FeedbackSolver]) -> None:
        self.reduction = slow
        self._maps, self._solver = slow
        self._static_maps, self._static = static
        equations = self._maps.equations
        held = self._maps.held
        nodes = [a for (a, _), is_held in zip(equations.state_nodes, held, strict=True) if is_held]
        self._volts = self._static_maps.nodes.rows(np.array(nodes, dtype=np.int64))
        self.held = held
        self.nonlinear = bool(self._solver.form.elements)
        farads = np.array(equations.state_farads)[held]
        self.metric = np.sqrt(farads / farads.max())
        self.implicit = np.zeros(0, dtype=np.bool_)
        self._problem: CompiledFlow | None = None

    def follow(self, x: Floats, u: Floats, q: Floats, deadline: Deadline) -> Solved:
        """From x [samples, states] under stimuli u [samples, stimuli] to the operating points.

        q [samples, outputs]: where the search for the outputs at x starts.
        """
        direct = self._static.solve(self._static_maps.inputs.feedforward(None, u), q)
        problem = self.problem_at(direct.y)
        if not self.nonlinear or not self.implicit.any():
            return direct  # one operating point, which a linear flow ends in or leaves
        found = np.zeros(len(x), dtype=np.bool_)
        if problem is None or deadline.passed:
            return Solved(direct.y, direct.q, found)
        near = np.flatnonzero(direct.found)
        if len(near):
            state = self._state(problem, x[near], u[near], direct.q[near], q[near])
            found[near] = self._contracts_to(problem, state, u[near], direct.q[near])
        left = np.flatnonzero(~found)
        if len(left):
            again = self._walk(problem, x[left], u[left], q[left], deadline)
            direct.y[left] = again.y
            direct.q[left] = again.q
            found[left] = again.found
        return Solved(direct.y, direct.q, found)

    def leads_to(self, x: Floats, u: Floats, y: Floats, q: Floats) -> Bools:
        """Samples whose flow from x contracts all the way to an operating point that is known already.

        y [samples, inputs] and q [samples, outputs] are there; whoever found it.
        """
        if not self.nonlinear:  # there is no other operating point
            return np.ones(len(x), dtype=np.bool_)
        problem = self.problem_at(y)
        if problem is None:
            return np.zeros(len(x), dtype=np.bool_)
        return self._contracts_to(problem, self._state(problem, x, u, q, q), u, q)

    def _walk(self, problem: CompiledFlow, x: Floats, u: Floats, q: Floats, deadline: Deadline) -> Solved:
        """Samples that are followed step by step.

        The explicit outputs of a round are those of its start.  Where Newton's method on all outputs then
        ends too far from where the state came to rest, another round goes on from there.
        """
        out = Solved(
            np.empty((len(x), self._static.form.gain.shape[0])), q.copy(), np.zeros(len(x), np.bool_)
        )
        left = np.arange(len(x))
        with deadline.stopped():
            compile_walk()
        for _ in range(ROUNDS):
            start = self._solver.solve(self._maps.inputs.feedforward(x, u[left]), out.q[left])
            state = self._state(problem, x, u[left], start.q, start.q)
            in_slices(len(left), partial(_follow, problem, state, deadline))
            rests = state.found & start.found
            outputs = start.q
            outputs[:, problem.outputs] = state.q
            ended = self._static.solve(self._static_maps.inputs.feedforward(None, u[left]), outputs)
            out.y[left] = ended.y
            out.q[left] = ended.q
            rests &= ended.found
            found = rests & self._is_near(state, u[left], ended.q)
            far = rests & ~found
            found[far] = self._contracts_to(problem, _some(state, far), u[left[far]], ended.q[far])
            out.found[left] = found
            again = rests & ~found
            x = state.x[again]
            left = left[again]
            if len(left) == 0:
                break
        return out

    def _is_near(self, state: FlowState, u: Floats, q: Floats) -> Bools:
        """Samples that rest where the operating point with outputs q is, as well as a rest is found."""
        away = np.abs(self._volts.value(None, q, u) - state.x).max(axis=1)
        return np.asarray(away <= NEAR * state.scale)

    def _contracts_to(self, problem: CompiledFlow, state: FlowState, u: Floats, q: Floats) -> Bools:
        """Samples whose flow contracts from their state to the operating point with outputs q, near it."""
        state.found[:] = False
        equilibrium = np.ascontiguousarray(self._volts.value(None, q, u))
        outputs = np.ascontiguousarray(q[:, problem.outputs])
        in_slices(len(equilibrium), partial(contracts_to, problem.kernel, state, equilibrium, outputs))
        return state.found.copy()

    def _state(self, problem: CompiledFlow, x: Floats, u: Floats, explicit: Floats, q: Floats) -> FlowState:
        """Samples at x with outputs q; outputs outside the implicit set keep what they have in `explicit`."""
        constant = explicit.copy()
        constant[:, problem.outputs] = 0.0
        drive = self._maps.inputs.rows(problem.inputs).value(np.zeros_like(x), constant, u)
        scale = np.maximum(np.abs(x).max(axis=1, initial=0.0), np.abs(u).max(axis=1, initial=0.0))
        scale = np.where(scale > 0.0, scale, np.abs(drive).max(axis=1, initial=0.0))
        sharpest = problem.kernel.table.factor.max(initial=0.0)
        if sharpest > 0.0:
            scale = np.minimum(scale, WIDE / sharpest)
        return FlowState(
            x=np.array(x),
            q=np.ascontiguousarray(q[:, problem.outputs]),
            drive=np.ascontiguousarray(drive),
            push=np.ascontiguousarray(self._maps.rate.value(np.zeros_like(x), constant, u)),
            scale=scale,
            found=np.zeros(len(x), dtype=np.bool_),
        )

    def problem_at(self, y: Floats) -> CompiledFlow | None:
        """The flow for the implicit set as it is at inputs y [samples, inputs].

        None where compiled code does not know an output.
        """
        some = y[:: -(-len(y) // TYPICAL)]
        self._solver.extend_at(some)
        self._static.extend_at(some)
        implicit = self._solver.implicit | self._static.implicit | self._moving_outputs(some)
        if len(self.implicit) == len(implicit):
            implicit |= self.implicit
        if len(self.implicit) != len(implicit) or not bool((self.implicit == implicit).all()):
            self.implicit = implicit
            self.metric = reciprocal_metric(self._jacobians(some), self.metric)
            self._problem = self._make_problem(implicit)
        return self._problem

    def _jacobians(self, y: Floats) -> Iterator[Floats]:
        """J at inputs y [samples, inputs], where it is finite."""
        for jacobian in jacobians(self._maps, self._solver.form, y[np.isfinite(y).all(axis=1)]):
            if np.isfinite(jacobian).all():
                yield jacobian

    def _moving_outputs(self, y: Floats) -> Bools:
        """Outputs that bend at inputs y and move a slow state, though no input may depend on them."""
        moves = self._maps.rate.by_q.any(axis=0)
        return self._solver.form.slope_changed(y, LEAST_SLOPE) & self._solver.separable & moves

    def _make_problem(self, implicit: Bools) -> CompiledFlow | None:
        part = self._solver.form.part(implicit)
        table = part.form.table
        if table is None:
            return None
        order = _order(part.form.gain, part.form.input_index)
        outputs = part.outputs[order]
        rate_x = self._maps.rate.by_x
        rate_q = np.ascontiguousarray(self._maps.rate.by_q[:, outputs])
        by_x = np.ascontiguousarray(self._maps.inputs.by_x[part.inputs])
        diagonal = np.abs(np.diag(rate_x))
        kernel = FlowProblem(
            table=table.select(order, part.form.input_index[:, order]),
            gain=np.ascontiguousarray(part.form.gain[:, order]),
            by_x=by_x,
            spans=row_spans(by_x),
            rate_x=rate_x,
            rate_q=rate_q,
            reads=np.abs(by_x[part.form.input_index[0][order]]).argmax(axis=1),
            pushes=_pushes(rate_q, by_x[part.form.input_index[0][order]]),
            metric=self.metric,
            tick=float(1.0 / diagonal[diagonal > 0.0].max()) if (diagonal > 0.0).any() else 1.0,
        )
        return CompiledFlow(kernel, part.inputs, outputs)


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


def row_spans(matrix: Floats) -> Ints:
    """First and last + 1 column where each row is not 0, [rows, 2]; (columns, 0) for a row of zeros."""
    columns = np.arange(matrix.shape[1])
    nonzero = matrix != 0.0
    first = np.where(nonzero, columns, matrix.shape[1]).min(axis=1, initial=matrix.shape[1])
    end = np.where(nonzero, columns + 1, 0).max(axis=1, initial=0)
    return np.stack([first, end], axis=1)


def _pushes(rate_q: Floats, by_x: Floats) -> Floats:
    """Sign with which each output moves the states that its first input reads (by_x), [outputs]."""
    moves = np.einsum("no,on->o", rate_q, by_x)
    return np.where(moves < 0.0, -1.0, 1.0)


def _nothing() -> tuple[FlowProblem, FlowState]:
    """A flow without states, and no sample of it."""
    none = np.zeros((0, 0))
    problem = FlowProblem(
        table=empty_table(),
        gain=none,
        by_x=none,
        spans=row_spans(none),
        rate_x=none,
        rate_q=none,
        reads=np.zeros(0, dtype=np.int64),
        pushes=np.zeros(0),
        metric=np.zeros(0),
        tick=1.0,
    )
    return problem, FlowState(none, none, none, none, np.zeros(0), np.zeros(0, dtype=np.bool_))


@cache
def compile_contraction() -> None:
    """Compile the test of contraction, or load it: once for an installation, some ten seconds."""
    problem, state = _nothing()
    contracts_to(problem, state, state.x, state.q, 0, 0)
    fill_jacobians(problem, state.drive, np.zeros((0, 0, 0)))


@cache
def compile_walk() -> None:
    """Compile the walk, or load it, when the first sample is followed: some twenty seconds more."""
    follow(*_nothing(), 0, 0)


def _follow(problem: CompiledFlow, state: FlowState, deadline: Deadline, first: int, last: int) -> None:
    """Follow some samples, unless the time is over."""
    if not deadline.passed:
        follow(problem.kernel, state, first, last)


def _some(state: FlowState, which: Bools) -> FlowState:
    """Some of the samples."""
    return FlowState._make(values[which] for values in state)

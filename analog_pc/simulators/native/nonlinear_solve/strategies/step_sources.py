"""Source stepping (continuation in the stimuli): operating points without a state to start from."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.newton import UNDAMPED_STEPS, Solved
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState

LONGEST = 1.0  # steps from one feedforward to another, as parts of the way
FIRST = 0.25
SHORTEST = 1e-4


class StepSources:
    """Newton's method, then source stepping, by way of the preset."""

    def applies(self, problem: Problem) -> bool:
        return not problem.held.any()

    def step(self, problem: Problem, state: SolveState) -> None:
        samples = state.left
        maps, solver = problem.model.reduced(False)
        start = problem.outputs(samples)
        r = maps.inputs.feedforward(None, problem.u[samples])
        if problem.preset is None:
            state.store(samples, solve_stepped(solver, r, start, problem.deadline))
            return
        before = maps.inputs.feedforward(None, problem.preset[samples])
        preset = solve_stepped(solver, before, start, problem.deadline)
        state.preset_q = preset.q
        solved = solve_stepped(solver, r, preset.q, problem.deadline, (before, preset.q))
        state.store(samples, Solved(solved.y, solved.q, solved.found & preset.found))


def solve_stepped(
    solver: FeedbackSolver,
    r: Floats,
    start: Floats,
    deadline: Deadline,
    origin: tuple[Floats, Floats] | None = None,
) -> Solved:
    """Solutions at r [samples, inputs], searched from q = `start`.

    Newton's method at once; for samples that it does not reach the feedforward goes from `origin` (one and
    the outputs that solve it; None: 0 V, which outputs of 0 solve) to r in steps that it can follow.
    """
    if origin is None:
        origin = np.zeros_like(r), np.zeros_like(start)
    from_r, from_q = origin
    solved = solver.solve(r, start)
    for sample in np.flatnonzero(~solved.found):
        if deadline.passed:
            break
        one = slice(sample, sample + 1)
        y, q, found = _step_sources(solver, from_r[one], r[one], from_q[one], deadline)
        solved.y[one] = y
        solved.q[one] = q
        solved.found[one] = found
    return solved


def _step_sources(
    solver: FeedbackSolver, origin: Floats, target: Floats, q: Floats, deadline: Deadline
) -> tuple[Floats, Floats, Bools]:
    """One sample along the straight way between two feedforwards, with steps that shrink and grow.

    Undamped steps serve where even the shortest step fails: into the next piece of a function with kinks.
    """
    done = 0.0
    step = FIRST
    y = solver.form.inputs(origin, q)
    while done < 1.0 and step >= SHORTEST and not deadline.passed:
        part = min(1.0, done + step)
        undamped = UNDAMPED_STEPS if step < 2.0 * SHORTEST else 0
        trial = solver.solve(origin + part * (target - origin), q, undamped)
        if trial.found.all():
            y = trial.y
            q = trial.q
            done = part
            step = min(LONGEST, 2.0 * step)
        else:
            step *= 0.5
    return y, q, np.array([done >= 1.0])

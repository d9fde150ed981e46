"""Operating points without a state to start from: Newton at once, then source stepping."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.newton import UNDAMPED_STEPS, Solved

LONGEST = 1.0  # steps from one drive to another, as parts of the way
FIRST = 0.25
SHORTEST = 1e-4


def solve_stepped(
    solver: FeedbackSolver,
    r: Floats,
    start: Floats,
    deadline: Deadline,
    origin: tuple[Floats, Floats] | None = None,
) -> Solved:
    """Solutions at r [samples, inputs], searched from q = `start`.

    A sample that Newton's method does not reach at once is led: the drive goes from `origin` (a drive and the
    outputs that solve it; none: no drive, which outputs of 0 solve) to r in steps that Newton's method can
    follow.
    """
    from_r, from_q = (np.zeros_like(r), np.zeros_like(start)) if origin is None else origin
    solved = solver.solve(r, start)
    for sample in np.flatnonzero(~solved.found):
        if deadline.passed:
            break
        one = slice(sample, sample + 1)
        y, q, found = _led(solver, from_r[one], r[one], from_q[one], deadline)
        solved.y[one] = y
        solved.q[one] = q
        solved.found[one] = found
    return solved


def _led(
    solver: FeedbackSolver, origin: Floats, target: Floats, q: Floats, deadline: Deadline
) -> tuple[Floats, Floats, Bools]:
    """One sample along the straight way between two drives, with steps that shrink and grow.

    It leaps where even the shortest step is no way on: into the next piece of a law with kinks.
    """
    done = 0.0
    step = FIRST
    y = solver.form.inputs(origin, q)
    while done < 1.0 and step >= SHORTEST and not deadline.passed:
        part = min(1.0, done + step)
        leaps = UNDAMPED_STEPS if step < 2.0 * SHORTEST else 0
        trial = solver.solve(origin + part * (target - origin), q, leaps)
        if trial.found.all():
            y = trial.y
            q = trial.q
            done = part
            step = min(LONGEST, 2.0 * step)
        else:
            step *= 0.5
    return y, q, np.array([done >= 1.0])

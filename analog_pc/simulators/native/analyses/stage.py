"""An implicit Euler step of the states, eliminated: what is left is a feedback form like any other.

With P = (1 - h A)^-1, a step of h seconds that starts from x0 is ::

    x = P (x0 + h (E q + B u + a)),    y = C x + K q + D u + c  =  r + (h C P E + K) q

Its gain depends on h alone, so that steps of one length share their matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.mna.reduce import Response
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.newton import UNDAMPED_STEPS


@dataclass(frozen=True, eq=False)
class ImplicitStage:
    """The matrices of steps of one length.

    Parameters
    ----------
    duration
        h in s.
    through, kick
        P^T [states, states] and h E^T P^T [outputs, states].
    """

    duration: float
    through: Floats
    kick: Floats
    inputs: Response
    solver: FeedbackSolver

    @classmethod
    def of(
        cls, rate: Response, inputs: Response, form: FeedbackForm, duration: float, stop: float
    ) -> ImplicitStage:
        """The step of `duration`, solved until it moves by `stop` of the largest voltage."""
        n = rate.by_x.shape[0]
        factor = lu_factor(np.eye(n) - duration * rate.by_x, check_finite=False)
        through = np.ascontiguousarray(lu_solve(factor, np.eye(n), check_finite=False).T)
        kick = duration * rate.by_q.T @ through
        gain = np.ascontiguousarray((kick @ inputs.by_x.T).T + inputs.by_q)
        closed = FeedbackForm(form.elements, gain, form.shared_input)
        return cls(duration, through, kick, inputs, FeedbackSolver(closed, stop))

    def solve(
        self, x: Floats, push: Floats, u: Floats, q: Floats, leaps: int = UNDAMPED_STEPS
    ) -> tuple[Floats, Floats, Floats, Bools]:
        """States after the step, y, q, and the samples that have a solution.

        x [samples, states] and push = B u + a [samples, states]; q: where the search starts.
        """
        still = (x + self.duration * push) @ self.through
        y, q, found = self.solver.solve(self.inputs.feedforward(still, u), q, leaps)
        return still + q @ self.kick, y, q, found

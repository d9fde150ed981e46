"""Steps of a transient by ESDIRK4(3): every stage is a feedback form, as an operating point is.

Every stage is an implicit Euler step (`stage.py`) over the method's diagonal part of the step; steps come
from a ladder of 2, and the rungs that were used last keep their matrices.

The method (6 stages, order 4, embedded order 3, stiffly accurate, L-stable) is ARK4(3)6L[2]SA-ESDIRK of
Kennedy & Carpenter, Appl. Numer. Math. 44, 139 (2003), Table 5.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.analyses.stage import ImplicitStage
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.nonlinear_solve.feedback_solver import FeedbackSolver
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, UNDAMPED_STEPS

# Rungs whose matrices are kept: [inputs, outputs] twice over for each, 30 MB on a 64-32-10 chip.  A step goes
# up and down between neighbours; a rung that comes back later costs as much as a few steps.
RUNGS = 3
# A stage ends when its explicit set moves by this part of the precision.  What is left of it is divided by
# DIAGONAL in the truncation, which is compared with `path.TRUST` times the precision: 4 * 0.01 of 10.
STAGE = 0.01
DIAGONAL = 0.25
STAGES = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1 / 4, 1 / 4, 0.0, 0.0, 0.0, 0.0],
        [8611 / 62500, -1743 / 31250, 1 / 4, 0.0, 0.0, 0.0],
        [5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 1 / 4, 0.0, 0.0],
        [
            15267082809 / 155376265600,
            -71443401 / 120774400,
            730878875 / 902184768,
            2285395 / 8070912,
            1 / 4,
            0.0,
        ],
        [82889 / 524892, 0.0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4],
    ]
)
EMBEDDED = np.array(
    [
        4586570599 / 29645900160,
        0.0,
        178811875 / 945068544,
        814220225 / 1159782912,
        -3700637 / 11593932,
        61727 / 225920,
    ]
)


class Integrator:
    """dx/dt of a circuit with all its states held, for a batch of constant stimuli u [samples, ..].

    precision
        Relative precision that is asked of each step; stages are solved to `STAGE` of it.
    """

    def __init__(self, reduced: Reduced, solver: FeedbackSolver, u: Floats, precision: float) -> None:
        self.rate = reduced.rate
        self.inputs = reduced.inputs
        self.solver = solver
        self.u = u
        self._push = self.rate.feedforward(None, u)
        self.stop = max(STOP, STAGE * precision)
        self._stages: OrderedDict[float, ImplicitStage] = OrderedDict()  # by step, the last used one last

    def derivative(self, x: Floats, q: Floats) -> tuple[Floats, Floats, Floats, Bools]:
        """dx/dt at x, with y and q there (q: where to search from)."""
        y, q, found = self.solver.solve(self.inputs.feedforward(x, self.u), q)
        return self.rate.value(x, q, self.u), y, q, found

    @property
    def kept_lengths(self) -> int:
        """Step lengths whose matrices are kept."""
        return len(self._stages)

    def _stage(self, step: float) -> ImplicitStage:
        """The matrices of a step length; those of the length that was not used for longest go."""
        if step not in self._stages:
            while len(self._stages) >= RUNGS:
                self._stages.popitem(last=False)
            self._stages[step] = self._made(step)
        self._stages.move_to_end(step)
        return self._stages[step]

    def _made(self, step: float) -> ImplicitStage:
        return ImplicitStage.of(self.rate, self.inputs, self.solver.form, DIAGONAL * step, self.stop)

    def step(self, x: Floats, k1: Floats, q: Floats, step: float) -> tuple[Bools, tuple[Floats, ...] | None]:
        """x, dx/dt, y, q after one step, and the estimated local truncation; None if a stage fails.

        The first of both: samples that found all their stages.  What a leap does to the waveform is in the
        truncation like all else.
        """
        stage = self._stage(step)
        slopes = [k1]
        for number in range(1, len(STAGES)):
            base = x + step * sum(
                a * k for a, k in zip(STAGES[number, :number], slopes, strict=True) if a != 0.0
            )
            at, y, q, found = stage.solve(base, self._push, self.u, q, UNDAMPED_STEPS)
            if not found.all():
                return found, None
            slopes.append((at - base) / stage.duration)
        truncation = step * sum(d * k for d, k in zip(STAGES[-1] - EMBEDDED, slopes, strict=True))
        return found, (at, slopes[-1], y, q, truncation @ stage.through)

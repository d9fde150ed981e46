"""Newton's method of every sample of a large batch, where the circuit is small units (`units.py`)."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.simulators.native.kernels.newton_kernel import TILE, Problem, solve_tiles, workspace
from analog_pc.simulators.native.kernels.threads import in_slices
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm
from analog_pc.simulators.native.nonlinear_solve.gain import gain_of
from analog_pc.simulators.native.nonlinear_solve.newton import STOP, Solved
from analog_pc.simulators.native.nonlinear_solve.units import units_of

MANY = 32  # samples for which looking for units is worth its time


class UnitsNewton:
    """Compiled Newton's method on one feedback form."""

    def __init__(self, form: FeedbackForm, problem: Problem) -> None:
        self._problem = problem
        self._distinct, self._input_of = _distinct_inputs(form)

    @classmethod
    def of(cls, form: FeedbackForm, y: Floats) -> UnitsNewton | None:
        """None for a circuit without small units; y [samples, inputs] are typical inputs."""
        own_gain = form.uncoupled_gain()
        units = units_of(form, y, own_gain)
        if units is None or form.laws is None:
            return None
        distinct, input_of = _distinct_inputs(form)
        outputs = np.arange(form.gain.shape[1])
        gain = np.ascontiguousarray(form.gain[distinct])
        assert own_gain is not None
        problem = Problem(
            units=units,
            laws=form.laws.of(outputs, input_of[form.input_index]),
            gain=gain_of(gain, own_gain[distinct]),
            volts=form.largest_gain,
        )
        return cls(form, problem)

    def solve(self, r: Floats, start: Floats) -> Solved:
        """As `DenseNewton.solve`; a sample whose residual grows is not found."""
        drive = np.ascontiguousarray(r[:, self._distinct].T)
        q = np.array(start.T, order="C")
        y = np.empty_like(drive)
        found = np.zeros(len(r), dtype=np.bool_)

        def work(part: slice) -> None:
            room = workspace(self._problem, min(TILE, part.stop - part.start))
            solve_tiles(self._problem, room, drive, STOP, q, y, found, part.start, part.stop)

        in_slices(len(r), len(drive), work)
        return Solved(y[self._input_of].T, q.T, found)


def _distinct_inputs(form: FeedbackForm) -> tuple[Ints, Ints]:
    """Inputs that are different voltages, and which of these each input is."""
    if form.shared_input is None:
        every = np.arange(len(form.gain))
        return every, every
    distinct, number = np.unique(form.shared_input, return_inverse=True)
    return distinct, number

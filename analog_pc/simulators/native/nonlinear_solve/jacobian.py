"""Jacobians of a circuit linearised at its operating points.

With slopes D of the nonlinear elements at y, the outputs of elements follow a change of the inputs by ::

    dq = D (1 - K D)^-1 dy        and the states by        J = A + E D (1 - K D)^-1 C        1/s
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.simulators.native.mna.reduce import Reduced
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm

LEAST_SLOPE = 1e-9  # a slope that changed by less does not show in an eigenvalue
SAMPLES = 16  # whose matrices are made at a time


def closed_loop(form: FeedbackForm, y: Floats, dy: Floats) -> tuple[Bools, Floats]:
    """The outputs that follow changes dy [inputs, k] at y [samples, inputs], and their dq.

    Which outputs, [outputs], and dq, [samples, these outputs, k].
    """
    some = form.slope_changed(y, LEAST_SLOPE)
    around = form.slopes_times(y, some, form.gain[None][:, :, some])
    system = np.eye(around.shape[1]) - around
    return some, np.asarray(np.linalg.solve(system, form.slopes_times(y, some, dy[None])))


def jacobians(maps: Reduced, form: FeedbackForm, y: Floats) -> Iterator[Floats]:
    """d(dx/dt)/dx of the held states, [states, states], at every operating point y [samples, inputs]."""
    rate = maps.rate
    for first in range(0, len(y), SAMPLES):
        part = y[first : first + SAMPLES]
        if not form.elements:
            yield from [rate.by_x] * len(part)
            continue
        some, changes = closed_loop(form, part, maps.inputs.by_x)
        by_q = rate.by_q[:, some]
        for change in changes:
            yield rate.by_x + by_q @ change

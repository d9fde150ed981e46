"""Operating points on a kink of a transfer function: the circuit linearised on the other side of it.

A relu unit whose prediction is 0 V rests at the edge of its gate's ramp, and no current flows.  On the one
side the circuit returns there; on the other the gate opens, and what it lets through may open it further::

    gate |      /                   rests at `edge`: to its left nothing moves,
         |     /                    to its right the state leaves as exp(t / tau)
         |____/
         +----o-------- control     noise of any size decides

So the circuit is stable there if it is on both sides.  All inputs of a sample that are within `NEAR` of a
kink change sides at once: their ramps are so steep that the modes of one hardly depend on those of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm

NEAR = 1e-9  # of the largest input: what amplifiers with a gain of 1e9, those of ideal parts, leave of 0 V
ON_KINK = "on a kink that the circuit leaves to one side: noise decides whether it stays"


class OtherSides(NamedTuple):
    """Samples that stand on kinks, and inputs y [samples, inputs] beyond these kinks."""

    samples: Ints
    y: Floats


def other_sides(form: FeedbackForm, y: Floats) -> OtherSides:
    """The other sides of kinks within `NEAR` of operating points at inputs y [samples, inputs]."""
    kinks = list(_kinks(form))
    near = NEAR * np.abs(y).max(axis=1, initial=0.0, keepdims=True) if kinks else np.zeros((len(y), 1))
    found = np.zeros(len(y), dtype=np.bool_)
    for inputs, edge in kinks:
        found |= (np.abs(y[:, inputs] - edge) <= near).any(axis=1)
    samples = np.flatnonzero(found)
    at = y[samples]
    near = near[samples]
    out = at.copy()
    for inputs, edge in kinks:
        beyond = np.where(at[:, inputs] <= edge, edge + near, edge - near)
        out[:, inputs] = np.where(np.abs(at[:, inputs] - edge) <= near, beyond, out[:, inputs])
    return OtherSides(samples, out)


def _kinks(form: FeedbackForm) -> Iterator[tuple[slice, Floats]]:
    """First inputs of elements, and where the slope by each of them jumps, V."""
    for instance in form.elements:
        formula = instance.element.formula
        if formula is None or formula.transfer.name != "ramp" or formula.transfer.parameters is None:
            continue
        parameters = formula.transfer.parameters
        n = (len(parameters) - 2) // 2
        edges = parameters[1 : n + 1]
        slopes = parameters[n + 1 :]
        first = instance.inputs.start
        for edge, left, right in zip(edges, slopes[:-1], slopes[1:], strict=True):
            if left != right:
                yield slice(first, first + instance.element.n_outputs), edge - formula.offset

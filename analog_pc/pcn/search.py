"""How equilibria are searched for: steps (K + shift) dx = dx/dt along the flow, K = -d(dx/dt)/dx."""

from __future__ import annotations

from typing import NamedTuple

REACH = 0.01  # longest step along the flow
SHRINK = 0.4  # of the shift, after a step of at most half the reach
GROW = 3.0  # of the shift, after a step that was refused
FIRST_SHIFT = 0.1  # in units of the softest spring: where a refused Newton step starts
LAST_SHIFT = 1e-3  # in the same unit: below it a step is Newton's
CERTAIN = 1e-3  # a step that lowers dx/dt by this factor is taken whatever the rounding of E says
MISFIT = 0.5  # largest error of the linearisation in a step of a flow that is not one of E, in its dx/dt


class Search(NamedTuple):
    """How to search; as the parameters of `analog_pc.relax`."""

    tolerance: float
    max_iterations: int
    reach: (
        float  # longest step, as a part of the sample's largest activity (or the scale of f); infinite: any
    )

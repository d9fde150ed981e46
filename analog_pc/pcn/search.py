"""How equilibria are searched for: steps (K + shift) dx = dx/dt along the flow, K = -d(dx/dt)/dx."""

from __future__ import annotations

import math
from typing import NamedTuple

from analog_pc.arrays import is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import check_truth, finite_number

MOST_ITERATIONS = 2**63 - 1  # as compiled code counts
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
    reach: float  # longest step, as a part of the sample's largest activity or the scale of f; infinite: any


def chosen_search(tolerance: float, max_iterations: int, follow: bool) -> Search:
    """The search that the parameters of `analog_pc.relax` ask for.

    Raises
    ------
    BadInput
        For a tolerance that is not >= 0 and below 1 (it is relative: at 1 every state would be at rest),
        iterations that are not a whole number from 1 to `MOST_ITERATIONS`, a `follow` that is no boolean.
    """
    part = finite_number("tolerance", tolerance, zero=True)
    if part >= 1.0:
        raise BadInput(f"tolerance = {tolerance!r}, must be below 1: it is relative to the forces")
    check_truth("follow", follow)
    if not is_whole(max_iterations) or not 1 <= max_iterations <= MOST_ITERATIONS:
        raise BadInput(f"max_iterations = {max_iterations!r}, must be a whole number >= 1, below 2^63")
    return Search(part, int(max_iterations), REACH if follow else math.inf)

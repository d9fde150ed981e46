"""Units that stand on a kink of f: their gates, and whether they stay there.

A relu unit whose prediction is exactly 0 has f' = 0 there, so dx/dt = 0 and nothing moves it, whatever is fed
back::

    E |\\                         left of the kink    dE/dx = error - left  * feedback  = 0
      | \\____o                   right of it         dE/dx = error - right * feedback  < 0
      |       \\____
      +---------------- x         neither side holds it: noise of any size decides
"""

from __future__ import annotations

import numpy as np

from analog_pc.activations import Activation
from analog_pc.arrays import Bools, Floats

LEAVES = "stands on a kink of f from which E falls to one side: noise decides whether it stays"


def gates_on_kinks(
    act: Activation, x: Floats, force: Floats, feedback: Floats, free: Bools
) -> tuple[Floats, Bools]:
    """Gates of free units on a kink (NaN elsewhere), and whether they stay there.

    The forces to the left and to the right are r + left h and r + right h.  Where both lead away, f' is the
    slope of the left side, as in `Activation.slope`, and the unit goes to the left.

    Parameters
    ----------
    act
        f.
    x, force, feedback
        Activities, r and h of a population, [samples, size].
    free
        Whether each may move.
    """
    gates = np.full_like(x, np.nan)
    stays = np.zeros(x.shape, dtype=np.bool_)
    for kink, left, right in act.jumps:
        at = (x == kink) & free
        leftwards = -(force + left * feedback)
        rightwards = force + right * feedback
        rests = at & (leftwards <= 0.0) & (rightwards <= 0.0) & (leftwards + rightwards < 0.0)
        goes_right = (rightwards > 0.0) & (leftwards < 0.0)
        balance = -force / np.where(feedback != 0.0, feedback, 1.0)
        gates = np.where(at, np.where(goes_right, right, left), gates)
        gates = np.where(rests, balance, gates)
        stays |= rests
    return gates, stays


def fall_from_kinks(act: Activation, x: Floats, force: Floats, feedback: Floats, moving: Bools) -> Floats:
    """How steeply E falls to one side of the kink that a moving unit stands on; 0 where it does not.

    Parameters
    ----------
    act, x, force, feedback, moving
        As for `gates_on_kinks`.
    """
    fall = np.zeros_like(x)
    for kink, left, right in act.jumps:
        down = np.maximum(force + right * feedback, -(force + left * feedback))
        fall = np.where((x == kink) & moving, np.maximum(down, 0.0), fall)
    return fall

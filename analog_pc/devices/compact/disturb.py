"""How many pulses a state withstands: the half-selected neighbours of a written cell have V / 2."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices.compact import checks
from analog_pc.devices.compact.motion import Moving, check_states, hold
from analog_pc.errors import BadInput

MOST = 2.0**53  # pulses: above it whole numbers are no longer exact, and no device lives


def pulses_to_move(
    model: Moving, x: ArrayLike, volts: ArrayLike, width: float, share: float = 0.01
) -> Floats:
    """Rectangular pulses until the state has moved by a share of its range, and inf where it never does.

    A state that rests between pulses moves by n pulses as by one of n times the width; the number is found by
    doubling it, and by halves from there.

    Parameters
    ----------
    model
        The kind of device.
    x, volts
        States and pulse voltages of any shapes that broadcast; of a half-selected device volts = V / 2.
    width
        Of a pulse, s.
    share
        Of the range of the state, within 0 ... 1.

    Returns
    -------
    numpy.ndarray
        The least whole number of pulses, inf if 2^53 are not enough.
    """
    state, v = np.broadcast_arrays(*checks.floats(x, volts))
    if not (width > 0.0 and 0.0 < share < 1.0):
        raise BadInput(f"{model.name}: width, share = {(width, share)}, must be > 0 and within 0 ... 1")
    check_states(model, state)
    far = share * (model.limits[1] - model.limits[0])
    found = np.full(state.size, np.inf)
    start = state.reshape(-1)
    volt = v.reshape(-1)
    moving = np.flatnonzero(model.rate(volt, start) != 0.0)
    if moving.size:
        found[moving] = _count(model, start[moving], volt[moving], width, far)
    return found.reshape(state.shape)


def _count(model: Moving, start: Floats, volts: Floats, width: float, far: float) -> Floats:
    """The least numbers, of states [n] that do move."""
    # pulses that are not enough, and the state after them
    done = np.zeros(start.size)
    at = start.copy()
    burst = 1.0
    going = np.ones(start.size, dtype=np.bool_)
    sizes = np.zeros(start.size)
    while going.any() and burst < MOST:
        k = np.flatnonzero(going)
        after = hold(model, at[k], volts[k], burst * width)
        reached = np.abs(after - start[k]) >= far
        sizes[k] = burst
        done[k[~reached]] += burst
        at[k[~reached]] = after[~reached]
        going[k[reached]] = False
        burst *= 2.0
    enough = ~going
    while (sizes[enough] > 1.0).any():
        k = np.flatnonzero(enough & (sizes > 1.0))
        sizes[k] /= 2.0
        after = hold(model, at[k], volts[k], sizes[k] * width)
        short = np.abs(after - start[k]) < far
        done[k[short]] += sizes[k][short]
        at[k[short]] = after[short]
    return np.where(enough, done + 1.0, np.inf)

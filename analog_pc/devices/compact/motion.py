"""Integration of dx/dt = rate(V(t), x) for given voltages, with error control in every step.

The pair of Dormand & Prince (J. Comput. Appl. Math. 6, 19, 1980), orders 5 and 4: every device of an array
has steps of its own, shortened and stretched so that the difference of the two orders stays below a share of
the range of the state.  A kink or a jump of the rate (a threshold on a ramp, a gap at its limit) is met by
steps as short as that asks for; no state is cut or moved by anything but its rate.  Where a rate jumps to
zero the two orders underrate the error: of a rate that is even up to there, by 154 times at most.

A state is at rest, and its steps end, where the allowed difference above and below it the rate points back to
it at the voltages now and at the end: a motion of one variable cannot pass such points.  (Between the two
voltages as well, if the rate grows or falls with the voltage throughout, as in every model here.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats
from analog_pc.devices.compact import checks
from analog_pc.devices.compact.waveform import Waveform
from analog_pc.errors import BadInput, SimulationFailed

TOLERANCE = 1e-10  # of the range of the state, a step
MOST = 100_000  # steps between two points of a waveform
OFTEN = 8  # steps between two looks for states at rest

_NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),  # the result of order 5
)
_APART = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)  # of orders 5 and 4


class Moving(Protocol):
    """A model as its motion needs it: one of `CompactModel`, or one `InSeries` with a resistance."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def limits(self) -> tuple[float, float]:
        """Least and largest state."""

    def rate(self, volts: ArrayLike, x: ArrayLike) -> Floats:
        """dx/dt."""


def hold(
    model: Moving, x: ArrayLike, volts: ArrayLike, seconds: ArrayLike, tolerance: float = TOLERANCE
) -> Floats:
    """States after a time at a constant voltage.

    Parameters
    ----------
    model
        The kind of device.
    x, volts, seconds
        States, voltages in V and times in s, of any shapes that broadcast.
    tolerance
        Error of a step, as a share of the range of the state.

    Raises
    ------
    BadInput
        For values that are not finite, times < 0, or states outside the limits of the model.
    SimulationFailed
        If the steps become too many.
    """
    return ramp(model, x, volts, volts, seconds, tolerance)


def ramp(
    model: Moving,
    x: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    seconds: ArrayLike,
    tolerance: float = TOLERANCE,
) -> Floats:
    """States after voltages that go straight from start to end in a time.

    Parameters
    ----------
    model, x, seconds, tolerance
        As for `hold`.
    start, end
        Voltages in V, of shapes that broadcast with x.

    Raises
    ------
    BadInput, SimulationFailed
        As `hold`.
    """
    state, v, w, t = np.broadcast_arrays(*checks.floats(x, start, end, seconds))
    check_states(model, state)
    if not (np.isfinite(v).all() and np.isfinite(w).all() and np.isfinite(t).all() and (t >= 0.0).all()):
        raise BadInput(f"{model.name}: volts and seconds must be finite, seconds >= 0")
    return _ramp(model, state, v, w, t, tolerance)


def trajectory(
    model: Moving, x: ArrayLike, waveform: Waveform, share: ArrayLike = 1.0, tolerance: float = TOLERANCE
) -> Floats:
    """States [points, ...] at every point of a waveform, for states [...] at the first.

    Parameters
    ----------
    model, x, tolerance
        As for `hold`.
    waveform
        Volts over time.
    share
        [...]: what part of the waveform each device has, such as 0.5 for a half-selected one.
    """
    return np.stack(list(_along(model, x, waveform, share, tolerance)))


def apply(
    model: Moving, x: ArrayLike, waveform: Waveform, share: ArrayLike = 1.0, tolerance: float = TOLERANCE
) -> Floats:
    """States [...] after a waveform.

    Parameters
    ----------
    model, x, waveform, share, tolerance
        As for `trajectory`.
    """
    return deque(_along(model, x, waveform, share, tolerance), maxlen=1)[0]


def _along(
    model: Moving, x: ArrayLike, waveform: Waveform, share: ArrayLike, tolerance: float
) -> Iterator[Floats]:
    """Iterate over the states at the points of the waveform."""
    state, part = np.broadcast_arrays(*checks.floats(x, share))
    check_states(model, state)
    yield np.array(state)
    times, volts = waveform.points
    for dt, v, w in zip(np.diff(times), volts[:-1], volts[1:], strict=True):
        state = ramp(model, state, part * v, part * w, dt, tolerance)
        yield state


def check_states(model: Moving, x: Floats) -> None:
    """Refuse states outside the limits by more than integration errors (BadInput)."""
    low, high = model.limits
    slack = 1e-6 * (high - low)
    if not ((x >= low - slack) & (x <= high + slack)).all():
        raise BadInput(
            f"{model.name}: states must be within {low:g} ... {high:g}, got {x.min()} ... {x.max()}"
        )


def _ramp(model: Moving, x: Floats, start: Floats, end: Floats, seconds: Floats, tolerance: float) -> Floats:
    """States after voltages that go straight from start to end; all of one shape."""
    low, high = model.limits
    allowed = tolerance * (high - low)
    found = np.array(x, dtype=np.float64).reshape(-1)
    first, last, whole = (np.array(part).reshape(-1) for part in (start, end, seconds))
    slope = (last - first) / np.where(whole > 0.0, whole, 1.0)
    left = whole.copy()
    step = whole.copy()
    going = np.flatnonzero(whole > 0.0)
    for count in range(MOST):
        volts = last[going] - slope[going] * left[going]
        if count % OFTEN == 0:
            moving = ~_rests(model, found[going], volts, last[going], allowed)
            going = going[moving]
            volts = volts[moving]
        if not going.size:
            return found.reshape(np.shape(x))
        h = np.minimum(step[going], left[going])
        new, apart = _step(model, found[going], volts, slope[going], h)
        fine = apart <= allowed
        found[going[fine]] = new[fine]
        left[going[fine]] -= h[fine]
        step[going] = h * _step_factor(apart / allowed)
        going = going[left[going] > 0.0]
    raise SimulationFailed(f"{model.name}: more than {MOST} steps between two points of a waveform")


def _rests(model: Moving, x: Floats, volts: Floats, last: Floats, allowed: float) -> Bools:
    """Whether states stay within `allowed` of themselves while the voltage goes from volts to last."""
    above = np.maximum(model.rate(volts, x + allowed), model.rate(last, x + allowed))
    below = np.minimum(model.rate(volts, x - allowed), model.rate(last, x - allowed))
    return np.asarray((above <= 0.0) & (below >= 0.0))


def _step(model: Moving, x: Floats, v: Floats, slope: Floats, h: Floats) -> tuple[Floats, Floats]:
    """State of order 5 after a time h, and its distance from the state of order 4 (inf for nan)."""
    rates: list[Floats] = []
    at = x
    with np.errstate(over="ignore", invalid="ignore"):  # trials far away, refused by their distance
        for node, row in zip(_NODES, _STAGES, strict=True):
            at = x + h * sum((a * k for a, k in zip(row, rates, strict=True) if a), np.zeros_like(x))
            rates.append(model.rate(v + slope * node * h, at))
        apart = np.abs(h * sum((e * k for e, k in zip(_APART, rates, strict=True) if e), np.zeros_like(x)))
    return at, np.where(np.isfinite(apart) & np.isfinite(at), apart, np.inf)


def _step_factor(ratio: Floats) -> Floats:
    """Factor of the next step, for an error of `ratio` times the allowed one."""
    return np.asarray(np.clip(0.9 * np.maximum(ratio, 1e-12) ** -0.2, 0.1, 5.0))

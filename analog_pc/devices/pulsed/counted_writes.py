"""Deterministic writes: rounded counts of pulses, one pulse by the sign, and write and verify."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Bools, Floats, Ints, has_whole_value
from analog_pc.devices.pulsed.array import DeviceArray
from analog_pc.devices.pulsed.checks import matrix
from analog_pc.errors import BadInput

_MOST = 2**31 - 1


@dataclass(frozen=True, eq=False)
class VerifiedWrite:
    """Result of write and verify [rows, columns]: weights, pulses given, and which are within tolerance."""

    weights: Floats
    pulses: Ints
    reached: Bools


def counts_for(array: DeviceArray, delta: ArrayLike) -> Ints:
    """Pulses whose nominal steps come nearest to the changes `delta` [rows, columns].

    count = delta / step to the nearest integer (halves to even); the device's own step is not known to the
    one who writes.

    Raises
    ------
    BadInput
        For changes of another shape, not finite, or of 2^31 steps or more.
    """
    steps = np.rint(matrix("changes", delta, array.shape) / array.spec.step)
    if np.abs(steps).max() > _MOST:
        raise BadInput(f"devices: a change of {np.abs(steps).max():g} steps, the most is {_MOST}")
    return steps.astype(np.int64)


def sign_counts(array: DeviceArray, delta: ArrayLike, threshold: float = 0.0) -> Ints:
    """One pulse in the direction of each change larger than a threshold >= 0: the Manhattan rule.

    Source: Zamanidoost, Bayat, Strukov & Kataeva, ISCAS 2015.

    Parameters
    ----------
    array
        The devices.
    delta
        Changes of weight [rows, columns].
    threshold
        In units of the weight.

    Raises
    ------
    BadInput
        For changes of another shape or not finite, or a threshold that is negative or not finite.
    """
    if not 0.0 <= threshold < math.inf:
        raise BadInput(f"sign_counts: threshold = {threshold!r}, must be finite and >= 0")
    change = matrix("changes", delta, array.shape)
    return np.where(np.abs(change) > threshold, np.sign(change), 0.0).astype(np.int64)


def write_verify(array: DeviceArray, target: ArrayLike, tolerance: float, max_pulses: int) -> VerifiedWrite:
    """Pulse every device that is read beyond the tolerance towards its target, until none is beyond it.

    A device gets at most `max_pulses`; a one-sided one is not brought down.  What is read includes the write
    noise and no other: reading itself is perfect.

    Parameters
    ----------
    array
        The devices, which are written.
    target
        Weights [rows, columns].
    tolerance
        In units of the weight.
    max_pulses
        A device.

    Raises
    ------
    BadInput
        For targets of another shape or not finite, a tolerance that is not > 0, or fewer than 1 pulse.
    """
    wanted = matrix("targets", target, array.shape)
    if not 0.0 < tolerance < math.inf:
        raise BadInput(f"write_verify: tolerance = {tolerance!r}, must be finite and > 0")
    if not has_whole_value(max_pulses) or max_pulses < 1:
        raise BadInput(f"write_verify: max_pulses = {max_pulses!r}, must be a whole number >= 1")
    pulses = np.zeros(array.shape, dtype=np.int64)
    for _ in range(int(max_pulses)):
        counts = sign_counts(array, wanted - array.weights, tolerance)
        if array.spec.one_sided:
            counts = np.maximum(counts, 0)
        if not counts.any():
            break
        array.pulse(counts)
        pulses += np.abs(counts)
    return VerifiedWrite(array.weights, pulses, np.abs(wanted - array.weights) <= tolerance)

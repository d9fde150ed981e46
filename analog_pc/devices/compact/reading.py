"""Reads that must not write."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices.compact.model import CompactModel
from analog_pc.errors import BadInput


def reads_without_writing(model: CompactModel, volts: ArrayLike) -> bool:
    """Whether no state moves at these read voltages, whatever their sign."""
    low, high = model.thresholds
    most = _most(volts)
    return low < -most and most < high


def check_read(model: CompactModel, volts: ArrayLike) -> None:
    """Refuse a model that these read voltages, of either sign, would write.

    Raises
    ------
    BadInput
        One line with the thresholds and the voltage.
    """
    if not reads_without_writing(model, volts):
        low, high = model.thresholds
        most = _most(volts)
        raise BadInput(
            f"{model.name}: a read of {most:g} V would write it, its state moves beyond {low:g} and"
            f" {high:g} V: take parameters whose thresholds are above the read voltage"
        )


def read(model: CompactModel, x: ArrayLike, volts: ArrayLike) -> Floats:
    """Current of a read in A.

    Parameters
    ----------
    model
        The kind of device.
    x, volts
        States, and read voltages in V, of any shapes that broadcast.

    Raises
    ------
    BadInput
        If the read would write.
    """
    check_read(model, volts)
    return model.current(volts, x)


def _most(volts: ArrayLike) -> float:
    return float(np.max(np.abs(np.asarray(volts, dtype=np.float64))))

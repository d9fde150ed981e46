"""The update of pulsed_update.py in plain numpy: slot by slot, every device that has a coincidence."""

from __future__ import annotations

import numpy as np

from analog_pc.devices.pulsed import DeviceArray, SoftBounds
from analog_pc.devices.pulsed.trains import probabilities


def in_numpy(
    array: DeviceArray, x: np.ndarray, d: np.ndarray, rate: float, slots: int, rng: np.random.Generator
) -> None:
    """The update of `DeviceArray.outer` with numpy alone."""
    found = probabilities(x[None], d[None], rate, slots, array.spec.step, True)
    cells = array.parameters
    w = array.hidden
    rows = rng.random((slots, x.size)) < found.rows
    columns = rng.random((slots, d.size)) < found.columns
    up = np.outer(np.sign(x) * np.sign(rate), np.sign(d)) > 0.0
    step, sign = np.where(up, cells.up, cells.down), np.where(up, 1.0, -1.0)
    linear = isinstance(array.spec.characteristic, SoftBounds)
    slope = sign * np.where(up, cells.up_slope, cells.down_slope) if linear else None
    for k in range(slots):
        at = np.ix_(np.flatnonzero(rows[k]), np.flatnonzero(columns[k]))
        now, size = w[at], step[at]
        move = size if slope is None else size * np.maximum(1.0 - slope[at] * now, 0.0)
        move = move + array.spec.step_c2c * (size if array.spec.additive else move) * rng.standard_normal(
            now.shape
        )
        w[at] = np.clip(now + sign[at] * move, cells.lower[at], cells.upper[at])
        array.wear[at] += 1

"""What time does to an array of devices: decay, and drift from the last write on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_pc.errors import BadInput

if TYPE_CHECKING:
    from analog_pc.devices.pulsed.array import DeviceArray


def elapsed(array: DeviceArray, time: float) -> None:
    """Let time pass; see `PulsedDevice`."""
    if not (np.isfinite(time) and time >= 0.0):
        raise BadInput(f"elapse: time = {time!r}, must be finite and >= 0")
    array.age[array.wear != array.seen] = array.spec.drift_start
    np.copyto(array.seen, array.wear)
    kept = ~array.slow.stuck
    moved = array.hidden
    if array.slow.nu.any():  # powers are slow
        factor = ((array.age + time) / array.age) ** -array.slow.nu
        moved = array.spec.w_min + (moved - array.spec.w_min) * factor
    moved = moved * np.exp(-time * array.slow.rate)
    array.age += time
    array.hidden[kept] = np.clip(moved, array.cells.lower, array.cells.upper)[kept]

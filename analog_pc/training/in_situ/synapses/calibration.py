"""Calibration before training: mean step of the devices, and symmetry point of each."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.kernel import kernel
from analog_pc.devices.pulsed import Constant, DeviceArray, PulsedDevice
from analog_pc.devices.pulsed.kernels import Device, step_factor
from analog_pc.devices.pulsed.population import DeviceParameters, PulseModel

TEST_ARRAY = (64, 64)
HALVINGS = 60  # of the range of a device: beyond the last bit of float64


@cache
def mean_step(spec: PulsedDevice, weight: float = 0.0) -> float:
    """Mean size of a pulse up, and of one down where there is one, on devices put at a weight.

    Measured on a test array of 4096 devices (its own population) without write and cycle noise.
    """
    noiseless = replace(spec, step_c2c=0.0, write_noise=0.0, stuck=0.0)
    found = []
    for sign in (1,) if spec.one_sided else (1, -1):
        array = DeviceArray(noiseless, TEST_ARRAY, seed=0)
        array.assign(np.full(TEST_ARRAY, weight))
        before = array.hidden.copy()
        array.pulse(np.full(TEST_ARRAY, sign))
        found.append(float(np.abs(array.hidden - before).mean()))
    return float(np.mean(found))


def refer_to_symmetry(array: DeviceArray) -> None:
    """Set the reference of every device to the weight at which its step up equals its step down.

    This is where pulses up and down in turn take a device (zero shifting: Kim et al., arXiv:1907.10228),
    without the noise of that procedure; what it leaves is `reference_d2d`, which is kept.  A spec that is
    `at_symmetry` has it already, and a constant step has no such point: nothing is changed.
    """
    if array.spec.at_symmetry or isinstance(array.spec.characteristic, Constant):
        return
    point = np.empty(array.shape)
    _symmetry_points(array.model, array.table, array.parameters, point)
    array.retention = array.retention._replace(reference=array.retention.reference + point)
    array.hidden = np.clip(array.retention.reference, array.parameters.lower, array.parameters.upper)


@kernel()
def _symmetry_points(model: PulseModel, table: Floats, parameters: DeviceParameters, out: Floats) -> None:
    """By bisection: below the point a pair of pulses goes up, above it down; a bound where it never turns."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            low = parameters.lower[i, j]
            high = parameters.upper[i, j]
            rising = Device(1.0, parameters.up[i, j], parameters.up_slope[i, j], low, high)
            falling = Device(-1.0, parameters.down[i, j], parameters.down_slope[i, j], low, high)
            for _ in range(HALVINGS):
                w = 0.5 * (low + high)
                up = rising.step * step_factor(model, table, rising, w)
                down = falling.step * step_factor(model, table, falling, w)
                if up > down:
                    low = w
                else:
                    high = w
            out[i, j] = 0.5 * (low + high)

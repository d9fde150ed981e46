"""Compiled pulses on the devices of some rows of an array: outer products by coincidences, and given numbers.

Rows have their own random streams and see nothing of each other: a thread gives its rows the pulses of all
samples, one sample after the other.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import UInt64s
from analog_pc.compiled.kernel import kernel
from analog_pc.devices.pulsed.burst_kernels import write_bursts
from analog_pc.devices.pulsed.kernels import SUMS, Devices, PulseCounts, write_pulses
from analog_pc.devices.pulsed.trains import PulseTrains, coincidences


@kernel(nogil=True)
def write_outer_products(
    devices: Devices,
    lines: PulseTrains,
    pulses: PulseCounts,
    one_sided: bool,
    keys: UInt64s,
    begin: int,
    end: int,
) -> None:
    """Give the devices of rows begin ... end the coincidences of their trains, sample after sample.

    Parameters
    ----------
    devices
        Hidden weight, write noise and wear change.
    lines
        The trains, [samples, lines].
    pulses
        `counts` is scratch; `sums` of these rows are added to.
    one_sided
        Whether coincidences that go down are dropped.
    keys
        Of the random streams, one a sample.
    begin, end
        First row, and the row after the last.
    """
    sums = np.zeros_like(pulses.sums)  # of one sample
    own = PulseCounts(pulses.counts, sums, pulses.weighed)
    for sample in range(keys.size):
        trains = PulseTrains(
            lines.rows[sample], lines.columns[sample], lines.row_down[sample], lines.column_down[sample]
        )
        coincidences(trains, pulses.counts, sums, pulses.weighed, devices.hidden, one_sided, begin, end)
        write_counts(devices, own, keys[sample], begin, end)
        for i in range(begin, end):
            for k in range(SUMS):
                pulses.sums[i, k] += sums[i, k]
                sums[i, k] = 0.0


@kernel(nogil=True)
def write_counts(devices: Devices, pulses: PulseCounts, key: np.uint64, begin: int, end: int) -> None:
    """Give the devices of rows begin ... end their numbers of pulses, as bursts where the model allows it.

    Parameters
    ----------
    devices, pulses, key, begin, end
        As for `write_pulses`.
    """
    if devices.model.burst:
        write_bursts(devices, pulses, key, begin, end)
    else:
        write_pulses(devices, pulses, key, begin, end)

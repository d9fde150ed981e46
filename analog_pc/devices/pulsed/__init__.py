"""Pulsed devices: what a train of write pulses does to a population of analog memory devices."""

from analog_pc.devices.pulsed.array import DeviceArray
from analog_pc.devices.pulsed.counted_writes import VerifiedWrite, counts_for, sign_counts, write_verify
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.energy import Pulse, Statistics, WriteEnergy
from analog_pc.devices.pulsed.measured import CurveFit, MeasuredDevice, measured_device
from analog_pc.devices.pulsed.presets import PRESETS
from analog_pc.devices.pulsed.update_characteristics import (
    Constant,
    Exponential,
    Linear,
    Piecewise,
    Power,
    SoftBounds,
    UpdateCharacteristic,
)

__all__ = [
    "PRESETS",
    "Constant",
    "CurveFit",
    "DeviceArray",
    "Exponential",
    "Linear",
    "MeasuredDevice",
    "Piecewise",
    "Power",
    "Pulse",
    "PulsedDevice",
    "SoftBounds",
    "Statistics",
    "UpdateCharacteristic",
    "VerifiedWrite",
    "WriteEnergy",
    "counts_for",
    "measured_device",
    "sign_counts",
    "write_verify",
]

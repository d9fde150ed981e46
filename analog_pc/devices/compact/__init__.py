"""Compact memristor models: current and motion of a device as functions of its voltage and its state."""

from analog_pc.devices.compact.disturb import pulses_to_move
from analog_pc.devices.compact.half_select import (
    Wires,
    WritePulseResult,
    device_volts,
    half_selected,
    write_pulse,
)
from analog_pc.devices.compact.model import CompactModel
from analog_pc.devices.compact.motion import apply, hold, ramp, trajectory
from analog_pc.devices.compact.netlist import memristor_model, model_file
from analog_pc.devices.compact.reading import check_read, read, reads_without_writing
from analog_pc.devices.compact.series import InSeries
from analog_pc.devices.compact.stanford import STANFORD_PKU, StanfordPku
from analog_pc.devices.compact.vteam import VTEAM, Vteam
from analog_pc.devices.compact.waveform import Waveform, pulse_train
from analog_pc.devices.compact.yakopcic import YAKOPCIC, Yakopcic

__all__ = [
    "STANFORD_PKU",
    "VTEAM",
    "YAKOPCIC",
    "CompactModel",
    "InSeries",
    "StanfordPku",
    "Vteam",
    "Waveform",
    "Wires",
    "WritePulseResult",
    "Yakopcic",
    "apply",
    "check_read",
    "device_volts",
    "half_selected",
    "hold",
    "memristor_model",
    "model_file",
    "pulse_train",
    "pulses_to_move",
    "ramp",
    "read",
    "reads_without_writing",
    "trajectory",
    "write_pulse",
]

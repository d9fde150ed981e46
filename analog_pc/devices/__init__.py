"""Devices: how a programmable conductance is written, and what current it carries."""

from analog_pc.devices.compact import StanfordPku, Vteam, Yakopcic
from analog_pc.devices.laws import DEVICE_LAWS, device_law
from analog_pc.devices.programming import Programming, fluctuating, program

__all__ = [
    "DEVICE_LAWS",
    "Programming",
    "StanfordPku",
    "Vteam",
    "Yakopcic",
    "device_law",
    "fluctuating",
    "program",
]

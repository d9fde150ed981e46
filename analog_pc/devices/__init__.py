"""Devices: how a programmable conductance is written, and what current it carries."""

from analog_pc.devices.compact import StanfordPku, Vteam, Yakopcic
from analog_pc.devices.iv_characteristics import IV_CHARACTERISTICS, iv_characteristic
from analog_pc.devices.programming import Programming, fluctuating, program

__all__ = [
    "IV_CHARACTERISTICS",
    "Programming",
    "StanfordPku",
    "Vteam",
    "Yakopcic",
    "fluctuating",
    "iv_characteristic",
    "program",
]

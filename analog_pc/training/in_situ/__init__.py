"""In-situ training: weights exist only as conductances, which pulses change.

`DeviceBackend` is what an `analog_pc.training.Trainer` trains; a scheme says how updates become pulses.
"""

from __future__ import annotations

from analog_pc.training.in_situ.backend import HEADROOM, DeviceBackend
from analog_pc.training.in_situ.device import WeightDevice, weight_device
from analog_pc.training.in_situ.drives import DRIVES, Drive
from analog_pc.training.in_situ.schemes import (
    SCHEMES,
    Counts,
    Exact,
    MixedPrecision,
    Scheme,
    Signs,
    TikiTaka,
    Trains,
    WriteVerify,
    write_scheme,
)
from analog_pc.training.in_situ.weights import DeviceWeights, Transposed

__all__ = [
    "DRIVES",
    "HEADROOM",
    "SCHEMES",
    "Counts",
    "DeviceBackend",
    "DeviceWeights",
    "Drive",
    "Exact",
    "MixedPrecision",
    "Scheme",
    "Signs",
    "TikiTaka",
    "Trains",
    "Transposed",
    "WeightDevice",
    "WriteVerify",
    "weight_device",
    "write_scheme",
]

"""In-situ training: predictive coding whose weights exist only as conductances, written by pulses.

::

    network  ->  relax  ->  x_l, d_l  ->  scheme  ->  pulses  ->  devices  ->  read  ->  network

`InSituTrainer` takes one batch, `InSituRun` all epochs with checkpoints.
"""

from __future__ import annotations

from analog_pc.training.in_situ.costs import Costs
from analog_pc.training.in_situ.device import WeightDevice, weight_device
from analog_pc.training.in_situ.drives import DRIVES, Drive
from analog_pc.training.in_situ.rules import (
    RULES,
    Backpropagation,
    IncrementalPredictiveCoding,
    PredictiveCoding,
    Rule,
)
from analog_pc.training.in_situ.run import InSituRun, Progress
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
)
from analog_pc.training.in_situ.trainer import HEADROOM, InSituConfig, InSituTrainer
from analog_pc.training.in_situ.weights import DeviceWeights, Transposed

__all__ = [
    "DRIVES",
    "HEADROOM",
    "RULES",
    "SCHEMES",
    "Backpropagation",
    "Costs",
    "Counts",
    "DeviceWeights",
    "Drive",
    "Exact",
    "InSituConfig",
    "InSituRun",
    "InSituTrainer",
    "IncrementalPredictiveCoding",
    "MixedPrecision",
    "PredictiveCoding",
    "Progress",
    "Rule",
    "Scheme",
    "Signs",
    "TikiTaka",
    "Trains",
    "Transposed",
    "WeightDevice",
    "WriteVerify",
    "weight_device",
]

"""A change of weights and biases."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.arrays import Floats


@dataclass(frozen=True, eq=False)
class Update:
    """dW_l [post, pre] and db_l [post] for l = 1 ... L, summed over the samples."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

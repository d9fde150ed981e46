"""Exact numbers: the reference for all other schemes, through the same code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.errors import BadInput
from analog_pc.technology import Technology
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes.protocol import change
from analog_pc.training.in_situ.synapses import Conductances, Synapses


@dataclass(frozen=True)
class Exact:
    """w <- w + rate sum_s x_s d_s^T in float64; for the device `ideal` alone."""

    name = "exact"

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> ExactWriter:
        if device.spec is not None:
            raise BadInput(f"scheme exact: device {device.name!r} is written by pulses; exact is for 'ideal'")
        return ExactWriter(shape)


class ExactWriter:
    """Numbers; see `Writer`."""

    synapses: tuple[Synapses, ...] = ()

    def __init__(self, shape: tuple[int, int]) -> None:
        self.weights = np.zeros(shape)

    def assign(self, weights: Floats) -> None:
        self.weights = np.array(weights, dtype=np.float64)

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        written = self.weights + change(x, d, rate)
        if not np.isfinite(written.sum()):
            raise FloatingPointError("weights are not finite any more")  # and stay what they were
        self.weights = written

    def elapse(self, time: float) -> None:
        """Numbers do not age."""

    def conductances(self, technology: Technology) -> Conductances:
        """One device of a pair carries the weight, the other stays at g_min, as `mapping.encode` has it."""
        largest = float(np.abs(self.weights).max()) or 1.0
        slope = (technology.g_max - technology.g_min) / largest
        plus, minus = (
            technology.g_min + slope * np.maximum(sign * self.weights, 0.0) for sign in (1.0, -1.0)
        )
        return Conductances(plus, minus, slope)

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        self.weights = np.array(state["weights"], dtype=np.float64)

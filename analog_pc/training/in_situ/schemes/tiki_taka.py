"""Tiki-Taka: a fast array A takes the gradients, and is read row by row into a slow array C.

::

    W = gamma A + C
    every sample:            A <- A + fast rate x d^T                by stochastic trains
    every `every` samples:   v = row i of A,   C <- C + transfer e_i v^T   by stochastic trains,   i <- i + 1

A's reference stands at the symmetry point of each device, so that pulses of both directions pull A to 0: A is
a leaky average of the gradient, and the asymmetry of C no longer matters.  Source: Gokmen & Haensch, Front.
Neurosci. 14:103 (2020), whose columns (one input, all outputs) are the rows here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, Floats, has_whole_value
from analog_pc.devices.pulsed.state import part, prefixed
from analog_pc.devices.pulsed.trains import MOST_SLOTS
from analog_pc.errors import BadInput
from analog_pc.technology import Technology
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes.protocol import Writer
from analog_pc.training.in_situ.schemes.trains import check_slots
from analog_pc.training.in_situ.synapses import Conductances, Synapses, make_synapses


@dataclass(frozen=True)
class TikiTaka:
    """Time: `slots` periods a sample and as many a transfer, and one line read a transfer.

    Parameters
    ----------
    gamma
        Share of A in the weight; 0 hides A from the network.
    fast
        Rate of A over that of the trainer.
    transfer
        Part of A's row that one transfer adds to C.
    every
        Samples between transfers.
    slots
        Length of the trains, 1 ... 31.
    """

    gamma: float = 0.0
    fast: float = 1.0
    transfer: float = 0.1
    every: int = 1
    slots: int = MOST_SLOTS

    name = "tiki-taka"

    def __post_init__(self) -> None:
        check_slots(self.name, self.slots)
        for field in ("gamma", "fast", "transfer"):
            value = getattr(self, field)
            if not (math.isfinite(value) and (value > 0.0 or (field == "gamma" and value == 0.0))):
                raise BadInput(f"scheme tiki-taka: {field} = {value!r}, must be finite and > 0 (gamma: >= 0)")
        if not has_whole_value(self.every) or self.every < 1:
            raise BadInput(f"scheme tiki-taka: every = {self.every!r}, must be a whole number >= 1")

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> Writer:
        return TikiTakaWriter(self, device, shape, seed, lines)


class TikiTakaWriter:
    """See `TikiTaka` and `Writer`."""

    def __init__(
        self, scheme: TikiTaka, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int
    ) -> None:
        seeds = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        trains = np.random.SeedSequence(lines).generate_state(2, np.uint64)
        self.scheme = scheme
        self.samples = 0
        self.fast = make_synapses(device, shape, int(seeds[0]), int(trains[0]), symmetric=True)
        self.slow = make_synapses(device, shape, int(seeds[1]), int(trains[1]))
        self.synapses: tuple[Synapses, ...] = (self.fast, self.slow)
        self.ends = np.eye(shape[0])
        self.fast.assign(np.zeros(shape))

    @property
    def weights(self) -> Floats:
        if self.scheme.gamma == 0.0:
            return self.slow.weights
        return self.scheme.gamma * self.fast.weights + self.slow.weights

    def assign(self, weights: Floats) -> None:
        """Store all of the weight in C."""
        self.slow.assign(weights - self.scheme.gamma * self.fast.weights)

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        for own_x, own_d in zip(x, d, strict=True):
            self.fast.outer(own_x[None], own_d[None], self.scheme.fast * rate, self.scheme.slots, True)
            self.samples += 1
            if self.samples % self.scheme.every == 0:
                self._transfer(self.samples // self.scheme.every % len(self.ends))

    def _transfer(self, row: int) -> None:
        gradient = self.fast.read_row(row)
        self.slow.outer(
            self.ends[row : row + 1], gradient[None], self.scheme.transfer, self.scheme.slots, True
        )

    def elapse(self, time: float) -> None:
        self.fast.elapse(time)
        self.slow.elapse(time)

    def conductances(self, technology: Technology) -> Conductances:
        """C, and A beside it on the same columns where gamma > 0, read with a gain that makes it gamma A."""
        slow = self.slow.conductances(technology)
        if self.scheme.gamma == 0.0:
            return slow
        fast = self.fast.conductances(technology)
        gain = self.scheme.gamma * slow.slope / fast.slope
        return Conductances(slow.plus + gain * fast.plus, slow.minus + gain * fast.minus, slow.slope)

    def state(self) -> dict[str, Any]:
        both = prefixed("fast", self.fast.state()) | prefixed("slow", self.slow.state())
        return both | {"samples": np.array(self.samples)}

    def restore(self, state: dict[str, Any]) -> None:
        self.fast.restore(part(state, "fast"))
        self.slow.restore(part(state, "slow"))
        self.samples = int(state["samples"])

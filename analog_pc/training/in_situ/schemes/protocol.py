"""Interface of write schemes, which turn a change of weights into pulses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.devices.pulsed.state import part, prefixed
from analog_pc.technology import Technology
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.synapses import Conductances, Synapses, make_synapses


class Writer(Protocol):
    """One array of weights [row = pre, column = post] in units of the device, and how it is written.

    `synapses` are all arrays that it consists of, for statistics.
    """

    synapses: tuple[Synapses, ...]

    @property
    def weights(self) -> Floats:
        """Weights of the array [rows, columns]."""
        ...

    def assign(self, weights: Floats) -> None:
        """Weights to begin with, by a perfect write."""
        ...

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        """Add ``rate sum_s x_s d_s^T``; x [samples, rows], d [samples, columns]."""
        ...

    def elapse(self, time: float) -> None:
        """Let time pass."""
        ...

    def conductances(self, technology: Technology) -> Conductances:
        """Conductances for a circuit."""
        ...

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        ...


class Scheme(Protocol):
    """A way to write, with its parameters (a frozen dataclass)."""

    @property
    def name(self) -> str: ...

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> Writer:
        """A writer with new devices; `seed` and `lines` as in `make_synapses`."""
        ...


class PlainScheme(ABC):
    """A scheme without memory besides the devices: one array of synapses, which `write` changes."""

    def writer(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> PlainWriter:
        return PlainWriter(self, device, shape, seed, lines)

    @abstractmethod
    def write(self, synapses: Synapses, x: Floats, d: Floats, rate: float) -> None:
        """Add ``rate sum_s x_s d_s^T`` to synapses; x [samples, rows], d [samples, columns]."""


class OneArray:
    """One array of synapses that is written and read: what most writers have in common."""

    def __init__(self, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int) -> None:
        self.main = make_synapses(device, shape, seed, lines)
        self.synapses: tuple[Synapses, ...] = (self.main,)

    @property
    def weights(self) -> Floats:
        return self.main.weights

    def assign(self, weights: Floats) -> None:
        self.main.assign(weights)

    def elapse(self, time: float) -> None:
        self.main.elapse(time)

    def conductances(self, technology: Technology) -> Conductances:
        return self.main.conductances(technology)

    def state(self) -> dict[str, Any]:
        return prefixed("main", self.main.state())

    def restore(self, state: dict[str, Any]) -> None:
        self.main.restore(part(state, "main"))


class PlainWriter(OneArray):
    """The writer of a `PlainScheme`."""

    def __init__(
        self, scheme: PlainScheme, device: WeightDevice, shape: tuple[int, int], seed: int, lines: int
    ) -> None:
        super().__init__(device, shape, seed, lines)
        self.scheme = scheme

    def write(self, x: Floats, d: Floats, rate: float) -> None:
        self.scheme.write(self.main, x, d, rate)


def change(x: Floats, d: Floats, rate: float) -> Floats:
    """rate sum_s x_s d_s^T, [rows, columns]."""
    return np.asarray(x.T @ (rate * d))

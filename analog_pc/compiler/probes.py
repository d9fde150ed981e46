"""Where to look in a compiled circuit, and what is seen there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Bus, Solution
from analog_pc.pcn import Clamps


@dataclass(frozen=True, eq=False)
class Probes:
    """Node names of every activity, prediction, prediction error and rate; tuples over layers or populations.

    What nothing predicts (layer 0) has no prediction, what projects to nothing (layer L) no rate: their
    entries are empty.
    """

    activities: tuple[Bus, ...]
    predictions: tuple[Bus, ...]
    eps: tuple[Bus, ...]
    rates: tuple[Bus, ...]

    @property
    def every(self) -> Bus:
        """All of them, kind by kind."""
        return self.waves + tuple(node for bus in self.rates for node in bus)

    @property
    def waves(self) -> Bus:
        """What a transient holds: activities, predictions, prediction errors."""
        return tuple(
            node for kind in (self.activities, self.predictions, self.eps) for bus in kind for node in bus
        )

    def free(self, clamps: Clamps) -> dict[str, tuple[int, int]]:
        """Free value nodes: layer and number of each."""
        return {
            node: (layer, i)
            for layer, (nodes, free) in enumerate(zip(self.activities, clamps.free, strict=True))
            for i, node in enumerate(nodes)
            if free[i]
        }

    def read(self, solution: Solution, volts: Sequence[float]) -> tuple[tuple[Floats, ...], ...]:
        """Activities, predictions and prediction errors, tuples over layers, by their volts per unit."""
        return tuple(
            tuple(solution.voltage(bus) / unit for bus, unit in zip(kind, volts, strict=True))
            for kind in (self.activities, self.predictions, self.eps)
        )

    def exceed(self, solution: Solution, supply: float) -> Bools:
        """Samples in which any of these nodes exceeds the supply, [samples]."""
        return np.asarray(np.abs(solution.voltage(self.every)).max(axis=1) > supply)


@dataclass(frozen=True, eq=False)
class Waveform:
    """A decoded transient of one sample: times in units of C / g_s, arrays [times, n_l] per layer."""

    times: Floats
    activities: tuple[Floats, ...]
    predictions: tuple[Floats, ...]
    eps: tuple[Floats, ...]
    energy: Floats

    def __repr__(self) -> str:
        sizes = "-".join(str(x.shape[1]) for x in self.activities)
        return f"<Waveform {sizes}, {len(self.times)} times>"

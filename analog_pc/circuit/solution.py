"""Solutions as data: node voltages over the analysis axis, and how the analysis ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.errors import BadInput, one_line


class Outcome(Enum):
    """How an analysis ended; the value is the message to the user."""

    CONVERGED = "converged"
    STEPPED = "converged only with gmin or source stepping: it may be another operating point"
    OTHER_EQUILIBRIUM = "the operating point is not the equilibrium that the transient settled to"
    NOT_SETTLED = "the transient did not settle"
    SATURATED = "an amplifier is at the limit of its output"
    UNSTABLE = "the operating point is unstable: the circuit leaves it by itself"
    UNDETERMINED = "nothing determines the voltage of a node at rest"
    UNPROVEN = "an operating point, not proven to be the state that the circuit relaxes to"
    NOT_CONVERGED = "no operating point was found"


@dataclass(frozen=True)
class Status:
    """The outcome (the worst of a batch), and the simulator's own messages where they matter.

    `samples` holds the outcome of each sample where a simulator tells them apart, and is empty where not.
    """

    outcome: Outcome
    notes: tuple[str, ...] = ()
    samples: tuple[Outcome, ...] = ()

    def each(self, samples: int) -> tuple[Outcome, ...]:
        """The outcome of every sample; the outcome of the batch where samples are not told apart."""
        return self.samples or (self.outcome,) * samples

    def converged(self, samples: int) -> Bools:
        """Samples that converged, [samples]."""
        return np.array([outcome is Outcome.CONVERGED for outcome in self.each(samples)], dtype=np.bool_)

    def __str__(self) -> str:
        return "; ".join((self.outcome.value, *self.notes))


@dataclass(frozen=True, eq=False)
class Solution:
    """Node voltages of one analysis.

    Parameters
    ----------
    axis
        Sample indices of an operating point, seconds of a transient; [points].
    nodes
        Names of the columns of `volts`; nodes inside instance ``i`` are called ``i.node``.
    volts
        [points, nodes].
    preset_volts
        Voltages of the preset states, [points, nodes], when the analysis asked for presets.
    """

    axis: Floats
    nodes: tuple[str, ...]
    volts: Floats
    status: Status
    preset_volts: Floats | None = None
    _column: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_column", {node: k for k, node in enumerate(self.nodes)})

    def __repr__(self) -> str:
        points, nodes = self.volts.shape
        return f"<Solution of {points} points, {nodes} nodes: {one_line(str(self.status), 100)}>"

    def columns(self, nodes: Sequence[str]) -> list[int]:
        try:
            return [self._column[node] for node in nodes]
        except KeyError as missing:
            raise BadInput(f"solution has no node {missing}") from None

    def voltage(self, nodes: Sequence[str]) -> Floats:
        """Volts of a bus, [points, nodes]."""
        return np.asarray(self.volts[:, self.columns(nodes)])

    def preset_voltage(self, nodes: Sequence[str]) -> Floats:
        """Volts of a bus in the preset states, [points, nodes]."""
        if self.preset_volts is None:
            raise BadInput("the analysis had no preset")
        return np.asarray(self.preset_volts[:, self.columns(nodes)])


@dataclass(frozen=True, eq=False)
class NoiseSolution:
    """Noise of node voltages: `rms` [nodes] in V over the band (or over all frequencies, as `status` says).

    `covariance` [nodes, nodes] in V^2 where the simulator computes it, else None.
    """

    nodes: tuple[str, ...]
    rms: Floats
    status: Status
    covariance: Floats | None = None

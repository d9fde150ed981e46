"""Non-idealities of chips: spread conductances, a finite on/off ratio, diodes with a forward drop.

::

    mismatch     every conductance times exp(s z), z normal, drawn once a chip
    ratio        no conductance below g_max / ratio, and a mismatch of 5 %
    drop         a diode holds its node at -V in place of 0 V (with +V for an inhibitory one)

A weight of a predictive coding network is the difference of a pair, one of which is at g_min: without
mismatch a finite ratio changes nothing there.  It has no diodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.resistive import Load, ResistiveEquilibrium, ResistiveNetwork, settle
from analog_pc.training.in_situ import DeviceBackend

MISMATCH = "mismatch"
RATIO = "ratio"
DROP = "drop"
MISMATCH_OF_RATIOS = 0.05


class NonIdeality(NamedTuple):
    """What kind ("": none), and how much: relative, g_max / g_min, or V."""

    kind: str = ""
    value: float = 0.0

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of a conductance."""
        return {MISMATCH: self.value, RATIO: MISMATCH_OF_RATIOS}.get(self.kind, 0.0)

    @property
    def floor(self) -> float:
        """g_min / g_max."""
        return 1.0 / self.value if self.kind == RATIO else 0.0


PERFECT = NonIdeality()


def resistive_as_made(
    network: ResistiveNetwork,
    non_ideality: NonIdeality,
    seed: int,
    largest: Sequence[float] | None = None,
) -> ResistiveNetwork:
    """A resistive network on a chip whose conductances are not ideal.

    Parameters
    ----------
    network
        The conductances that are wanted.
    non_ideality
        Of the chip.
    seed
        Of the chip.
    largest
        g_max of each layer; None: the largest conductance of the layer.
    """
    rng = np.random.default_rng([seed, 2])
    tops = [float(g.max()) for g in network.G] if largest is None else largest
    conductances = [
        np.maximum(g, non_ideality.floor * top) * np.exp(non_ideality.spread * rng.normal(size=g.shape))
        for g, top in zip(network.G, tops, strict=True)
    ]
    return network.with_parameters(conductances, list(network.b))


def layered_as_made(
    network: PredictiveCodingNetwork, non_ideality: NonIdeality, seed: int
) -> PredictiveCodingNetwork:
    """A predictive coding network on such a chip: ``W = k (G+ m+ - G- m-)``, m the factors of the devices.

    Parameters
    ----------
    network
        The weights that are wanted; the largest of a layer, bias line included, is k (g_max - g_min).
    non_ideality, seed
        Of the chip.
    """
    rng = np.random.default_rng([seed, 2])
    weights = []
    biases = []
    for w, b in zip(network.W, network.b, strict=True):
        wanted = np.concatenate([w, b[:, None]], axis=1)
        floor = non_ideality.floor
        least = float(np.abs(wanted).max()) * floor / (1.0 - floor)  # k g_min
        above, below = np.exp(non_ideality.spread * rng.normal(size=(2, *wanted.shape)))
        made = (least + np.maximum(wanted, 0.0)) * above - (least + np.maximum(-wanted, 0.0)) * below
        weights.append(made[:, :-1])
        biases.append(made[:, -1])
    return network.with_parameters(weights, biases)


class AsMadeBackend(DeviceBackend):
    """Weights that are written as wanted and act as the chip's devices make them.

    Parameters
    ----------
    backend
        The weights as they are written; `AsMadeBackend` takes its place.
    non_ideality
        Of the chip and of its devices.
    """

    def __init__(self, backend: DeviceBackend, non_ideality: NonIdeality) -> None:
        self.__dict__.update(backend.__dict__)
        self.non_ideality = non_ideality

    @property
    def network(self) -> PredictiveCodingNetwork:
        """The network that the chip computes."""
        return layered_as_made(super().network, self.non_ideality, self.seed)

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """The same arrays, read backwards."""
        return self.network.W


@dataclass(frozen=True)
class DroppedDiodes:
    """A solver for `contrastive_gradient`: diodes that conduct from a forward drop on, and then hold it.

    With c the voltage of a node whose diode conducts (-drop where v >= -drop, +drop where v <= drop, 0 of
    outputs), v - c is the equilibrium of ideal diodes with the bias currents b - K c, K being the conductance
    matrix: exact, and solved by `settle`.

    Parameters
    ----------
    drop
        In units of the network's voltages, >= 0.
    """

    drop: float

    def __call__(
        self,
        network: ResistiveNetwork,
        inputs: ArrayLike,
        load: Load | None = None,
        start: ResistiveEquilibrium | None = None,
    ) -> ResistiveEquilibrium:
        held = [-self.drop * network.signs(layer) for layer in range(1, network.depth + 1)]
        currents = []
        for k, (g, b) in enumerate(zip(network.G, network.b, strict=True)):
            leaving = g.sum(axis=1) * held[k]
            if k:
                leaving = leaving - g @ held[k - 1]
            if k + 1 < network.depth:
                above = network.G[k + 1]
                leaving = leaving + above.sum(axis=0) * held[k] - above.T @ held[k + 1]
            currents.append(b - leaving)
        found = settle(network.with_parameters(list(network.G), currents), inputs, load, start)
        sources, *moving = found.voltages
        voltages = (sources, *(v + c for v, c in zip(moving, held, strict=True)))
        return replace(found, voltages=voltages)

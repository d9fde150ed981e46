"""The rest of an effective network for a batch of samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analog_pc.activations import Activation, activation
from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.mapping import Scales
from analog_pc.pcn import Clamps, PredictiveCodingNetwork
from analog_pc.relaxers.effective import kernel
from analog_pc.relaxers.effective.activations import law_of
from analog_pc.relaxers.effective.chip import ChipLayer
from analog_pc.relaxers.effective.network import Stage

MOST = 300


class Rest(NamedTuple):
    """x and mu of layers 1 ... L, [samples, n_l]; max |R| [samples] with what is small, and iterations."""

    x: list[Floats]
    mu: list[Floats]
    residual: Floats
    iterations: int


@dataclass(frozen=True, eq=False)
class EffectiveNetwork:
    """Forward stages of layers 1 ... L and feedback stages of layers 2 ... L of one chip at its scales."""

    network: PredictiveCodingNetwork
    scales: Scales
    chip: tuple[ChipLayer, ...]
    forward: tuple[Stage, ...]
    transposed: tuple[Stage, ...]

    def rates(self, layer: int, x: Floats) -> Floats:
        """The signal phi that drives the word lines above, [samples, n_l]."""
        c = self.chip[layer]
        f = self.network.activation_of(layer).f
        return np.asarray(c.activation_gain * f(x + self._offset(layer)))

    def _offset(self, layer: int) -> Floats:
        """Input offsets of a layer's activation circuits, in units of activity."""
        return self.chip[layer].activation_offset / self.scales.activity[layer]

    def rest(self, clamps: Clamps, tolerance: float) -> Rest:
        """The equilibrium, searched from the forward state."""
        inputs, targets = clamps.values[0], clamps.values[-1]
        loose = clamps.free[-1]
        first = self.forward[0]
        mu1 = self.rates(0, inputs) @ first.by_signal.T + first.constant
        x = self._start(mu1)
        x[:, self._at[-1] :] = np.where(loose, x[:, self._at[-1] :], targets)
        x, mu, residual, iterations = self._search(x, mu1, loose, tolerance)
        cut = self._at[1:]
        return Rest(np.split(x, cut, axis=1), np.split(mu, cut, axis=1), residual, iterations)

    def _search(
        self, x: Floats, mu1: Floats, loose: Bools, tolerance: float
    ) -> tuple[Floats, Floats, Floats, int]:
        search: Any = kernel.rest
        inner = self._at[-1]
        z = np.concatenate([self._activation.drive(x[:, :inner]), x[:, inner:]], axis=1)
        try:
            x, mu, residual, iterations = search(z, mu1, *self._flat, loose, tolerance, MOST)
        except np.linalg.LinAlgError:  # somewhere the circuit does not answer: nothing is known of the batch
            return x, np.full_like(x, np.nan), np.full(len(x), np.nan), MOST
        return x, mu, residual, int(iterations)

    def _start(self, mu1: Floats) -> Floats:
        """The forward state: every layer at its prediction, [samples, all]."""
        x = [mu1]
        for layer in range(1, self.network.depth):
            above = self.forward[layer]
            x.append(self.rates(layer, x[-1]) @ above.by_signal.T + above.constant)
        return np.concatenate(x, axis=1)

    @property
    def _activation(self) -> Activation:
        """Of the hidden layers."""
        return activation(self.network.activation)

    @cached_property
    def _at(self) -> Ints:
        return np.concatenate([[0], np.cumsum(self.network.sizes[1:])])[:-1].astype(np.int64)

    @cached_property
    def _flat(self) -> tuple[Any, ...]:
        """The arguments of the kernel that do not change with the samples."""
        net, chip = self.network, self.chip
        sizes = np.array(net.sizes[1:], dtype=np.int64)
        feedback = [None, *self.transposed]
        parts: list[list[Floats]] = [[], [], [], [], []]
        for stage, back, n in zip(self.forward, feedback, sizes, strict=True):
            slack = np.eye(n) - stage.by_load
            parts[0].append(stage.by_signal if back is not None else np.empty(0))
            parts[1].append(stage.by_load)
            parts[2].append(back.by_signal if back is not None else np.empty(0))
            parts[3].append(back.by_signal @ stage.by_signal if back is not None else np.empty(0))
            parts[4].append(back.by_signal @ slack if back is not None else np.empty(0))
        where = np.array(
            [np.concatenate([[0], np.cumsum([p.size for p in part])])[:-1] for part in parts[:4]]
        )
        flat = [np.concatenate([p.ravel() for p in part]) for part in parts]
        empty = np.zeros(net.sizes[-1])

        def chain(values: list[Floats]) -> Floats:
            return np.concatenate([*values, empty])

        hidden = chip[1:-1]
        d = chain([s.constant for s in self.transposed])
        return (
            sizes,
            self._at,
            *flat[:3],
            np.ascontiguousarray(where.T),
            *flat[3:],
            np.concatenate([s.constant for s in self.forward]),
            d,
            chain([c.gate for c in hidden]),
            np.ascontiguousarray(net.pi),
            law_of(self._activation, max((c.fold for c in hidden), default=0.0)),
            chain([c.activation_gain for c in hidden]),
            chain([self._offset(layer) for layer in range(1, net.depth)]),
        )

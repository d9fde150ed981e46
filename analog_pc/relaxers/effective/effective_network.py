"""A network as one chip computes it, and its equilibria for a batch of samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from analog_pc.activations import Activation, activation
from analog_pc.activations.compiled import code_of, pieces_of
from analog_pc.arrays import Bools, Floats
from analog_pc.compiled.block_tridiagonal import layout_of
from analog_pc.mapping import Scales
from analog_pc.pcn import Clamps, PredictiveCodingNetwork
from analog_pc.relaxers.effective.chip import ChipLayer
from analog_pc.relaxers.effective.equations import ActivationCircuits, Problem
from analog_pc.relaxers.effective.newton import Search, relax
from analog_pc.relaxers.effective.stage import Stage

MAX_ITERATIONS = 300


class Found(NamedTuple):
    """x and mu of layers 1 ... L, [samples, n_l]; max |R| by the largest feedback [samples]; iterations."""

    x: list[Floats]
    mu: list[Floats]
    residual: Floats
    iterations: int


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectiveNetwork:
    """Forward stages of layers 1 ... L and feedback stages of layers 2 ... L of one chip at its scales."""

    network: PredictiveCodingNetwork
    scales: Scales
    chip: tuple[ChipLayer, ...]
    forward: tuple[Stage, ...]
    transposed: tuple[Stage, ...]

    def signal(self, layer: int, x: Floats) -> Floats:
        """phi, which drives the word lines above, [samples, n_l]."""
        f = self.network.activation_of(layer).f
        return np.asarray(self.chip[layer].activation_gain * f(x + self._offset(layer)))

    def _offset(self, layer: int) -> Floats:
        """Input offsets of a layer's activation circuits, in units of activity."""
        return self.chip[layer].activation_offset / self.scales.activity[layer]

    def relax(self, clamps: Clamps, tolerance: float) -> Found:
        """The equilibria under clamps, searched from the forward state."""
        output_is_free = clamps.free[-1]
        first = self.forward[0]
        mu1 = self.signal(0, clamps.values[0]) @ first.by_signal.T + first.constant
        x = self._forward_state(mu1)
        outputs = x[:, self._cuts[-1] :] if len(self._cuts) else x
        outputs[:] = np.where(output_is_free, outputs, clamps.values[-1])
        x, mu, residual, iterations = self._search(x, mu1, output_is_free, tolerance)
        return Found(np.split(x, self._cuts, axis=1), np.split(mu, self._cuts, axis=1), residual, iterations)

    def _search(
        self, x: Floats, mu1: Floats, output_is_free: Bools, tolerance: float
    ) -> tuple[Floats, Floats, Floats, int]:
        hidden = x.shape[1] - self.network.sizes[-1]
        z = np.concatenate([self._activation.drive(x[:, :hidden]), x[:, hidden:]], axis=1)
        problem = self._problem._replace(output_is_free=output_is_free)
        try:
            return relax(problem, mu1, z, Search(tolerance, MAX_ITERATIONS))
        except np.linalg.LinAlgError:  # somewhere the circuit does not answer: nothing is known of the batch
            return x, np.full_like(x, np.nan), np.full(len(x), np.nan), MAX_ITERATIONS

    def _forward_state(self, mu1: Floats) -> Floats:
        """Every layer at its prediction, [samples, all]."""
        x = [mu1]
        for layer in range(1, self.network.depth):
            above = self.forward[layer]
            x.append(self.signal(layer, x[-1]) @ above.by_signal.T + above.constant)
        return np.concatenate(x, axis=1)

    @property
    def _activation(self) -> Activation:
        """Of the hidden layers."""
        return activation(self.network.activation)

    @cached_property
    def _cuts(self) -> list[int]:
        """Where the layers 2 ... L begin."""
        return [int(start) for start in np.cumsum(self.network.sizes[1:-1])]

    @cached_property
    def _problem(self) -> Problem:
        """The equations, all outputs free."""
        hidden = self.chip[1:-1]
        upper = list(zip(self.forward[1:], self.transposed, strict=True))
        slack = [back.by_signal @ (np.eye(len(stage.by_load)) - stage.by_load) for stage, back in upper]
        circuits = ActivationCircuits(
            code=code_of(self._activation),
            pieces=pieces_of(self._activation),
            inverse_gain=max((layer.rectifier_inverse_gain for layer in hidden), default=0.0),
            gain=_flat(layer.activation_gain for layer in hidden),
            offset=_flat(self._offset(layer) for layer in range(1, self.network.depth)),
        )
        return Problem(
            layout=layout_of(self.network.sizes[1:]),
            forward=_flat(stage.by_signal for stage, _ in upper),
            load=_flat(stage.by_load for stage in self.forward),
            feedback=_flat(back.by_signal for _, back in upper),
            feedback_forward=_flat(back.by_signal @ stage.by_signal for stage, back in upper),
            feedback_load=_flat(slack),
            constant=_flat(stage.constant for stage in self.forward),
            feedback_constant=_flat(back.constant for back in self.transposed),
            gate_gain=_flat(layer.gate for layer in hidden),
            precision=np.array(self.network.pi),  # a read-only array would be compiled apart
            activation=circuits,
            output_is_free=np.ones(self.network.sizes[-1], dtype=np.bool_),
        )


def _flat(parts: Iterable[Floats]) -> Floats:
    """All numbers of arrays, one array after the other."""
    return np.concatenate([np.empty(0), *(part.ravel() for part in parts)])

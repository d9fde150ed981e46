"""A network that learns on a relaxer: relax, update, predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, Masked, is_number
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, hebbian_update
from analog_pc.relaxers import Relaxer


class Learner:
    """A network without momentum or decay: dW_l = rate_l * sum over samples of pi_l eps_l f(x_{l-1})^T.

    Parameters
    ----------
    network
        Where learning starts.
    relaxer
        What it relaxes on; with `FixedPrediction` the same rule is backpropagation.
    rates
        Learning rates of layers 1 ... L: a number, or one for each weight [post, pre].  A weight of rate 0 is
        fixed: it keeps its value, also one that is absent (0).
    bias_rates
        The same for the biases, a number for each layer; None: they are fixed.

    Raises
    ------
    BadInput
        For rates that do not fit the weights.
    SimulationFailed
        When a relaxation does not come to rest: there is then no update to make.
    """

    def __init__(
        self,
        network: PredictiveCodingNetwork,
        relaxer: Relaxer,
        rates: float | Sequence[ArrayLike],
        bias_rates: Sequence[float] | None = None,
    ) -> None:
        self.network = network
        self.relaxer = relaxer
        self.rates = _rates(network, rates)
        self.bias_rates = tuple(bias_rates or (0.0,) * network.depth)
        if len(self.bias_rates) != network.depth:
            raise BadInput(f"{len(self.bias_rates)} bias rates for {network.depth} layers")

    def relax(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        *,
        clamps: Mapping[int, Masked] | None = None,
        arrays: NetworkArrays | None = None,
    ) -> Equilibrium:
        """The equilibrium under clamps; the weights stay."""
        equilibrium = self.relaxer.relax(self.network, inputs, targets, clamps=clamps, arrays=arrays)
        if not equilibrium.relaxation.all_converged:
            raise SimulationFailed(f"{self.relaxer.name}: no equilibrium: {equilibrium.relaxation.message}")
        return equilibrium

    def predict(self, inputs: ArrayLike) -> Floats:
        """The output at rest with the input alone clamped, [samples, n_L]."""
        return self.relax(inputs).output

    def learn(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        *,
        clamps: Mapping[int, Masked] | None = None,
    ) -> Equilibrium:
        """Relax under clamps, then update; the equilibrium that the update was made from."""
        equilibrium = self.relax(inputs, targets, clamps=clamps)
        self.update(equilibrium)
        return equilibrium

    def update(self, *equilibria: Equilibrium) -> None:
        """Change weights and biases by the local rule at an equilibrium, or by several at once."""
        weights = list(self.network.W)
        biases = list(self.network.b)
        for change in [hebbian_update(self.network, equilibrium) for equilibrium in equilibria]:
            weights = [w + r * d for w, r, d in zip(weights, self.rates, change.weights, strict=True)]
            biases = [b + r * d for b, r, d in zip(biases, self.bias_rates, change.biases, strict=True)]
        self.network = self.network.with_parameters(weights, biases)


def chosen_only(targets: ArrayLike, chosen: ArrayLike) -> Masked:
    """Targets [samples, n_L] of which only the `chosen` units [n_L] are clamped; the others are free."""
    values = np.atleast_2d(np.asarray(targets, dtype=np.float64))
    free = ~np.broadcast_to(np.asarray(chosen, dtype=bool), values.shape)
    masked: Masked = np.ma.array(values, mask=free)
    return masked


def _rates(network: PredictiveCodingNetwork, rates: float | Sequence[ArrayLike]) -> tuple[Floats, ...]:
    each = [rates] * network.depth if is_number(rates) else list(cast(Sequence[ArrayLike], rates))
    if len(each) != network.depth:
        raise BadInput(f"{len(each)} learning rates for {network.depth} layers of weights")
    found = []
    for k, (rate, weights) in enumerate(zip(each, network.W, strict=True), 1):
        array = np.asarray(rate, dtype=np.float64)
        if array.shape not in ((), weights.shape):
            raise BadInput(
                f"learning rates of W{k} have shape {array.shape}, expected one or {weights.shape}"
            )
        found.append(np.broadcast_to(array, weights.shape))
    return tuple(found)

"""Backpropagation in the shape of a relaxation, so that an experiment needs no second code path."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.mapping import NetworkArrays, decode
from analog_pc.pcn import (
    Clamps,
    Equilibrium,
    PredictiveCodingGraph,
    PredictiveCodingNetwork,
    Relaxation,
    fixed_prediction,
)
from analog_pc.pcn.learning import deltas
from analog_pc.pcn.state import Landscape, State
from analog_pc.relaxers.relaxer import Relaxer


class FixedPrediction(Relaxer):
    """Activities stay at their forward values while the prediction errors relax.

    ::

        eps_L = t - y  (0 where the output is free),    pi_l eps_l = f'(x_l) * W_{l+1}^T pi_{l+1} eps_{l+1}

    which are the deltas of backpropagation, so that the Hebbian rule of predictive coding applied to them
    *is* backpropagation (Whittington and Bogacz, Neural Comput. 29:1229, 2017; "fixed prediction assumption"
    of Millidge, Tschantz and Buckley, arXiv:2006.04182).  The activities of the hidden layers are the
    predictions; x - mu = eps does not hold in them.

    With `arrays`, errors go back through what the transposed arrays hold, as they do on a chip.

    Validity: the input is clamped, and of the layers above at most the output, or some of its units; of a
    graph, see `analog_pc.pcn.fixed_prediction`.
    """

    name = "backprop"
    backpropagates = True

    def equilibrium(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        forward = _forward(network, clamps)
        output = forward.mu[-1]
        reached = np.where(clamps.free[-1], output, clamps.values[-1])
        weighted_errors = deltas(
            _feedback(network, arrays), forward.gate, network.pi[-1] * (reached - output)
        )
        eps = (
            np.zeros((clamps.samples, 0)),
            *(e / pi for e, pi in zip(weighted_errors, network.pi, strict=True)),
        )
        energy = 0.5 * network.pi[-1] * (eps[-1] ** 2).sum(axis=1)
        relaxation = Relaxation(
            np.ones(clamps.samples, dtype=bool), np.zeros(clamps.samples), 0, "a forward pass"
        )
        activities = (*forward.x[:-1], reached)
        return Equilibrium(
            activities, tuple(forward.mu), eps, tuple(forward.activation[:-1]), energy, relaxation
        )

    def graph_equilibrium(self, graph: PredictiveCodingGraph, clamps: Clamps) -> Equilibrium:
        return fixed_prediction(graph, clamps)


def _forward(network: PredictiveCodingNetwork, clamps: Clamps) -> State:
    """What the input alone predicts."""
    landscape = Landscape(network, clamps.input_alone)
    return landscape.state(landscape.forward())


def _feedback(network: PredictiveCodingNetwork, arrays: NetworkArrays | None) -> tuple[Floats, ...]:
    """[post, pre] of layers 1 ... L, as errors meet them on their way back."""
    return network.W if arrays is None else tuple(decode(pair).T for pair in arrays.transposed)

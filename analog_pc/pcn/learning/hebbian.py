"""The local rule of predictive coding."""

from __future__ import annotations

from analog_pc.arrays import Floats
from analog_pc.pcn.equilibrium import Equilibrium
from analog_pc.pcn.learning.update import Update
from analog_pc.pcn.network import PredictiveCodingNetwork


def hebbian_update(network: PredictiveCodingNetwork, equilibrium: Equilibrium, lr: float = 1.0) -> Update:
    """``dW_l = lr precision_l eps_l f(x_{l-1})^T``, ``db_l = lr precision_l eps_l``: -lr dE/dW at rest.

    Both factors are local to the synapse: the force in the spring of its post-synaptic node, and the
    rate on its word line.  Summed over samples, as in Song et al. 2024 (energies are summed, not averaged).
    """
    force = [lr * pi * eps for pi, eps in zip(network.pi, equilibrium.eps[1:], strict=True)]
    return Update(
        tuple(_summed(f, rate) for f, rate in zip(force, equilibrium.rates, strict=True)),
        tuple(f.sum(axis=0) for f in force),
    )


def _summed(force: Floats, rate: Floats) -> Floats:
    """Outer products of each sample's force and rate, summed over the samples, [post, pre]."""
    if len(force) == 1:  # a product of matrices takes twice as long for one sample
        return force.T * rate
    return force.T @ rate

"""The energy of a chain under clamps: a graph whose populations are the layers 0 ... L."""

from __future__ import annotations

from dataclasses import replace

from analog_pc.arrays import Floats
from analog_pc.pcn.clamps import Clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.state import GraphState as State
from analog_pc.pcn.network import PredictiveCodingNetwork

__all__ = ["Landscape", "State"]


class Landscape(GraphLandscape):
    """The energy landscape of a chain under clamps; evaluates states on it.

    ::

        dE/dx_l = lambda_l - gate_l * W_{l+1}^T lambda_{l+1},        lambda_l = precision_l eps_l

    Parameters
    ----------
    network, clamps
        The chain, and clamps of its layers.
    """

    def __init__(self, network: PredictiveCodingNetwork, clamps: Clamps) -> None:
        super().__init__(network.graph, clamps)
        self.network = network

    def drives(self, state: State) -> list[Floats]:
        """Drives of the rectifiers in a circuit (`activations/piecewise_linear.py`), layers 0 ... L."""
        parts = zip(self.activations[:-1], state.x, state.kink_gate, strict=False)
        return [*(act.drive(x, gate) for act, x, gate in parts), state.x[-1]]

    def equilibrium(self, state: State, relaxation: Relaxation) -> Equilibrium:
        """The public face of a state, with the rates of layers 0 ... L - 1."""
        whole = super().equilibrium(state, relaxation)
        return replace(whole, rates=whole.rates[:-1])

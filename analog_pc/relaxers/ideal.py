"""The mathematics: no conductance, no volt."""

from __future__ import annotations

from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingGraph, PredictiveCodingNetwork, relax
from analog_pc.relaxers.relaxer import Relaxer


class IdealRelaxer(Relaxer):
    """Equilibria by mathematics, Newton's method on the energy: no conductance, no volt.

    Parameters
    ----------
    follow
        Go along the flow (the minimum that the physical relaxation ends in, also where E has several),
        instead of straight to a near root, which is many times faster.
    tolerance
        On ``|dE/dx|``, as for `analog_pc.relax`.

    Examples
    --------
    >>> from analog_pc import IdealRelaxer, random_network
    >>> IdealRelaxer().relax(random_network((2, 3, 1)), inputs=[[0.5, -0.5]], targets=[[1.0]])
    <Equilibrium 2-3-1, 1 of 1 samples converged>
    """

    name = "ideal"
    reads_arrays = False

    def __init__(self, *, follow: bool = False, tolerance: float = 1e-10) -> None:
        self.follow = follow
        self.tolerance = tolerance

    def equilibrium(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        return relax(network, clamps=clamps, tolerance=self.tolerance, follow=self.follow)

    def graph_equilibrium(self, graph: PredictiveCodingGraph, clamps: Clamps) -> Equilibrium:
        return relax(graph, clamps=clamps, tolerance=self.tolerance, follow=self.follow)

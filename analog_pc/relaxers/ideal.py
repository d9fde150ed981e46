"""The mathematics: no conductance, no volt."""

from __future__ import annotations

from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork, relax
from analog_pc.relaxers.relaxer import Relaxer


class IdealRelaxer(Relaxer):
    """Newton on the energy, see `analog_pc.relax`.

    Parameters
    ----------
    follow
        Go along the flow (the minimum that the physical relaxation ends in, also where E has several),
        instead of straight to the nearest root, which is many times faster.
    tolerance
        On max |dE/dx|.
    """

    name = "ideal"

    def __init__(self, *, follow: bool = False, tolerance: float = 1e-10) -> None:
        self.follow, self.tolerance = follow, tolerance

    def rest(
        self, network: PredictiveCodingNetwork, held: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        return relax(network, clamps=held, tolerance=self.tolerance, follow=self.follow)

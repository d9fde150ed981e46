"""The mathematics: no conductance, no volt."""

from __future__ import annotations

from collections.abc import Mapping

from analog_pc.arrays import ArrayLike, Masked
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork, relax


class IdealRelaxer:
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

    def relax(
        self,
        network: PredictiveCodingNetwork,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        *,
        clamps: Mapping[int, Masked] | Clamps | None = None,
        arrays: NetworkArrays | None = None,
    ) -> Equilibrium:
        return relax(network, inputs, targets, clamps=clamps, tolerance=self.tolerance, follow=self.follow)

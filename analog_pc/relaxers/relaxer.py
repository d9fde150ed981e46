"""The interface of all relaxers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from analog_pc.arrays import ArrayLike, Masked
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork


class Relaxer(Protocol):
    """Something that finds the equilibria of a network under clamps, for a batch of samples.

    A sample that does not come to rest is said so in `Equilibrium.relaxation`, never hidden.
    """

    name: str

    def relax(
        self,
        network: PredictiveCodingNetwork,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        *,
        clamps: Mapping[int, Masked] | Clamps | None = None,
        arrays: NetworkArrays | None = None,
    ) -> Equilibrium:
        """Relax under clamps, given as for `analog_pc.relax`.

        `arrays` are the conductances that hold the weights, where devices have learned them; `network` is
        then what the forward arrays mean (which is all that the ideal relaxer looks at).
        """
        ...

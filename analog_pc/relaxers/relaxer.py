"""What all relaxers are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from analog_pc.arrays import ArrayLike, Masked
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork, make_clamps
from analog_pc.technology import Technology


class Relaxer(ABC):
    """Something that finds the equilibria of a network under clamps, for a batch of samples.

    A sample that does not come to rest is said so in `Equilibrium.relaxation`, never hidden.

    Attributes
    ----------
    name
        The column that it makes in a table of results.
    technology
        What its circuit is made of; None where there is no circuit.
    reads_arrays
        Whether its equilibria depend on the `arrays` that it is given.
    backpropagates
        Whether the errors of its equilibria are those of backpropagation.
    """

    name: str
    technology: Technology | None = None
    reads_arrays: bool = True
    backpropagates: bool = False

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

        Raises
        ------
        BadInput
            As `make_clamps`, and for what a relaxer cannot.
        """
        return self.rest(network, make_clamps(network, inputs, targets, clamps), arrays)

    @abstractmethod
    def rest(
        self, network: PredictiveCodingNetwork, held: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        """The same for clamps that have been made: what a relaxer has to give."""

    def both_phases(
        self, network: PredictiveCodingNetwork, held: Clamps, arrays: NetworkArrays | None
    ) -> tuple[Equilibrium, Equilibrium]:
        """Under the clamps, and under that of the input alone, on one circuit: at the same volts per unit."""
        return self.rest(network, held, arrays), self.rest(network, held.input_alone, arrays)

"""The interface of all relaxers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from analog_pc.arrays import ArrayLike
from analog_pc.errors import BadInput
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingGraph, PredictiveCodingNetwork, make_clamps
from analog_pc.pcn.clamps import ClampValues
from analog_pc.technology import Technology


class Relaxer(ABC):
    """Something that finds the equilibria of a network under clamps, for a batch of samples.

    A sample without equilibrium is reported in `Equilibrium.relaxation`, never hidden.

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
    seed
        Of the chip that it relaxes on; it has no effect where there is none.
    """

    name: str
    technology: Technology | None = None
    reads_arrays: bool = True
    backpropagates: bool = False
    seed: int = 0

    def relax(
        self,
        network: PredictiveCodingNetwork | PredictiveCodingGraph,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        *,
        clamps: ClampValues | None = None,
        arrays: NetworkArrays | None = None,
    ) -> Equilibrium:
        """Relax under clamps.

        Parameters
        ----------
        network
            A chain or a graph.  With `arrays`: the weights that the forward arrays stand for, which is all
            that a relaxer without circuit reads.
        inputs, targets, clamps
            As for `analog_pc.relax`.
        arrays
            Conductances that hold the weights, where devices have learned them.

        Raises
        ------
        BadInput
            As `make_clamps`, and for clamps, graphs or arrays that a relaxer does not support.
        """
        held = make_clamps(network, inputs, targets, clamps)
        if not isinstance(network, PredictiveCodingGraph):
            return self.equilibrium(network, held, arrays)
        if arrays is not None:
            raise BadInput("a graph has no learned arrays: leave out `arrays`")
        return self.graph_equilibrium(network, held)

    def graph_equilibrium(self, graph: PredictiveCodingGraph, clamps: Clamps) -> Equilibrium:
        """Equilibria of a graph under clamps; a relaxer that takes graphs implements it.

        Parameters
        ----------
        graph, clamps
            As for `relax`, the clamps made by `make_clamps`.
        """
        raise BadInput(f"relaxer {self.name} takes chains only: use another one for a {type(graph).__name__}")

    @abstractmethod
    def equilibrium(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        """Equilibria under clamps; this is what a relaxer implements.

        Parameters
        ----------
        network, clamps, arrays
            As for `relax`, the clamps made by `make_clamps`.
        """

    def both_phases(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> tuple[Equilibrium, Equilibrium]:
        """Equilibria under the clamps and under the input alone, at the same volts per unit.

        Parameters
        ----------
        network, clamps, arrays
            As for `equilibrium`.
        """
        return self.equilibrium(network, clamps, arrays), self.equilibrium(
            network, clamps.input_alone, arrays
        )

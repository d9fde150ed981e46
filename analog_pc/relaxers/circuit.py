"""A circuit: compiled anew for the weights of the moment, and solved by any simulator."""

from __future__ import annotations

from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.mapping import NetworkArrays, Scales, choose_scales, forward_ranges
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingGraph, PredictiveCodingNetwork
from analog_pc.relaxers.relaxer import Relaxer
from analog_pc.simulators import Simulator
from analog_pc.technology import Technology


class CircuitRelaxer(Relaxer):
    """Equilibria by a simulator: a chain or a graph is compiled, solved and decoded, anew for every batch.

    Parameters
    ----------
    simulator
        `Native`, `Ngspice`, `Vacask`, or anything with their `simulate`.
    technology
        What the circuit is made of.
    seed
        Which chip: of everything random in the technology.

    Examples
    --------
    >>> from analog_pc import CircuitRelaxer, Native, random_network, technology
    >>> relaxer = CircuitRelaxer(Native(), technology("cmos65-rram"), seed=1)
    >>> relaxer.relax(random_network((2, 3, 1)), inputs=[[0.5, -0.5]])
    <Equilibrium 2-3-1, 1 of 1 samples converged>
    """

    technology: Technology

    def __init__(self, simulator: Simulator, technology: Technology, seed: int = 0) -> None:
        self.simulator = simulator
        self.technology = technology
        self.seed = seed
        self.name = simulator.name

    def equilibrium(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        return self._relax(network, clamps, arrays, None)

    def graph_equilibrium(self, graph: PredictiveCodingGraph, clamps: Clamps) -> Equilibrium:
        compiled = compile_network(graph, self.technology, clamps=clamps, seed=self.seed)
        return compiled.decode(self.simulator.simulate(compiled.circuit, compiled.operating_point()))

    def both_phases(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> tuple[Equilibrium, Equilibrium]:
        scales = choose_scales(network, self.technology, forward_ranges(network, clamps))
        phases = (clamps, clamps.input_alone)
        one, two = (self._relax(network, phase, arrays, scales) for phase in phases)
        return one, two

    def _relax(
        self,
        network: PredictiveCodingNetwork,
        clamps: Clamps,
        arrays: NetworkArrays | None,
        scales: Scales | None,
    ) -> Equilibrium:
        compiled = compile_network(
            network,
            self.technology,
            clamps=clamps,
            seed=self.seed,
            options=CompileOptions(arrays=arrays, volts_per_unit=scales),
        )
        return compiled.decode(self.simulator.simulate(compiled.circuit, compiled.operating_point()))

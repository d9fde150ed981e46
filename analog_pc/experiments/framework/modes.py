"""The modes of a relaxation: rates at which a graph settles, by the mathematics or of a circuit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import Floats, Masked
from analog_pc.compiler import compile_network
from analog_pc.pcn import PredictiveCodingGraph, make_clamps
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.relaxers import CircuitRelaxer, IdealRelaxer, Relaxer
from analog_pc.simulators import Native


def mode_rates(relaxer: Relaxer, graph: PredictiveCodingGraph, clamps: Mapping[str, Masked]) -> Floats | None:
    """Rates of all modes around the rest of the first sample of a linear graph, slowest first, in g_s / C.

    The eigenvalues of the Hessian of E over the free units, or those of the circuit's linearised equations.

    Parameters
    ----------
    relaxer
        `IdealRelaxer`, or a `CircuitRelaxer` on the native simulator; None for others.
    graph
        With the identity as its activation.
    clamps
        Population -> masked array [samples, n].
    """
    held = make_clamps(graph, clamps=clamps)
    if isinstance(relaxer, IdealRelaxer):
        landscape = GraphLandscape(graph, held.sample(0))
        k = landscape.stiffness_matrix(landscape.state(landscape.held(landscape.forward())))[0]
        return np.asarray(np.linalg.eigvalsh(0.5 * (k + k.T)))
    if not isinstance(relaxer, CircuitRelaxer) or not isinstance(relaxer.simulator, Native):
        return None
    compiled = compile_network(graph, relaxer.technology, clamps=held.sample(0), seed=relaxer.seed)
    modes = relaxer.simulator.modes(compiled.circuit, compiled.operating_point())[0]
    return np.asarray(np.sort(-modes.eigenvalues.real) * compiled.scales.seconds)

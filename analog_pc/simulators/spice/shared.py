"""ngspice as a library in this process, through PySpice: quick for small circuits, no process to start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, OperatingPoint, Solution
from analog_pc.errors import BadInput, SimulationFailed, SimulatorMissing
from analog_pc.simulators.native import Native
from analog_pc.simulators.solving import simulate
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.answer import to_solution
from analog_pc.simulators.spice.deck import deck
from analog_pc.simulators.spice.library import Library, library, library_path
from analog_pc.simulators.spice.quiet import quiet
from analog_pc.simulators.verdict import certificate, with_verdict
from analog_pc.simulators.workspace import Limit

# A run inside this process cannot be stopped from outside, and a crash takes the process with it.
MAX_SAMPLES = 64


class NgspiceShared:
    """PySpice's ngspice-shared, for small circuits and a few samples."""

    name = "ngspice-shared"

    def __init__(self) -> None:
        self._native = Native()

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Solve the circuit in this process.

        Raises
        ------
        BadInput
            Also for more than `MAX_SAMPLES` samples.
        SimulatorMissing, SimulationFailed
        """
        if isinstance(analysis, OperatingPoint) and analysis.samples > MAX_SAMPLES:
            raise BadInput(
                f"ngspice-shared: {analysis.samples} samples, at most {MAX_SAMPLES}; "
                "use Ngspice, whose runs can be stopped"
            )
        solve = partial(simulate, self._solve, certify=certificate(self._native), workers=1)
        return with_verdict(solve, self._native, circuit, analysis)

    def _solve(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        """The limit does not apply: nothing stops a run inside this process."""
        text = deck(circuit, analysis)
        ngspice = library()
        with quiet(), _loaded(ngspice, text):
            columns = _columns(ngspice)
            status = log.status(ngspice.lines)
        return to_solution(circuit, analysis, columns, status)

    def available(self) -> bool:
        """Whether the library can be loaded."""
        try:
            library_path()
        except SimulatorMissing:
            return False
        return True

    def version(self) -> str:
        """Such as ``libngspice-39``."""
        return f"libngspice-{library().ngspice_version}"


@contextmanager
def _loaded(ngspice: Library, text: str) -> Iterator[None]:
    """The deck loaded and run; afterwards its circuit and plots are freed, which PySpice does not do.

    Measured: 245 kB a run stay behind otherwise, for a circuit of 200 resistors.
    """
    ngspice.destroy()
    ngspice.lines = []
    try:
        ngspice.load_circuit(text)
        ngspice.run()
        problem = log.first_failure(ngspice.lines)
        if problem is not None:
            raise SimulationFailed(f"ngspice-shared: {problem}")
        yield
    except NameError as refused:  # PySpice's exceptions are NameErrors
        problem = log.first_failure(ngspice.lines) or str(refused) or type(refused).__name__
        raise SimulationFailed(f"ngspice-shared: {problem}") from None
    finally:
        for free in (ngspice.destroy, ngspice.remove_circuit):
            with suppress(NameError):  # nothing was loaded: ngspice says so, and nothing is to free
                free()


def _columns(ngspice: Library) -> dict[str, Floats]:
    """Every vector of the newest plot as a plain array, [points]."""
    name = ngspice.last_plot
    if name == "const":
        raise SimulationFailed("ngspice-shared: the run left no plot")
    plot = ngspice.plot(None, name)
    # PySpice's waveforms compare and convert in surprising ways under numpy 2; plain arrays only.
    return {key.lower(): np.array(vector._data, dtype=np.float64) for key, vector in plot.items()}

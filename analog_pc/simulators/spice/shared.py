"""ngspice as a library in this process, through PySpice: quick for small circuits, no process to start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.circuit import Analysis, Circuit, Solution
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.program import SpiceProgram
from analog_pc.simulators.simulator import Supports
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.answer import to_solution
from analog_pc.simulators.spice.deck import deck
from analog_pc.simulators.spice.library import Library, library, library_path, without_remarks
from analog_pc.simulators.workspace import Limit

# A run inside this process cannot be stopped from outside, and a crash takes the process with it.
MAX_SAMPLES = 64


class NgspiceShared(SpiceProgram):
    """PySpice's ngspice-shared, for small circuits and a few samples; no limit stops its runs."""

    name = "ngspice-shared"
    supports = Supports(timed=True, noise=False, search=False, samples=MAX_SAMPLES)
    workers = 1
    restarts = False

    def __init__(self) -> None:
        super().__init__()

    def solve(self, circuit: Circuit, analysis: Analysis, limit: Limit) -> Solution:
        text = deck(circuit, analysis)
        ngspice = library()
        with without_remarks(), _loaded(ngspice, text):
            columns = _columns(ngspice)
            status = log.status(ngspice.lines)
        return to_solution(circuit, analysis, columns, status)

    def locate(self) -> str:
        return library_path()

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

"""The protocol of a simulator, and its capabilities as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analog_pc.circuit import Analysis, Circuit, Solution


@dataclass(frozen=True, kw_only=True)
class Supports:
    """What a simulator can do beside operating points and transients of the basic elements.

    Parameters
    ----------
    timed
        Elements that change with time by themselves (`circuit.elements.TIMED`).
    noise
        Noise of nodes, by its method `noise`.
    search
        Finds operating points of real parts in seconds without a guess.  ngspice does not: it needs gmin
        stepping, and up to 20 minutes where the devices are nonlinear.
    samples
        Most samples of a batch of operating points; None: any number.
    """

    timed: bool
    noise: bool
    search: bool
    samples: int | None = None


class Simulator(Protocol):
    """Something that solves a circuit for an analysis.

    `simulate` raises `BadInput` for a circuit or an analysis that cannot be solved, `SimulatorMissing`
    if the program or the library is not installed, and `SimulationFailed` if what came back is not
    a solution.  It never returns a number that it has a reason to doubt, and the status of an operating
    point says whether the circuit stays there, or that this was not checked.
    """

    name: str
    supports: Supports

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Volts of every node of the circuit (or of the nodes that the analysis saves)."""
        ...

    def available(self) -> bool:
        """Whether `simulate` can run here."""
        ...

    def version(self) -> str:
        """Name and version of the simulator, such as ``ngspice-39``."""
        ...

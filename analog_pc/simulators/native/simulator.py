"""The native simulator: circuits reduced exactly to states and nonlinear laws, whole batches at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.circuit import (
    Analysis,
    Circuit,
    Noise,
    NoiseSolution,
    OperatingPoint,
    Outcome,
    Solution,
    Status,
    Stimuli,
    Transient,
    check_analysis,
    check_circuit,
    refuse_timed,
)
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.native.esdirk import Integrator
from analog_pc.simulators.native.finding import find_all
from analog_pc.simulators.native.initial import first_outputs, initial_state
from analog_pc.simulators.native.linearised import Linearised, linearised
from analog_pc.simulators.native.memory import keep_freed_arrays
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.modes import Modes, all_modes
from analog_pc.simulators.native.noise import noise_at
from analog_pc.simulators.native.operating_point import settle_to
from analog_pc.simulators.native.path import Path, follow
from analog_pc.simulators.native.power import dissipation
from analog_pc.simulators.native.relaxing import relax_all
from analog_pc.simulators.native.threads import one_blas_thread

VERSION = "native-1"


def _waveform(model: Model, analysis: Transient, path: Path, u: Floats) -> Solution:
    names, _, response = model.saved(model.reduced(True)[0], analysis.save)
    volts = response.value(path.states[:, 0], path.deltas[:, 0], u)
    return Solution(path.times, names, volts, Status(Outcome.CONVERGED))


class Native:
    """The simulator of this package; independent of ngspice, and checked against it.

    Every linear part is eliminated by one sparse LU factorisation, crossbars with their wires by their
    port admittance; what remains are the states and the nonlinear laws (`reduce.py`).

    Parameters
    ----------
    check_stability
        Whether an operating point's Jacobian is looked at; a point that the circuit would leave is then
        reported as `Outcome.UNSTABLE`.
    """

    name = "native"

    def __init__(self, *, check_stability: bool = True) -> None:
        keep_freed_arrays()
        self.check_stability = check_stability
        self._models: WeakKeyDictionary[Circuit, Model] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        """Settings alone travel to another process, which makes models of its own."""
        return partial(type(self), check_stability=self.check_stability), ()

    def available(self) -> bool:
        return True

    def version(self) -> str:
        return VERSION

    def model(self, circuit: Circuit) -> Model:
        """The circuit's equations; kept as long as the circuit lives."""
        if circuit not in self._models:
            check_circuit(circuit)
            refuse_timed(circuit, self.name)
            self._models[circuit] = Model(circuit)
        return self._models[circuit]

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Solve the circuit for a batch of operating points or for one transient.

        Operating points that were not found, are unstable or saturated are returned with that status.

        Raises
        ------
        BadInput
        SimulationFailed
            For equations without a single solution, and a transient that cannot be followed to its end.
        """
        with one_blas_thread():
            model = self.model(circuit)
            check_analysis(circuit, analysis)
            if isinstance(analysis, Transient):
                return self._transient(model, analysis)
            return self._operating_points(model, analysis, self.check_stability)

    def modes(self, circuit: Circuit, analysis: OperatingPoint) -> list[Modes]:
        """The modes at the operating points that `simulate` finds, one for each sample.

        Raises
        ------
        BadInput
        SimulationFailed
            Also where a sample has no operating point.
        """
        with one_blas_thread():
            return self._modes(circuit, analysis)

    def _modes(self, circuit: Circuit, analysis: OperatingPoint) -> list[Modes]:
        model = self.model(circuit)
        check_analysis(circuit, analysis)
        rest = self._operating_points(model, replace(analysis, save=()), check_stability=False)
        static, loop = model.reduced(False)
        start = first_outputs(model, loop, dict(zip(rest.nodes, rest.volts.T, strict=True)), len(rest.axis))
        y, _, found = settle_to(static, loop, model.batch(analysis.stimuli, analysis.samples), start)
        if not found.all():
            raise SimulationFailed(f"native: no operating point was found for sample {int(np.argmin(found))}")
        return list(all_modes(*model.reduced(True), y))

    def linearised(self, circuit: Circuit, stimuli: Stimuli, solution: Solution) -> Linearised:
        """The circuit at the operating points of any simulator's solution, which has every node of it.

        Raises
        ------
        BadInput
            For elements that are not modelled here.
        SimulationFailed
            `UndeterminedNode` for a node without any law.
        """
        with one_blas_thread(), np.errstate(all="ignore"):  # what is not finite is refused
            return linearised(self.model(circuit), stimuli, solution)

    def noise(self, circuit: Circuit, analysis: Noise) -> NoiseSolution:
        """Noise of nodes that hold charge, over all frequencies (the band of the analysis is not used)."""
        model = self.model(circuit)
        check_analysis(circuit, analysis)
        model.check_nodes(analysis.nodes)
        u = model.stimuli(analysis.stimuli)
        static, loop = model.reduced(False)
        y, _, found = settle_to(static, loop, u, first_outputs(model, loop, analysis.guess, len(u)))
        if not found.all():
            raise SimulationFailed("native: noise: no operating point was found")
        return noise_at(model, y, analysis.nodes, circuit.temperature)

    def dissipation(self, circuit: Circuit, solution: Solution) -> dict[str, Floats]:
        """Watts by part at the operating points of a solution, label -> [samples]; see `power.py`."""
        return dissipation(self.model(circuit), solution)

    def _operating_points(self, model: Model, analysis: OperatingPoint, check_stability: bool) -> Solution:
        if analysis.samples == 0:
            raise BadInput(f"operating point of circuit {model.name}: no samples")
        if analysis.settling is not None:
            return relax_all(model, analysis, check_stability)
        return find_all(model, analysis, check_stability)

    def _transient(self, model: Model, analysis: Transient) -> Solution:
        u = model.stimuli(analysis.stimuli)
        x, q = initial_state(model, {k: np.array([v]) for k, v in analysis.initial.items()}, u)
        dynamic, loop = model.reduced(True)
        path = follow(
            Integrator(dynamic, loop, u), x, q, analysis.duration, analysis.max_step, analysis.precision
        )
        if path.failed is not None:
            raise SimulationFailed(f"native: transient: {path.failed}")
        return _waveform(model, analysis, path, u)

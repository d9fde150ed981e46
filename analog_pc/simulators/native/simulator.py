"""The native simulator: circuits reduced exactly to states and nonlinear laws, whole batches at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, is_number
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
from analog_pc.simulators.native.analyses.esdirk import Integrator
from analog_pc.simulators.native.analyses.linearised import Linearised, jacobians_at, linearised, relaxes_to
from analog_pc.simulators.native.analyses.modes import Modes, all_modes
from analog_pc.simulators.native.analyses.noise import noise_at
from analog_pc.simulators.native.analyses.power import dissipation
from analog_pc.simulators.native.analyses.transient import Trajectory, integrate
from analog_pc.simulators.native.kernels.threads import one_blas_thread
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.deadline import Deadline
from analog_pc.simulators.native.nonlinear_solve.initial import initial_state
from analog_pc.simulators.native.nonlinear_solve.search import Search, find
from analog_pc.simulators.native.nonlinear_solve.slow_flow import compile_kernels
from analog_pc.simulators.native.nonlinear_solve.status import status_of
from analog_pc.simulators.simulator import Supports

VERSION = "native-1"


def _waveform(model: Model, analysis: Transient, path: Trajectory, u: Floats) -> Solution:
    names, _, response = model.saved(model.reduced(True)[0], analysis.save)
    volts = response.value(path.states[:, 0], path.outputs[:, 0], u)
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
    time_limit
        Seconds after which the search for the operating points of a batch ends; samples that are left then
        are `Outcome.NOT_CONVERGED`.  None: no limit.
    transient_limit
        Seconds that one transient may take; it fails after them.  None: no limit.
    """

    name = "native"
    supports = Supports(timed=False, noise=True, search=True)

    def __init__(
        self,
        *,
        check_stability: bool = True,
        time_limit: float | None = 60.0,
        transient_limit: float | None = None,
    ) -> None:
        for name, limit in (("time_limit", time_limit), ("transient_limit", transient_limit)):
            if limit is not None and not (is_number(limit) and limit > 0.0):
                raise BadInput(f"Native: {name} = {limit!r} s, must be > 0, or None for no limit")
        self.check_stability = check_stability
        self.time_limit = time_limit
        self.transient_limit = transient_limit
        self._models: WeakKeyDictionary[Circuit, Model] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        """Settings alone travel to another process, which makes models of its own."""
        return partial(
            type(self),
            check_stability=self.check_stability,
            time_limit=self.time_limit,
            transient_limit=self.transient_limit,
        ), ()

    def limited(self, transient_limit: float | None) -> Native:
        """The same simulator, which shares its models, with another limit for transients."""
        other = Native(
            check_stability=self.check_stability,
            time_limit=self.time_limit,
            transient_limit=transient_limit,
        )
        other._models = self._models
        return other

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
            return self._operating_points(model, analysis)

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
        search = self._search(model, analysis, check_stability=True)
        if not search.found.all():
            lost = int(np.argmin(search.found))
            raise SimulationFailed(f"native: no operating point was found for sample {lost}")
        maps, solver = model.reduced(True)
        return list(all_modes(maps, solver.form, search.y))

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

    def jacobians(self, circuit: Circuit, solution: Solution) -> Iterator[Floats]:
        """d(dx/dt)/dx in 1/s at the operating points of a solution that has every node, one for each sample.

        Raises
        ------
        BadInput, SimulationFailed
            For circuits that are not modelled here.
        """
        return jacobians_at(self.model(circuit), solution)

    def relaxes_to(self, circuit: Circuit, analysis: OperatingPoint, solution: Solution) -> Bools:
        """Samples of any simulator's solution that the flow from `analysis.settling.initial` must end in.

        True where the flow of these nodes contracts all the way, so that no other operating point is between.
        The solution has every node.

        Raises
        ------
        BadInput, SimulationFailed
            For circuits that are not modelled here.
        """
        assert analysis.settling is not None
        with one_blas_thread(), np.errstate(all="ignore"):
            return relaxes_to(self.model(circuit), analysis.stimuli, analysis.settling.initial, solution)

    def noise(self, circuit: Circuit, analysis: Noise) -> NoiseSolution:
        """Noise of nodes that hold charge, over all frequencies (the band of the analysis is not used)."""
        model = self.model(circuit)
        check_analysis(circuit, analysis)
        model.check_nodes(analysis.nodes)
        point = OperatingPoint(
            {k: np.asarray(v)[None] for k, v in analysis.stimuli.items()}, guess=analysis.guess
        )
        search = self._search(model, point, check_stability=False)  # from the guess; `noise_at` checks
        if not search.found.all():
            raise SimulationFailed("native: noise: no operating point was found")
        return noise_at(model, search.y, analysis.nodes, circuit.temperature)

    def dissipation(self, circuit: Circuit, solution: Solution) -> dict[str, Floats]:
        """Watts by part at the operating points of a solution, label -> [samples]; see `power.py`."""
        return dissipation(self.model(circuit), solution)

    def _search(self, model: Model, analysis: OperatingPoint, check_stability: bool) -> Search:
        if analysis.samples == 0:
            raise BadInput(f"operating point of circuit {model.name}: no samples")
        compile_kernels()  # before the clock of the limit starts
        search = Search.of(model, analysis, check_stability, Deadline(self.time_limit))
        find(search)
        return search

    def _operating_points(self, model: Model, analysis: OperatingPoint) -> Solution:
        model.check_nodes(analysis.save)
        search = self._search(model, analysis, self.check_stability)
        static, _ = model.reduced(False)
        names, _, response = model.saved(static, analysis.save)
        status = status_of(search, self.check_stability)
        axis = np.arange(analysis.samples, dtype=np.float64)
        preset = None
        if search.preset is not None and search.preset_q is not None:
            preset = response.value(None, search.preset_q, search.preset)
        return Solution(axis, names, response.value(None, search.q, search.u), status, preset)

    def _transient(self, model: Model, analysis: Transient) -> Solution:
        u = model.stimuli(analysis.stimuli)
        deadline = Deadline(self.transient_limit)
        x, q = initial_state(model, {k: np.array([v]) for k, v in analysis.initial.items()}, u, deadline)
        maps, solver = model.reduced(True)
        path = integrate(
            Integrator(maps, solver, u, analysis.precision),
            x,
            q,
            analysis.duration,
            analysis.max_step,
            analysis.precision,
            deadline,
        )
        if path.failed is not None:
            raise SimulationFailed(f"native: transient: {path.failed}")
        return _waveform(model, analysis, path, u)

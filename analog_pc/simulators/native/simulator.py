"""The native simulator: circuits reduced exactly to states and nonlinear elements, whole batches at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

from analog_pc.arrays import Any, Bools, Floats
from analog_pc.circuit import (
    Analysis,
    Circuit,
    Diodes,
    IdealDiodes,
    Noise,
    NoiseSolution,
    OperatingPoint,
    Solution,
    Stimuli,
    Switches,
    Transient,
    check_analysis,
    check_circuit,
    refuse_timed,
)
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.errors import BadInput
from analog_pc.numeric import check_truth, finite_number
from analog_pc.simulators.native.analyses.eigenmodes import Modes, eigenmodes
from analog_pc.simulators.native.analyses.linearisation import (
    Linearised,
    jacobians_at,
    linearise,
    relaxes_to,
)
from analog_pc.simulators.native.analyses.noise import noise_at
from analog_pc.simulators.native.analyses.operating_point import found_points, simulate_operating_points
from analog_pc.simulators.native.analyses.power import dissipation
from analog_pc.simulators.native.analyses.transient import simulate_transient
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.options import Options
from analog_pc.simulators.simulator import Supports

VERSION = "native-1"

ANALYSES: dict[type, Callable[[Model, Any, Options], Solution]] = {
    OperatingPoint: simulate_operating_points,
    Transient: simulate_transient,
}


def _limit(name: str, seconds: float | None) -> float | None:
    return None if seconds is None else finite_number(f"Native: {name} (None: no limit)", seconds)


class Native:
    """The simulator of this package; independent of ngspice, and checked against it.

    Every linear part is eliminated by one sparse LU factorisation, crossbars with their wires by their
    port admittance; what remains are the states and the nonlinear elements (`mna/reduce.py`).

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
        check_truth("Native: check_stability", check_stability)
        self.options = Options(
            bool(check_stability),
            _limit("time_limit", time_limit),
            _limit("transient_limit", transient_limit),
        )
        self._models: WeakKeyDictionary[Circuit, Model] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        """Options alone travel to another process, which makes models of its own."""
        return partial(type(self), **self.options._asdict()), ()

    def with_options(self, **changes: Any) -> Native:
        """The same simulator, which shares its models, with some other parameters."""
        other = Native(**self.options._replace(**changes)._asdict())
        other._models = self._models
        return other

    def available(self) -> bool:
        return True

    def version(self) -> str:
        return VERSION

    def model(self, circuit: Circuit) -> Model:
        """The circuit's equations; kept as long as the circuit lives."""
        check_circuit(circuit)
        if circuit not in self._models:
            refuse_timed(circuit, self.name)
            self._models[circuit] = Model(circuit)
        return self._models[circuit]

    def simulate(self, circuit: Circuit, analysis: Analysis) -> Solution:
        """Solve the circuit for a batch of operating points or for one transient.

        Operating points that were not found, are unstable or saturated are returned with that status.

        Parameters
        ----------
        circuit
            What is simulated.
        analysis
            What is asked of it; `ANALYSES` says who answers.

        Raises
        ------
        BadInput
        SimulationFailed
            For equations without a single solution, and a transient that cannot be followed to its end.
        """
        with single_threaded_blas():
            model = self.model(circuit)
            check_analysis(circuit, analysis)
            return ANALYSES[type(analysis)](model, analysis, self.options)

    def modes(self, circuit: Circuit, analysis: OperatingPoint) -> list[Modes]:
        """The modes at the operating points that `simulate` finds, one for each sample.

        Raises
        ------
        BadInput
        SimulationFailed
            Also where a sample has no operating point.
        """
        with single_threaded_blas():
            model = self.model(circuit)
            check_analysis(circuit, analysis, OperatingPoint)
            y = found_points(model, analysis, self.options._replace(check_stability=True))
            maps, solver = model.reduced(True)
            return list(eigenmodes(maps, solver.form, y))

    def noise(self, circuit: Circuit, analysis: Noise) -> NoiseSolution:
        """Noise of nodes that hold charge, over all frequencies (the band of the analysis is not used).

        Raises
        ------
        BadInput
            Also for a node whose noise has no finite variance, for switches, whose noise depends on their
            control, and for diodes: neither is modelled.
        SimulationFailed
            Also where the operating point is unstable, or none is found.
        """
        model = self.model(circuit)
        check_analysis(circuit, analysis, Noise)
        for bank in model.equations.flat.of_kind(Switches):
            raise BadInput(f"native: {bank.label}: has no noise of Switches; leave them out")
        for kind in (Diodes, IdealDiodes):
            for bank in model.equations.flat.of_kind(kind):
                raise BadInput(f"native: {bank.label}: the noise of diodes is not modelled; leave them out")
        model.check_nodes(analysis.nodes)
        stimuli = {name: np.asarray(volts)[None] for name, volts in analysis.stimuli.items()}
        point = OperatingPoint(stimuli, guess=analysis.guess)
        # `noise_at` checks the stability of the point that is found from the guess.
        y = found_points(model, point, self.options._replace(check_stability=False))
        return noise_at(model, y, analysis.nodes, circuit.temperature)

    def linearised(self, circuit: Circuit, stimuli: Stimuli, solution: Solution) -> Linearised:
        """The circuit at the operating points of any simulator's solution, which has every node of it.

        Parameters
        ----------
        circuit, stimuli
            What was simulated, and the stimuli by sample.
        solution
            Its operating points.

        Raises
        ------
        BadInput
            For elements that are not modelled here.
        SimulationFailed
            `UndeterminedNode` for a node whose voltage nothing determines.
        """
        with single_threaded_blas(), np.errstate(all="ignore"):  # what is not finite is refused
            return linearise(self.model(circuit), stimuli, solution)

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

        Parameters
        ----------
        circuit, analysis
            What was simulated.
        solution
            Its operating points, with every node.

        Raises
        ------
        BadInput, SimulationFailed
            For circuits that are not modelled here.
        """
        assert analysis.settling is not None
        with single_threaded_blas(), np.errstate(all="ignore"):
            return relaxes_to(self.model(circuit), analysis.stimuli, analysis.settling.initial, solution)

    def dissipation(self, circuit: Circuit, solution: Solution) -> dict[str, Floats]:
        """Watts by part at the operating points of a solution, label -> [samples]; see `power.py`."""
        return dissipation(self.model(circuit), solution)

"""What a network costs: operating points, settling, and the table of every phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import Circuit, Outcome, Solution
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.cost.chip import with_converters
from analog_pc.cost.components import Catalogue, check_process, process_of, read_catalogue, shipped
from analog_pc.cost.formula import array_power, formula_settling
from analog_pc.cost.operating_point import closed_form, started_at
from analog_pc.cost.operations import operations
from analog_pc.cost.parts import Phase, charge, forward_power, phase_parts
from analog_pc.cost.results import Cost, PartCost, PhaseCost
from analog_pc.cost.settling import Settled, settle
from analog_pc.cost.write import write_cost
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.mapping import Scales, choose_scales, forward_ranges
from analog_pc.pcn import PredictiveCodingNetwork, make_clamps
from analog_pc.si import si
from analog_pc.simulators import Native
from analog_pc.technology import Technology

SAMPLES = 4  # amplifiers take nearly all of the power, and are the same for every stimulus
TIME_LIMIT = 60.0  # s for the operating points of a phase
SOLVED = {Outcome.CONVERGED, Outcome.SATURATED}  # the circuit rests there, wherever that is
PHASES = ("predict", "learn", "write")


def network_cost(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: ArrayLike,
    targets: ArrayLike | None = None,
    *,
    seed: int = 0,
    samples: int = SAMPLES,
    catalogue: Catalogue | str | Path | None = None,
    phases: Sequence[str] = PHASES,
    dac_bits: int = 8,
    adc_bits: int = 8,
    time_limit: float = TIME_LIMIT,
    transients: bool = True,
) -> Cost:
    """Energy, latency and area of a network on a technology, by part, per stimulus.

    Power comes from the native simulator: what arrays, resistors, wires and amplifier outputs dissipate at
    the operating points, beside the quiescent power of every amplifier, activation circuit and converter.
    Time comes from its settling, see `settling.py`.  The inputs are driven by DACs, not by amplifiers.

    *predict* relaxes from 0 V with the feedback on, and the outputs are converted.  *learn* relaxes from the
    forward state with the outputs clamped; its updates are taken to be local, so nothing is converted.
    *write* is one update of every device.

    `energy` counts everything as on for the whole latency.  `gated_energy`: predicting, the feedback is
    switched off (which also settles sooner) and so is all that a forward pass does not need, and amplifiers
    are off while converters work; learning, the latter alone.

    Parameters
    ----------
    inputs, targets
        Stimuli [samples, n_0] and [samples, n_L]; without targets there is no learn phase.  All of them
        choose the volts per unit of the chip, which are the same in every phase.
    seed
        The chip.
    samples
        How many of the stimuli, from the first on, are simulated.
    catalogue
        Component values: a `Catalogue`, the name of a shipped one or a file; None: the process that makes
        the technology.
    phases
        Of "predict", "learn" and "write".
    dac_bits, adc_bits
        Resolution of the converters.
    time_limit
        s for the search of the operating points of a phase; samples that are left then are not counted.
    transients
        False: settling times are linear bounds, see `settling.Settled`, so that energies are bounds too.

    Raises
    ------
    BadInput
        For an unknown phase or catalogue, no samples, and what `compile_network` refuses.
    SimulationFailed
        Where no phase has a sample with an operating point; of one phase alone `Cost.failed` says it.
    """
    found = catalogue_of(technology, catalogue)
    _check(phases, samples, dac_bits, adc_bits)
    scales = scales_of_all(network, technology, inputs, targets)
    x = np.asarray(inputs, dtype=np.float64)[:samples]
    t = None if targets is None else np.asarray(targets, dtype=np.float64)[:samples]
    study = _Study(network, technology, found, x, t, seed, (dac_bits, adc_bits), time_limit, scales,
                    transients)  # fmt: skip
    costs: dict[str, PhaseCost] = {}
    failed: dict[str, str] = {}
    simulated = {"predict": study.predict} | ({} if t is None else {"learn": study.learn})
    for name in (name for name in simulated if name in phases):
        try:
            with single_threaded_blas():
                costs[name] = simulated[name]()
        except SimulationFailed as failure:
            failed[name] = str(failure)
    if failed and not costs:
        raise SimulationFailed(next(iter(failed.values())))
    if "write" in phases and "write_volts" in found:
        costs["write"] = write_cost(study.compile(None).circuit, technology, found)
    elif "write" in phases:
        failed["write"] = f"not writable by pulses: {found.name} has no write_volts"
    area = max((costs[p].area for p in ("predict", "learn") if p in costs), default=float("nan"))
    counted = operations(network, x, t, {name: cost.energy for name, cost in costs.items()})
    return Cost(costs, area, counted, technology.name, found.name, failed)


def scales_of_all(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: ArrayLike,
    targets: ArrayLike | None,
) -> Scales:
    """The scales of one chip that serves all stimuli in every phase: targets, where there are any, count."""
    return choose_scales(network, technology, forward_ranges(network, make_clamps(network, inputs, targets)))


def catalogue_of(technology: Technology, catalogue: Catalogue | str | Path | None = None) -> Catalogue:
    """The component values of a catalogue, a name or a file; None: those of the technology's process."""
    if isinstance(catalogue, Catalogue):
        found = catalogue
    elif catalogue is None:
        found = process_of(technology)
    elif str(catalogue).endswith(".toml"):
        found = read_catalogue(catalogue)
    else:
        found = shipped(str(catalogue))
    check_process(found)
    return found


def _check(phases: Sequence[str], samples: int, dac_bits: int, adc_bits: int) -> None:
    unknown = [p for p in phases if p not in PHASES]
    if unknown or isinstance(phases, str):
        raise BadInput(f"cost: unknown phase {(unknown or [str(phases)])[0]!r}, use {', '.join(PHASES)}")
    if samples < 1 or dac_bits < 1 or adc_bits < 1:
        raise BadInput(
            f"cost: samples = {samples!r}, dac_bits = {dac_bits!r}, adc_bits = {adc_bits!r}: must be >= 1"
        )


@dataclass(frozen=True, eq=False)
class _Point:
    """A circuit at its operating points: mean watts by label, and how it settles."""

    compiled: CompiledNetwork
    circuit: Circuit
    solution: Solution
    watts: dict[str, float]
    settled: Settled
    samples: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Study:
    """The network on its stimuli."""

    network: PredictiveCodingNetwork
    technology: Technology
    catalogue: Catalogue
    inputs: Floats
    targets: Floats | None
    seed: int
    bits: tuple[int, int]
    time_limit: float
    scales: Scales
    transients: bool

    def compile(self, targets: Floats | None, gated: bool = False) -> CompiledNetwork:
        return compile_network(
            self.network,
            self.technology,
            self.inputs,
            targets,
            seed=self.seed,
            options=CompileOptions(volts_per_unit=self.scales, gate_feedback=gated),
        )

    def predict(self) -> PhaseCost:
        point = self._solve(self.compile(None))
        c = self.catalogue
        converting = c.value("dac_time") + c.value("adc_time")
        parts = phase_parts(self._phase(point, converting, reads_outputs=True))
        gated = self._solve(self.compile(None, gated=True))
        short = phase_parts(self._phase(gated, c.value("dac_time"), reads_outputs=True))
        least = forward_power(short) * gated.settled.seconds + charge(short)
        notes = (
            f"with the feedback off it settles in {gated.settled.text} ({gated.settled.method})",
            f"powers are those of parts that are on, output ADCs for the {si(c.value('adc_time'), 's')} of a "
            "conversion alone; their sum is therefore more than the mean power in the last line",
        )
        return self._cost("predict", point, converting, parts, least, notes)

    def learn(self) -> PhaseCost:
        point = self._solve(self.compile(self.targets))
        converting = self.catalogue.value("dac_time")
        parts = phase_parts(self._phase(point, converting, reads_outputs=False))
        settling = point.settled.seconds
        on = sum(p.power for p in parts if "capacitors" not in p.part)
        return self._cost("learn", point, converting, parts, on * settling + charge(parts), ())

    def _solve(self, compiled: CompiledNetwork) -> _Point:
        circuit = with_converters(compiled)
        native = Native(time_limit=self.time_limit)  # a point that the circuit leaves by itself has no cost
        samples = compiled.clamps.samples
        analysis = compiled.operating_point(every_node=True)
        if not compiled.clamps.beyond_input:  # learning has a start of its own
            start = closed_form(compiled, self.technology)
            analysis = started_at(compiled, analysis, start, np.arange(samples))
        everything = native.simulate(circuit, analysis)
        outcomes = everything.status.each(samples)
        good = np.array([k for k, outcome in enumerate(outcomes) if outcome in SOLVED], dtype=np.int64)
        if not len(good):
            raise SimulationFailed(f"cost: no sample has an operating point: {everything.status}")
        left_out = f"{samples - len(good)} of {samples} samples left out: {everything.status}"
        solution = Solution(
            np.arange(len(good), dtype=np.float64),
            everything.nodes,
            everything.volts[good],
            everything.status,
        )
        watts = {name: float(w.mean()) for name, w in native.dissipation(circuit, solution).items()}
        settled = settle(native, circuit, compiled, solution, good, self.transients)
        saturated = sum(outcomes[k] is Outcome.SATURATED for k in good)
        notes: tuple[str, ...] = ()
        if saturated:
            notes = (f"{saturated} of {samples} samples: {Outcome.SATURATED.value}",)
        if len(good) < samples:
            notes += (left_out,)
        return _Point(compiled, circuit, solution, watts, settled, len(good), notes)

    def _phase(self, point: _Point, converting: float, reads_outputs: bool) -> Phase:
        sizes = self.network.sizes
        return Phase(
            technology=self.technology,
            catalogue=self.catalogue,
            circuit=point.circuit,
            solution=point.solution,
            watts=point.watts,
            latency=point.settled.seconds + converting,
            inputs=sizes[0],
            targets=0 if reads_outputs else sizes[-1],
            outputs=sizes[-1],
            reads_outputs=reads_outputs,
            bits=self.bits,
        )

    def _cost(
        self,
        phase: str,
        point: _Point,
        converting: float,
        parts: tuple[PartCost, ...],
        gated: float,
        notes: tuple[str, ...],
    ) -> PhaseCost:
        latency = formula_settling(point.compiled) + converting
        simulated = {"crossbars", "springs", "feedback resistors", "driver resistances", "amplifier outputs"}
        fixed = charge(parts)
        quiescent = sum(p.power for p in parts if p.part not in simulated and "capac" not in p.part)
        if phase == "predict":
            quiescent -= next((p.power for p in parts if p.part == "output ADCs"), 0.0)
        formula = latency * (quiescent + array_power(point.circuit, point.solution)) + fixed
        return PhaseCost(
            phase=phase,
            latency=point.settled.seconds + converting,
            parts=parts,
            formula_energy=formula,
            formula_latency=latency,
            gated_energy=gated,
            settling=point.settled.seconds,
            method=point.settled.method,
            bound=point.settled.bound,
            samples=point.samples,
            notes=point.notes + notes,
        )

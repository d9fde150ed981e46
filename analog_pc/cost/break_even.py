"""Where the analog chip wins, and where it loses: energy over a digital machine's, by width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.cost.baselines import Baseline, digital_baselines
from analog_pc.cost.chip import CROSSBARS, with_converters
from analog_pc.cost.components import Catalogue
from analog_pc.cost.formula import device_siemens, formula_settling
from analog_pc.cost.network import catalogue_of, network_cost, scales_of_all
from analog_pc.cost.parts import Phase, phase_parts
from analog_pc.cost.results import PhaseCost
from analog_pc.cost.write import write_cost
from analog_pc.errors import BadInput
from analog_pc.mapping import Scales
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.technology import Technology

WIDTHS = (16, 32, 64, 128, 256, 512)
SIMULATED = 64  # the widest network whose power and settling are simulated
PHASES = ("predict", "learn")


@dataclass(frozen=True)
class BreakEvenRow:
    """One width, phase and digital machine: `ratio` above 1 means that the analog chip loses.

    Energies in J per stimulus, always on.  "learn" is the relaxation alone, "learn and write" has one update
    of every device too; the digital machine's has its update in both.  `method` says whether power and
    settling were simulated or follow from the formula.
    """

    width: int
    phase: str
    analog: float
    analog_latency: float
    baseline: str
    assumption: str
    digital: float
    ratio: float
    method: str

    @property
    def loses(self) -> bool:
        return self.ratio > 1.0


def break_even(
    technology: Technology,
    widths: Sequence[int] = WIDTHS,
    *,
    outputs: int = 10,
    activation: str = "tanh",
    seed: int = 0,
    samples: int = 4,
    simulated: int = SIMULATED,
    catalogue: Catalogue | str | Path | None = None,
) -> tuple[BreakEvenRow, ...]:
    """Energy of width-width-outputs networks, analog over digital.

    Weights are normal with a variance of 1 / fan-in, inputs uniform in 0 ... 1, targets one-hot.  Networks up
    to `simulated` are simulated; wider ones follow the formula, with the mean square voltage of the word
    lines of the widest that was simulated.

    Parameters
    ----------
    technology
        Of the analog circuit.
    widths
        Of the networks; inputs and hidden units.
    outputs, activation
        Of every network.
    seed
        Of weights, inputs and targets.
    samples
        On which a network is simulated.
    simulated
        The widest network that is.
    catalogue
        Of components and digital baselines, or its file; None is the one of the package.

    Raises
    ------
    BadInput, SimulationFailed
        As `network_cost`; `BadInput` where no width is simulated.
    """
    ordered = sorted(dict.fromkeys(widths))
    if not ordered or ordered[0] < 1 or ordered[0] > simulated:
        raise BadInput(f"break-even: widths {list(widths)}, needs some of 1 ... {simulated} to simulate")
    process = catalogue_of(technology, catalogue)
    rows: list[BreakEvenRow] = []
    square = technology.volts_per_unit**2
    for width in ordered:
        rng = np.random.default_rng([seed, width])
        network = random_network((width, width, outputs), activation, seed=seed)
        x = rng.random((samples, width))
        t = np.eye(outputs)[rng.integers(0, outputs, samples)]
        every = digital_baselines(network, x, t, measure_cpu=False)
        machines = [machine for machine in every if machine.energy > 0.0]  # NaN: a relaxation without an end
        scales = scales_of_all(network, technology, x, t)
        if width <= simulated:
            cost = network_cost(
                network, technology, x, t, seed=seed, samples=samples, catalogue=process, phases=PHASES
            )
            energies = {name: (phase.energy, phase.latency) for name, phase in cost.phases.items()}
            compiled = compile_network(
                network, technology, x, seed=seed, options=CompileOptions(volts_per_unit=scales)
            )
            square = _mean_square(compiled, cost.phases["predict"])
            method = "simulated"
        else:
            energies = _by_formula(network, technology, process, x, t, seed, scales, square)
            method = "formula"
        for machine in machines:
            rows.append(_row(width, machine, energies[machine.phase], method))
        if "write_volts" in process:
            written = write_cost(
                compile_network(network, technology, x, seed=seed).circuit, technology, process
            )
            joules, seconds = energies["learn"]
            both = joules + written.energy, seconds + written.latency
            learning = [replace(m, phase="learn and write") for m in machines if m.phase == "learn"]
            rows += [_row(width, machine, both, method) for machine in learning]
    return tuple(rows)


def _row(width: int, machine: Baseline, analog: tuple[float, float], method: str) -> BreakEvenRow:
    joules, seconds = analog
    ratio = joules / machine.energy
    return BreakEvenRow(
        width, machine.phase, joules, seconds, machine.name, machine.assumption, machine.energy, ratio, method
    )


def _mean_square(compiled: CompiledNetwork, phase: PhaseCost) -> float:
    """V^2 that makes the sum of all devices' G V^2 what the simulated arrays dissipate."""
    watts = next(part.power for part in phase.parts if part.part == CROSSBARS)
    return watts / device_siemens(with_converters(compiled))


def _by_formula(
    network: PredictiveCodingNetwork,
    technology: Technology,
    process: Catalogue,
    x: Floats,
    t: Floats,
    seed: int,
    scales: Scales,
    square: float,
) -> dict[str, tuple[float, float]]:
    """Phase -> energy in J and latency in s."""
    found = {}
    for phase in PHASES:
        targets = t if phase == "learn" else None
        compiled = compile_network(
            network, technology, x, targets, seed=seed, options=CompileOptions(volts_per_unit=scales)
        )
        circuit = with_converters(compiled)
        predicts = targets is None
        converting = process.value("dac_time") + predicts * process.value("adc_time")
        latency = formula_settling(compiled) + converting
        parts = phase_parts(
            Phase(
                technology=technology,
                catalogue=process,
                circuit=circuit,
                solution=None,
                watts={},
                latency=latency,
                inputs=network.sizes[0],
                targets=0 if predicts else network.sizes[-1],
                outputs=network.sizes[-1],
                reads_outputs=predicts,
                bits=(8, 8),
            )
        )
        arrays = square * device_siemens(circuit)
        found[phase] = sum(part.energy for part in parts) + arrays * latency, latency
    return found

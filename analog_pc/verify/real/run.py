"""Question C as a whole: what do real parts do to this network?"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Native, Simulator
from analog_pc.technology import Technology
from analog_pc.technology.imperfections import present, without_imperfections
from analog_pc.verify.parts import parts_of
from analog_pc.verify.phases import PHASES, Progress, check_phases
from analog_pc.verify.real.departures import CHECKED, rows
from analog_pc.verify.real.drop import drop_maps
from analog_pc.verify.real.judged import judge
from analog_pc.verify.real.power import power
from analog_pc.verify.real.results import RealPhase, RealVerification
from analog_pc.verify.real.settling import settlings
from analog_pc.verify.real.small_signal import noise, stability
from analog_pc.verify.report.style import si
from analog_pc.verify.run import LIBRARIES

POWERED = 10  # samples whose mean power is told


def verify_real(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    simulator: Simulator,
    *,
    phases: Sequence[str] = PHASES,
    judged: int = 1,
    seeds: int = 3,
    seed: int = 0,
    title: str = "",
    facts: dict[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> RealVerification:
    """What the imperfections of a technology do to a network, on a batch of stimuli.

    Parameters
    ----------
    simulator
        Judges the native simulator, which answers all the rest, on the first `judged` samples of each phase.
    seeds, seed
        Chips that every random imperfection is drawn for, from this seed on; the first one is the circuit of
        everything but the table of imperfections.

    Raises
    ------
    BadInput
        For a technology of ideal parts, an unknown phase or none, a learn phase without targets.
    SimulationFailed
        If the circuit of ideal parts has no operating point.
    """
    check_phases(phases, targets is not None)
    _check(technology, judged, seeds)
    versions = {"Python": platform.python_version(), "native": Native().version()}
    versions |= {simulator.name: simulator.version()} if judged else {}
    versions |= {name: version(name) for name in LIBRARIES}
    found = []
    for phase in dict.fromkeys(phases):
        answers = targets if phase == "learn" else None
        circuits = Circuits(network, technology, inputs, answers, seed)
        found.append(_phase(circuits, phase, simulator, judged, seeds, progress))
    circuit = circuits.build(technology)
    described = {
        "network": "-".join(map(str, network.sizes)) + f" {network.activation}",
        "technology": f"{technology.name}: {technology.source}",
        "imperfections": ", ".join(present(technology)),
        "volts per unit": circuit.scales.text(),
        "C / g_s": si(circuit.scales.seconds, "s"),
        "samples": str(len(inputs)),
        "seeds of random parts": f"{seeds}, from {seed}",
        f"judged by {simulator.name}": f"{judged} sample{'' if judged == 1 else 's'} of each phase"
        if judged
        else "no sample, as asked for",
    }
    return RealVerification(
        title or described["network"],
        present(technology),
        tuple(found),
        parts_of(circuit.circuit),
        versions,
        described | (facts or {}),
    )


def _phase(
    circuits: Circuits, phase: str, simulator: Simulator, judged: int, seeds: int, progress: Progress
) -> RealPhase:
    technology, seed = circuits.technology, circuits.seed
    real = circuits.build(technology)
    ideal = circuits.build(without_imperfections(technology))
    judgements = judge(real, phase, judged, simulator, progress)
    table = rows(technology, phase, lambda t, chip: circuits.build(t, chip=chip), seeds, seed, progress)
    waves = settlings(technology, phase, lambda t, gated: circuits.build(t, gated=gated), progress)
    progress(f"{phase}: wires, modes, noise, power")
    return RealPhase(
        phase,
        real.clamps.samples,
        judgements,
        table,
        drop_maps(real, phase),
        waves,
        stability(real, ideal, phase, CHECKED),
        noise(real, phase),
        power(real, phase, POWERED, waves),
    )


@dataclass(frozen=True, eq=False)
class Circuits:
    """The network on the same stimuli, in any technology and of any chip."""

    network: PredictiveCodingNetwork
    technology: Technology
    inputs: Floats
    targets: Floats | None
    seed: int

    def build(self, made_of: Technology, *, chip: int | None = None, gated: bool = False) -> CompiledNetwork:
        seed = self.seed if chip is None else chip
        return compile_network(
            self.network, made_of, self.inputs, self.targets, seed=seed, gate_feedback=gated
        )


def _check(technology: Technology, judged: int, seeds: int) -> None:
    if not present(technology):
        raise BadInput(f"technology {technology.name!r} has no imperfection: see verify_network")
    if judged < 0 or seeds < 1:
        raise BadInput(f"judged = {judged!r} and seeds = {seeds!r}: must be >= 0 and >= 1")

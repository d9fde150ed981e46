"""The steps of a verification with real parts, in order of what they tell for their cost.

Each step adds to what is known of one phase.  A step looks at its deadline between chips, samples and
transients, and returns what it has when the time is over; one dense eigenvalue problem or one SPICE run is
not cut short by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.errors import BadInput
from analog_pc.nonideality.departures import CHECKED, rows
from analog_pc.nonideality.drop import drop_maps
from analog_pc.nonideality.judged import judge
from analog_pc.nonideality.power import power
from analog_pc.nonideality.results import RealPhase
from analog_pc.nonideality.settling import settlings
from analog_pc.nonideality.small_signal import noise, stability
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.text import counted
from analog_pc.simulators import Native, Simulator
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import without_non_idealities

POWERED = 10  # samples whose mean power is told

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """What is verified: a network in a technology, on a batch of stimuli.

    Parameters
    ----------
    inputs, targets
        [samples, n_0] and [samples, n_L]; targets are None where nothing can be learned.
    simulator, judged
        The SPICE simulator of the cross-check, and the samples of each phase that it gets.
    seeds, seed
        Chips that random parts are drawn for, from this seed on.
    """

    network: PredictiveCodingNetwork
    technology: Technology
    inputs: Floats
    targets: Floats | None
    simulator: Simulator
    judged: int
    seeds: int
    seed: int


class PhaseCircuits:
    """The circuits of one phase, compiled when first asked for; all share one native simulator."""

    def __init__(self, question: Question, phase: str, native: Native) -> None:
        self.question = question
        self.phase = phase
        self.native = native

    @cached_property
    def real(self) -> CompiledNetwork:
        """The first chip."""
        return self._compiled(self.question.technology, self.question.seed, gated=False)

    @cached_property
    def ideal(self) -> CompiledNetwork:
        """Ideal parts in the same scales."""
        ideal = without_non_idealities(self.question.technology)
        return self._compiled(ideal, self.question.seed, gated=False)

    def chip(self, technology: Technology, seed: int) -> CompiledNetwork:
        """The network in this technology, or in one that is derived from it."""
        if technology is self.question.technology and seed == self.question.seed:
            return self.real
        return self._compiled(technology, seed, gated=False)

    def gated(self, technology: Technology, gated: bool) -> CompiledNetwork:
        """The first chip, with the feedback gated off or not."""
        if not gated:
            return self.chip(technology, self.question.seed)
        return self._compiled(technology, self.question.seed, gated=True)

    def _compiled(self, technology: Technology, seed: int, gated: bool) -> CompiledNetwork:
        q = self.question
        targets = q.targets if self.phase == "learn" else None
        return compile_network(
            q.network, technology, q.inputs, targets, seed=seed, options=CompileOptions(gate_feedback=gated)
        )


# What a step adds to a phase, and a message where it is not complete.
Added = tuple[RealPhase, str]
Run = Callable[[PhaseCircuits, RealPhase, Progress, Deadline], Added]


def _table(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    q = circuits.question
    found = rows(
        q.technology, phase.phase, circuits.chip, q.seeds, q.seed, progress, circuits.native, deadline
    )
    message = f"no time for {', '.join(found.missed)}" if found.missed else ""
    return replace(phase, rows=found.rows, ideal_classes=found.ideal_classes), message


def _cross_check(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    q = circuits.question
    found = judge(circuits.real, phase.phase, q.judged, q.simulator, progress, circuits.native, deadline)
    asked = min(q.judged, phase.samples)
    message = f"{len(found)} of {counted(asked, 'sample')}" if len(found) < asked else ""
    return replace(phase, judgements=found), message


def _wires(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    return replace(phase, drops=drop_maps(circuits.real, phase.phase, circuits.native)), ""


def _power(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    return replace(phase, power=power(circuits.real, phase.phase, POWERED, circuits.native)), ""


def _modes(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    found = stability(circuits.real, circuits.ideal, phase.phase, CHECKED, circuits.native, deadline)
    asked = min(CHECKED, phase.samples)
    late = deadline.passed and found.samples < asked
    message = f"{found.samples} of {counted(asked, 'sample')}" if late else ""
    return replace(phase, stability=found), message


def _noise(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    return replace(phase, noise=noise(circuits.real, phase.phase, circuits.native)), ""


def _transients(circuits: PhaseCircuits, phase: RealPhase, progress: Progress, deadline: Deadline) -> Added:
    q = circuits.question
    found = settlings(q.technology, phase.phase, circuits.gated, progress, circuits.native, deadline)
    planned = 4 if phase.phase == "predict" else 2
    message = ""
    if deadline.passed:
        whole = sum(len(wave.times) > 0 for wave in found)
        message = f"{whole} of {planned} transients"
    return replace(phase, settlings=found), message


@dataclass(frozen=True)
class Step:
    """One step: what it does, and its usual share of the time, from which the time left is told.

    Shares are seconds on a 64-32-10 network in `cmos65-rram`, two cores.
    """

    name: str
    run: Run
    share: float


STEPS = (
    Step("table", _table, 8.0),
    Step("cross-check", _cross_check, 8.0),
    Step("wires", _wires, 1.0),
    Step("power", _power, 1.0),
    Step("modes", _modes, 5.0),
    Step("noise", _noise, 3.0),
    Step("transients", _transients, 8.0),
)
STEP_NAMES = tuple(step.name for step in STEPS)


def chosen_steps(skip: Sequence[str] = (), only: Sequence[str] = ()) -> tuple[str, ...]:
    """The steps to do, in their order.

    Raises
    ------
    BadInput
        For an unknown step, both choices at once, or nothing left to do.
    """
    for name in (*skip, *only):
        if name not in STEP_NAMES:
            raise BadInput(f"unknown step {name!r}: use one or more of {', '.join(STEP_NAMES)}")
    if skip and only:
        raise BadInput("steps: give those to skip or the only ones to do, not both")
    chosen = tuple(name for name in STEP_NAMES if (name in only if only else name not in skip))
    if not chosen:
        raise BadInput(f"steps: every one of {', '.join(STEP_NAMES)} is skipped, nothing is left to do")
    return chosen

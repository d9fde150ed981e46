"""The steps of a non-ideality analysis, the most informative for their time first.

Each step adds its results to one phase.  Between chips, samples and transients a step checks its deadline,
and returns what it has when the time is over; one dense eigenvalue problem or one SPICE run is not cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.nonideality.cross_check import cross_check
from analog_pc.nonideality.deviations import CHECKED, deviation_table
from analog_pc.nonideality.ir_drop import ir_drop_maps
from analog_pc.nonideality.power import power
from analog_pc.nonideality.results import PhaseAnalysis
from analog_pc.nonideality.settling import settlings
from analog_pc.nonideality.small_signal import noise, stability
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.text import counted
from analog_pc.simulators import Native, Simulator
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import without_non_idealities

POWERED = 10  # samples of the mean power

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """What is analysed: a network in a technology, on a batch of stimuli.

    Parameters
    ----------
    inputs, targets
        [samples, n_0] and [samples, n_L]; targets are None where nothing can be learned.
    reference, checked
        The SPICE simulator of the cross-check, and the samples of each phase that it simulates.
    seeds
        Of the chips that random parts are drawn for; the first one is the circuit of all steps but the table.
    """

    network: PredictiveCodingNetwork
    technology: Technology
    inputs: Floats
    targets: Floats | None
    reference: Simulator
    checked: int
    seeds: Sequence[int]


class PhaseCircuits:
    """The circuits of one phase, compiled when first asked for; all share one native simulator."""

    def __init__(self, question: Question, phase: str, native: Native) -> None:
        self.question = question
        self.phase = phase
        self.native = native

    @cached_property
    def real(self) -> CompiledNetwork:
        """The first chip."""
        return self._compiled(self.question.technology, self.question.seeds[0], gated=False)

    @cached_property
    def ideal(self) -> CompiledNetwork:
        """Ideal parts in the same scales."""
        return self._compiled(self._ideal_parts, self.question.seeds[0], gated=False)

    @cached_property
    def _ideal_parts(self) -> Technology:
        return without_non_idealities(self.question.technology)

    def chip(self, technology: Technology, seed: int) -> CompiledNetwork:
        """The network in this technology, or in one that is derived from it."""
        if seed == self.question.seeds[0]:
            if technology == self.question.technology:
                return self.real
            if technology == self._ideal_parts:
                return self.ideal
        return self._compiled(technology, seed, gated=False)

    def gated(self, technology: Technology, gated: bool) -> CompiledNetwork:
        """The first chip, with the feedback gated off or not."""
        if not gated:
            return self.chip(technology, self.question.seeds[0])
        return self._compiled(technology, self.question.seeds[0], gated=True)

    def _compiled(self, technology: Technology, seed: int, gated: bool) -> CompiledNetwork:
        q = self.question
        targets = q.targets if self.phase == "learn" else None
        return compile_network(
            q.network, technology, q.inputs, targets, seed=seed, options=CompileOptions(gate_feedback=gated)
        )


# What a step adds to a phase, and a message where it is not complete.
Added = tuple[PhaseAnalysis, str]
Run = Callable[[PhaseCircuits, PhaseAnalysis, Progress, Deadline], Added]


def _table(circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline) -> Added:
    q = circuits.question
    found = deviation_table(
        q.technology, phase.phase, circuits.chip, q.seeds, progress, circuits.native, deadline
    )
    message = f"no time for {', '.join(found.not_reached)}" if found.not_reached else ""
    return replace(phase, rows=found.rows, ideal_classes=found.ideal_classes), message


def _cross_check(
    circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline
) -> Added:
    q = circuits.question
    found = cross_check(
        circuits.real, phase.phase, q.checked, q.reference, progress, circuits.native, deadline
    )
    asked = min(q.checked, phase.samples)
    message = f"{len(found)} of {counted(asked, 'sample')}" if len(found) < asked else ""
    return replace(phase, cross_checks=found), message


def _wires(circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline) -> Added:
    return replace(phase, ir_drops=ir_drop_maps(circuits.real, phase.phase, circuits.native)), ""


def _power(circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline) -> Added:
    return replace(phase, power=power(circuits.real, phase.phase, POWERED, circuits.native)), ""


def _modes(circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline) -> Added:
    found = stability(circuits.real, circuits.ideal, phase.phase, CHECKED, circuits.native, deadline)
    asked = min(CHECKED, phase.samples)
    late = deadline.passed and found.samples < asked
    message = f"{found.samples} of {counted(asked, 'sample')}" if late else ""
    return replace(phase, stability=found), message


def _noise(circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline) -> Added:
    return replace(phase, noise=noise(circuits.real, phase.phase, circuits.native)), ""


def _transients(
    circuits: PhaseCircuits, phase: PhaseAnalysis, progress: Progress, deadline: Deadline
) -> Added:
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
    """One step: its function, and its usual share of the time, from which the time left is estimated.

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

"""Non-ideality analysis: what real parts do to a network, step by step, with a whole report after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.nonideality.results import NonIdealityAnalysis, PhaseAnalysis, State, StepRecord
from analog_pc.nonideality.steps import STEP_NAMES, STEPS, PhaseCircuits, Question, Step
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.facts import circuit_facts, versions
from analog_pc.reporting.text import counted
from analog_pc.simulators import Native, Simulator
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present
from analog_pc.verification.parts import parts_table
from analog_pc.verification.phases import PHASES, check_phases

TIME_LIMIT = 60.0  # s; of one step in one phase


class Now(NamedTuple):
    """Where an analysis is: step number `number` of `total`, and the seconds left, None if not known."""

    number: int
    total: int
    phase: str
    step: str
    doing: str
    left: float | None


Progress = Callable[[Now], None]
Listener = Callable[[NonIdealityAnalysis, StepRecord], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class AnalysisOptions:
    """What a non-ideality analysis does.

    Parameters
    ----------
    phases
        Of `PHASES`.
    steps
        Of `STEP_NAMES`; every step is done in all phases before the next one begins.
    cross_check
        Samples of each phase that the reference simulates, to check the native simulator.
    seeds, seed
        Chips that every random non-ideality is drawn for, from this seed on; the first one is the circuit of
        all steps but the table.
    time_limit
        Seconds that one step may take in one phase before it returns what it has; None: no limit.
    labels
        True classes [samples]; None: predictions are compared with those of the ideal network alone.
    title, facts
        Of the report; facts are label -> text.

    Raises
    ------
    BadInput
        For a number that is too small.
    """

    phases: Sequence[str] = PHASES
    steps: Sequence[str] = STEP_NAMES
    cross_check: int = 1
    seeds: int = 3
    seed: int = 0
    time_limit: float | None = TIME_LIMIT
    labels: Ints | None = None
    title: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.cross_check < 0:
            raise BadInput(f"cross_check = {self.cross_check!r} samples, must be >= 0")
        if self.seeds < 1:
            raise BadInput(f"seeds = {self.seeds!r}, must be >= 1")
        if self.time_limit is not None and not self.time_limit > 0.0:
            raise BadInput(f"time_limit = {self.time_limit!r} s, must be > 0, or None for no limit")


DEFAULT = AnalysisOptions()


def analyse_non_idealities(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    reference: Simulator,
    *,
    options: AnalysisOptions = DEFAULT,
    listener: Listener = lambda *_: None,
    progress: Progress = lambda _: None,
) -> NonIdealityAnalysis:
    """What the non-idealities of a technology do to a network, on a batch of stimuli.

    Parameters
    ----------
    network, technology
        What is built, and of which parts.
    inputs, targets
        [samples, n_0] and [samples, n_L]; targets None: only predictions are analysed.
    reference
        The SPICE simulator that cross-checks the native one, which answers all the rest.
    options
        What to do.
    listener
        Gets all results so far after every step, and the record of that step.
    progress
        Is told what is being done.

    Raises
    ------
    BadInput
        For a technology of ideal parts, an unknown phase or none, a learn phase without targets.
    SimulationFailed
        If the circuit of ideal parts has no operating point.
    """
    check_phases(options.phases, targets is not None)
    if not present(technology):
        raise BadInput(f"technology {technology.name!r} has no non-ideality: see verify_network")
    if options.labels is not None and np.shape(options.labels) != (len(inputs),):
        raise BadInput(f"labels have shape {np.shape(options.labels)}, expected ({len(inputs)},)")
    question = Question(
        network=network,
        technology=technology,
        inputs=inputs,
        targets=targets,
        reference=reference,
        checked=options.cross_check if "cross-check" in options.steps else 0,
        seeds=range(options.seed, options.seed + options.seeds),
    )
    native = Native(check_stability=False, transient_limit=options.time_limit)
    circuits = {phase: PhaseCircuits(question, phase, native) for phase in dict.fromkeys(options.phases)}
    chosen = [s for s in STEPS if s.name in options.steps and (question.checked or s.name != "cross-check")]
    found = _nothing_yet(question, circuits, chosen, options)
    planned = [(step, phase) for step in chosen for phase in circuits]
    done: list[tuple[Step, float]] = []
    for number, (step, phase) in enumerate(planned, start=1):
        ahead = [later for later, _ in planned[number - 1 :]]
        now = Now(number, len(planned), phase, step.name, "", time_left(done, ahead))
        found, record = _do(found, step, circuits[phase], now, options.time_limit, progress)
        done.append((step, record.seconds))
        listener(found, record)
    return found


def time_left(done: Sequence[tuple[Step, float]], ahead: Sequence[Step]) -> float | None:
    """Seconds that the steps ahead take; None where nothing is known.

    A step that was done in another phase takes as long again.  The others take their usual share of the time,
    in the pace of the steps done.
    """
    if not done:
        return None
    pace = sum(seconds for _, seconds in done) / sum(step.share for step, _ in done)
    measured = {step.name: seconds for step, seconds in done}
    return sum(measured.get(step.name, pace * step.share) for step in ahead)


def _do(
    found: NonIdealityAnalysis,
    step: Step,
    circuits: PhaseCircuits,
    now: Now,
    time_limit: float | None,
    progress: Progress,
) -> tuple[NonIdealityAnalysis, StepRecord]:
    """Do one step in one phase; all results after it, and its record."""
    progress(now)
    before = next(phase for phase in found.phases if phase.phase == now.phase)
    began = time.monotonic()
    deadline = Deadline(time_limit)
    state = State.DONE
    try:
        after, message = step.run(circuits, before, lambda text: progress(now._replace(doing=text)), deadline)
        if message:
            state = State.OVER_TIME
    except SimulationFailed as failure:
        if step.name == STEP_NAMES[0]:
            raise
        after = before
        message = str(failure)
        state = State.FAILED
    record = StepRecord(step.name, now.phase, state, time.monotonic() - began, message)
    phases = tuple(after if phase is before else phase for phase in found.phases)
    return replace(found, phases=phases, steps=_recorded(found.steps, record)), record


def _recorded(steps: Sequence[StepRecord], record: StepRecord) -> tuple[StepRecord, ...]:
    place = (record.step, record.phase)
    return tuple(record if (old.step, old.phase) == place else old for old in steps)


def _nothing_yet(
    question: Question,
    circuits: dict[str, PhaseCircuits],
    chosen: Sequence[Step],
    options: AnalysisOptions,
) -> NonIdealityAnalysis:
    """The analysis before its first step."""
    q = question
    first = next(iter(circuits.values()))
    facts = _facts(q, first)
    names = [step.name for step in chosen]
    records = tuple(
        StepRecord(step.name, phase, State.NOT_REACHED if step.name in names else State.SKIPPED)
        for step in STEPS
        for phase in circuits
    )
    simulators = [Native(), q.reference] if q.checked else [Native()]
    return NonIdealityAnalysis(
        title=options.title or facts["network"],
        non_idealities=present(q.technology),
        phases=tuple(PhaseAnalysis(phase=phase, samples=len(q.inputs)) for phase in circuits),
        parts=parts_table(first.real.circuit),
        versions=versions(*simulators),
        classes=q.network.sizes[-1],
        labels=options.labels,
        steps=records,
        facts=facts | dict(options.facts),
    )


def _facts(question: Question, circuits: PhaseCircuits) -> dict[str, str]:
    q = question
    each = f"{counted(q.checked, 'sample')} of each phase"
    return {
        **circuit_facts(q.network, q.technology, circuits.real.scales),
        "non-idealities": ", ".join(present(q.technology)),
        "samples": str(len(q.inputs)),
        "seeds of random parts": f"{len(q.seeds)}, from {q.seeds[0]}",
        f"cross-checked by {q.reference.name}": each if q.checked else "no sample, as asked for",
    }

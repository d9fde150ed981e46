"""What do real parts do to this network?  Answered step by step, with a whole report after each."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.nonideality.results import RealPhase, RealVerification, State, StepRecord
from analog_pc.nonideality.steps import STEP_NAMES, STEPS, PhaseCircuits, Question, Step
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.text import counted
from analog_pc.si import si
from analog_pc.simulators import Native, Simulator
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present
from analog_pc.verification.parts import parts_of
from analog_pc.verification.phases import PHASES, check_phases
from analog_pc.verification.run import LIBRARIES

TIME_LIMIT = 60.0  # s; of one step in one phase


class Now(NamedTuple):
    """Where a verification is: step number `number` of `total`, and the seconds left, None if not known."""

    number: int
    total: int
    phase: str
    step: str
    doing: str
    left: float | None


Progress = Callable[[Now], None]
Listener = Callable[[RealVerification, StepRecord], None]


def verify_real(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    simulator: Simulator,
    *,
    labels: Ints | None = None,
    phases: Sequence[str] = PHASES,
    steps: Sequence[str] = STEP_NAMES,
    judged: int = 1,
    seeds: int = 3,
    seed: int = 0,
    time_limit: float | None = TIME_LIMIT,
    title: str = "",
    facts: dict[str, str] | None = None,
    progress: Progress = lambda _: None,
    listener: Listener = lambda *_: None,
) -> RealVerification:
    """What the non-idealities of a technology do to a network, on a batch of stimuli.

    Parameters
    ----------
    simulator
        Cross-checks the native simulator, which answers all the rest, on the first `judged` samples of each
        phase.
    labels
        True classes [samples]; None: predictions are compared with those of the ideal network alone.
    steps
        What to do, of `STEP_NAMES`; every step is done in all phases before the next one begins.
    seeds, seed
        Chips that every random non-ideality is drawn for, from this seed on; the first one is the circuit of
        all steps but the table.
    time_limit
        Seconds that one step may take in one phase before it returns what it has; None: no limit.
    progress
        Is told what is being done.
    listener
        Gets all that is known after every step, and the record of that step.

    Raises
    ------
    BadInput
        For a technology of ideal parts, an unknown phase or none, a learn phase without targets.
    SimulationFailed
        If the circuit of ideal parts has no operating point.
    """
    check_phases(phases, targets is not None)
    _check(technology, inputs, labels, judged, seeds, time_limit)
    question = Question(
        network=network,
        technology=technology,
        inputs=inputs,
        targets=targets,
        simulator=simulator,
        judged=judged,
        seeds=seeds,
        seed=seed,
    )
    native = Native(check_stability=False).limited(time_limit)
    circuits = {phase: PhaseCircuits(question, phase, native) for phase in dict.fromkeys(phases)}
    chosen = [step for step in STEPS if step.name in steps and (judged or step.name != "cross-check")]
    found = _nothing_yet(question, circuits, chosen, title, facts, labels)
    planned = [(step, phase) for step in chosen for phase in circuits]
    done: list[tuple[Step, float]] = []
    for number, (step, phase) in enumerate(planned, start=1):
        ahead = [later for later, _ in planned[number - 1 :]]
        now = Now(number, len(planned), phase, step.name, "", time_left(done, ahead))
        found, record = _do(found, step, circuits[phase], now, time_limit, progress)
        done.append((step, record.seconds))
        listener(found, record)
    return found


def time_left(done: Sequence[tuple[Step, float]], ahead: Sequence[Step]) -> float | None:
    """Seconds that the steps ahead take; None where nothing is known.

    A step that was done in another phase takes as long again: how its cost grows with the network is then
    known.  Of the others the usual share is, in the pace of those done.
    """
    if not done:
        return None
    pace = sum(seconds for _, seconds in done) / sum(step.share for step, _ in done)
    measured = {step.name: seconds for step, seconds in done}
    return sum(measured.get(step.name, pace * step.share) for step in ahead)


def _do(
    found: RealVerification,
    step: Step,
    circuits: PhaseCircuits,
    now: Now,
    time_limit: float | None,
    progress: Progress,
) -> tuple[RealVerification, StepRecord]:
    """One step in one phase: what is known then, and its record."""
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
    title: str,
    facts: dict[str, str] | None,
    labels: Ints | None,
) -> RealVerification:
    """The verification before its first step."""
    q = question
    first = next(iter(circuits.values()))
    described = _described(q, first)
    names = [step.name for step in chosen]
    records = tuple(
        StepRecord(step.name, phase, State.NOT_REACHED if step.name in names else State.SKIPPED)
        for step in STEPS
        for phase in circuits
    )
    asked = "cross-check" in names
    versions = {"Python": platform.python_version(), "native": Native().version()}
    versions |= {q.simulator.name: q.simulator.version()} if asked else {}
    versions |= {name: version(name) for name in LIBRARIES}
    return RealVerification(
        title=title or described["network"],
        non_idealities=present(q.technology),
        phases=tuple(RealPhase(phase=phase, samples=len(q.inputs)) for phase in circuits),
        parts=parts_of(first.real.circuit),
        versions=versions,
        classes=q.network.sizes[-1],
        labels=labels,
        steps=records,
        facts=described | (facts or {}),
    )


def _described(question: Question, circuits: PhaseCircuits) -> dict[str, str]:
    q = question
    scales = circuits.real.scales
    each = f"{counted(q.judged, 'sample')} of each phase"
    return {
        "network": "-".join(map(str, q.network.sizes)) + f" {q.network.activation}",
        "technology": f"{q.technology.name}: {q.technology.source}",
        "non-idealities": ", ".join(present(q.technology)),
        "volts per unit": scales.text(),
        "C / g_s": si(scales.seconds, "s"),
        "samples": str(len(q.inputs)),
        "seeds of random parts": f"{q.seeds}, from {q.seed}",
        f"cross-checked by {q.simulator.name}": each if q.judged else "no sample, as asked for",
    }


def _check(
    technology: Technology,
    inputs: Floats,
    labels: Ints | None,
    judged: int,
    seeds: int,
    time_limit: float | None,
) -> None:
    if not present(technology):
        raise BadInput(f"technology {technology.name!r} has no non-ideality: see verify_network")
    if judged < 0 or seeds < 1:
        raise BadInput(f"judged = {judged!r} and seeds = {seeds!r}: must be >= 0 and >= 1")
    if labels is not None and np.shape(labels) != (len(inputs),):
        raise BadInput(f"labels have shape {np.shape(labels)}, expected ({len(inputs)},)")
    if time_limit is not None and not time_limit > 0.0:
        raise BadInput(f"time_limit = {time_limit!r} s, must be > 0, or None for no limit")

"""Real against ideal parts: everything on, each non-ideality alone, and nothing on.

The reference is the circuit of ideal parts in the same scales, sample by sample.  The last row, nothing on,
is that reference itself against the equations: below it no deviation means anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.accuracy import NO_CLASS
from analog_pc.nonideality.results import EVERYTHING, NOTHING, Departure, Row
from analog_pc.pcn import Equilibrium, hebbian_update, relax
from analog_pc.pcn.equilibrium import take
from analog_pc.simulators import Native
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import RANDOM, present, with_only, without_non_idealities

CHECKED = 4  # samples whose modes are looked at: eigenvalues take 0.2 s each
MOST_STATES = 1200  # of a chip whose stability the table tells: eigenvalues of more take above ten seconds
SOLVED = (Outcome.CONVERGED, Outcome.SATURATED, Outcome.UNSTABLE)

Compile = Callable[[Technology, int], CompiledNetwork]
Progress = Callable[[str], None]


class Rows(NamedTuple):
    """The table of a phase, classes that the ideal network predicts [samples], and rows without time."""

    rows: tuple[Row, ...]
    ideal_classes: Ints
    missed: tuple[str, ...]


def rows(
    technology: Technology,
    phase: str,
    compile_with: Compile,
    seeds: int,
    seed: int,
    progress: Progress,
    native: Native,
    deadline: Deadline,
) -> Rows:
    """All rows of a phase that there is time for; `compile_with(technology, seed)` compiles every sample.

    The first chip with everything on, and nothing on, are always there.

    Raises
    ------
    SimulationFailed
        If the circuit of ideal parts, which everything is held against, has no operating point.
    """
    progress("circuit of ideal parts")
    base = compile_with(without_non_idealities(technology), seed)
    solution = native.simulate(base.circuit, base.operating_point())
    if not _solved(solution).all():
        raise SimulationFailed(f"phase {phase}: circuit of ideal parts: {solution.status}")
    ideal = base.decode(solution)
    found: list[Row] = []
    missed: list[str] = []
    for name in (EVERYTHING, *present(technology)):
        chips = seeds if (name in RANDOM or (name == EVERYTHING and RANDOM & set(present(technology)))) else 1
        built = technology if name == EVERYTHING else with_only(technology, name)
        departures: list[Departure] = []
        for k in range(chips):
            if deadline.passed and (found or departures):
                break
            progress(name + (f", chip {k + 1} of {chips}" if chips > 1 else ""))
            departures.append(departure(compile_with(built, seed + k), ideal, native))
        if departures:
            found.append(Row(phase, name, tuple(departures)))
        if len(departures) < chips:
            missed.append(f"{name} ({len(departures)} of {chips} chips)" if departures else name)
    exact = relax(base.network, clamps=base.clamps)
    found.append(Row(phase, NOTHING, (departure(base, exact, native),)))
    return Rows(tuple(found), _classes(base, exact, _solved(solution)), tuple(missed))


def departure(compiled: CompiledNetwork, ideal: Equilibrium, native: Native) -> Departure:
    """One circuit against an equilibrium of the same samples."""
    seed, samples = compiled.design.seed, compiled.clamps.samples
    try:
        solution = native.simulate(compiled.circuit, compiled.operating_point(every_node=True))
    except SimulationFailed as failure:
        nothing = {Outcome.NOT_CONVERGED.value: samples}
        lost = np.full(samples, NO_CLASS) if _has_classes(compiled) else np.empty(0, dtype=np.int64)
        return Departure(seed, np.nan, np.nan, np.nan, np.nan, nothing, 0, 0, str(failure), lost)
    solved = _solved(solution)
    each = solution.status.each(samples)
    outcomes = dict(Counter(outcome.value for outcome in each))
    checked, unstable = _unstable(compiled, solution, native)
    real = compiled.decode(solution)
    numbers = _numbers(compiled, take(real, solved), take(ideal, solved))
    return Departure(seed, *numbers, outcomes, checked, unstable, classes=_classes(compiled, real, solved))


def _has_classes(compiled: CompiledNetwork) -> bool:
    return not compiled.clamps.beyond_input and compiled.network.sizes[-1] > 1


def _classes(compiled: CompiledNetwork, found: Equilibrium, solved: Bools) -> Ints:
    """Predicted class of every sample, `NO_CLASS` where it is not solved; empty where there are none."""
    if not _has_classes(compiled):
        return np.empty(0, dtype=np.int64)
    return np.where(solved, found.output.argmax(axis=1), NO_CLASS)


def _solved(solution: Solution) -> Bools:
    return np.array([outcome in SOLVED for outcome in solution.status.each(len(solution.axis))])


def _unstable(compiled: CompiledNetwork, solution: Solution, native: Native) -> tuple[int, int]:
    """How many solved samples were looked at, and how many of them the circuit leaves by itself."""
    few = np.flatnonzero(_solved(solution))[:CHECKED]
    if not len(few) or native.model(compiled.circuit).n_states > MOST_STATES:
        return 0, 0
    stimuli = compiled.operating_point(few.tolist()).stimuli
    some = replace(solution, axis=solution.axis[few], volts=solution.volts[few], preset_volts=None)
    try:
        found = native.linearised(compiled.circuit, stimuli, some)
    except SimulationFailed:
        return 0, 0
    return len(found.looked_at), len(found.unstable)


def _numbers(
    compiled: CompiledNetwork, real: Equilibrium, ideal: Equilibrium
) -> tuple[float, float, float, float]:
    """rms, largest, same class, cosine."""
    if real.samples == 0:
        return np.nan, np.nan, np.nan, np.nan
    free = compiled.clamps.free
    apart = [(a - b)[:, f] for a, b, f in zip(real.activities, ideal.activities, free, strict=True)]
    moved = np.concatenate([a.ravel() for a in apart])
    full = max(float(np.abs(a).max()) for a in ideal.activities if a.size) or 1.0
    rms = float(np.sqrt(np.mean(moved**2))) / full if moved.size else np.nan
    largest = float(np.abs(moved).max()) / full if moved.size else np.nan
    if compiled.clamps.beyond_input:
        return rms, largest, np.nan, _cosine(_update(compiled, real), _update(compiled, ideal))
    several = real.output.shape[1] > 1  # one output has no classes
    same = real.output.argmax(axis=1) == ideal.output.argmax(axis=1)
    return rms, largest, float(same.mean()) if several else np.nan, np.nan


def _update(compiled: CompiledNetwork, equilibrium: Equilibrium) -> Floats:
    """All of the weight update, biases too where there are any."""
    update = hebbian_update(compiled.network, equilibrium)
    biases = update.biases if compiled.network.has_biases else ()
    return np.concatenate([np.ravel(part) for part in (*update.weights, *biases)])


def _cosine(a: Floats, b: Floats) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0.0 else np.nan

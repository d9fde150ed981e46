"""Real against ideal parts: everything on, each imperfection alone, and nothing on.

The reference is the circuit of ideal parts in the same scales, sample by sample.  The last row, nothing on,
is that reference itself against the equations: below it no deviation means anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.pcn import Equilibrium, hebbian_update, relax
from analog_pc.pcn.equilibrium import take
from analog_pc.simulators import Native
from analog_pc.technology import Technology
from analog_pc.technology.imperfections import RANDOM, alone, present, without_imperfections
from analog_pc.verify.real.results import Departure, Row

EVERYTHING, NOTHING = "everything on", "nothing on"
CHECKED = 4  # samples whose modes are looked at: eigenvalues take 0.2 s each
SOLVED = (Outcome.CONVERGED, Outcome.SATURATED, Outcome.UNSTABLE)

Compile = Callable[[Technology, int], CompiledNetwork]
Progress = Callable[[str], None]


def rows(
    technology: Technology, phase: str, compile_with: Compile, seeds: int, seed: int, progress: Progress
) -> tuple[Row, ...]:
    """All rows of a phase; `compile_with(technology, seed)` compiles it on every sample.

    Raises
    ------
    SimulationFailed
        If the circuit of ideal parts, which everything is held against, has no operating point.
    """
    progress(f"{phase}: circuit of ideal parts")
    base = compile_with(without_imperfections(technology), seed)
    solution = Native(check_stability=False).simulate(base.circuit, base.operating_point())
    if not _solved(solution).all():
        raise SimulationFailed(f"phase {phase}: circuit of ideal parts: {solution.status}")
    ideal = base.decode(solution)
    found = []
    for name in (EVERYTHING, *present(technology)):
        chips = seeds if (name in RANDOM or (name == EVERYTHING and RANDOM & set(present(technology)))) else 1
        built = technology if name == EVERYTHING else alone(technology, name)
        departures = []
        for k in range(chips):
            progress(f"{phase}: {name}" + (f", seed {seed + k}" if chips > 1 else ""))
            departures.append(departure(compile_with(built, seed + k), ideal))
        found.append(Row(phase, name, tuple(departures)))
    exact = relax(base.network, clamps=base.clamps)
    return (*found, Row(phase, NOTHING, (departure(base, exact),)))


def departure(compiled: CompiledNetwork, ideal: Equilibrium) -> Departure:
    """One circuit against an equilibrium of the same samples."""
    seed, samples = compiled.design.seed, compiled.clamps.samples
    try:
        solution = Native(check_stability=False).simulate(compiled.circuit, compiled.operating_point())
    except SimulationFailed as failure:
        nothing = {Outcome.NOT_CONVERGED.value: samples}
        return Departure(seed, np.nan, np.nan, np.nan, np.nan, nothing, 0, 0, str(failure))
    solved = _solved(solution)
    each = solution.status.each(samples)
    outcomes = dict(Counter(outcome.value for outcome in each))
    checked, unstable = _unstable(compiled)
    numbers = _numbers(compiled, take(compiled.decode(solution), solved), take(ideal, solved))
    return Departure(seed, *numbers, outcomes, checked, unstable)


def _solved(solution: Solution) -> Bools:
    return np.array([outcome in SOLVED for outcome in solution.status.each(len(solution.axis))])


def _unstable(compiled: CompiledNetwork) -> tuple[int, int]:
    """How many samples were looked at, and how many of them the circuit leaves by itself."""
    few = tuple(range(min(CHECKED, compiled.clamps.samples)))
    try:
        status = Native().simulate(compiled.circuit, compiled.operating_point(few)).status
    except SimulationFailed:
        return 0, 0
    looked_at = [outcome for outcome in status.each(len(few)) if outcome in SOLVED]
    return len(looked_at), looked_at.count(Outcome.UNSTABLE)


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

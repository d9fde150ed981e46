"""Non-ideality analysis: everything on, each non-ideality alone, and nothing on.

Each circuit is compared with the circuit of ideal parts in the same scales, sample by sample.  The last row,
nothing on, compares that circuit with the equations: a smaller deviation says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.nonideality.accuracy import NO_CLASS
from analog_pc.nonideality.results import EVERYTHING, NO_CLASSES, NOTHING, ChipDeviation, TableRow
from analog_pc.pcn import Equilibrium, hebbian_update, relax
from analog_pc.pcn.equilibrium import take
from analog_pc.simulators import Native
from analog_pc.simulators.native import Deadline
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import RANDOM, present, with_only, without_non_idealities

CHECKED = 4  # samples whose stability is checked: eigenvalues take 0.2 s each
MOST_STATES = 1200  # of a chip whose stability the table tells: eigenvalues of more take above ten seconds
AT_REST = (Outcome.CONVERGED, Outcome.SATURATED)
SOLVED = (*AT_REST, Outcome.UNSTABLE)

Compile = Callable[[Technology, int], CompiledNetwork]
Progress = Callable[[str], None]


class DeviationTable(NamedTuple):
    """The table of a phase, classes that the ideal network predicts [samples], rows that had no time."""

    rows: tuple[TableRow, ...]
    ideal_classes: Ints
    not_reached: tuple[str, ...]


def deviation_table(
    technology: Technology,
    phase: str,
    compile_with: Compile,
    seeds: Sequence[int],
    progress: Progress,
    native: Native,
    deadline: Deadline,
) -> DeviationTable:
    """All rows of a phase that there is time for.

    The first chip with everything on, and nothing on, are always there.

    Parameters
    ----------
    technology
        Real parts.
    phase
        Its name.
    compile_with
        ``compile_with(technology, seed)`` compiles every sample of the phase.
    seeds
        Of the chips that random parts are drawn for.
    progress
        Is told what is simulated.
    native
        The simulator.
    deadline
        No chip is begun after it.

    Raises
    ------
    SimulationFailed
        If the circuit of ideal parts, to which all are compared, has no operating point.
    """
    progress("circuit of ideal parts")
    base = compile_with(without_non_idealities(technology), seeds[0])
    solution = native.simulate(base.circuit, base.operating_point())
    if not _solved(solution).all():
        raise SimulationFailed(f"phase {phase}: circuit of ideal parts: {solution.status}")
    ideal = base.decode(solution)
    found: list[TableRow] = []
    not_reached: list[str] = []
    for name in (EVERYTHING, *present(technology)):
        built = technology if name == EVERYTHING else with_only(technology, name)
        drawn = seeds if RANDOM & set(present(built)) else seeds[:1]
        chips: list[ChipDeviation] = []
        for number, seed in enumerate(drawn, start=1):
            if deadline.passed and (found or chips):
                break
            progress(name + (f", chip {number} of {len(drawn)}" if len(drawn) > 1 else ""))
            chips.append(chip_deviation(compile_with(built, seed), ideal, native))
        if chips:
            found.append(TableRow(phase, name, tuple(chips)))
        if len(chips) < len(drawn):
            not_reached.append(f"{name} ({len(chips)} of {len(drawn)} chips)" if chips else name)
    exact = relax(base.network, clamps=base.clamps)
    found.append(TableRow(phase, NOTHING, (chip_deviation(base, exact, native),)))
    return DeviationTable(tuple(found), _classes(base, exact, _solved(solution)), tuple(not_reached))


def chip_deviation(compiled: CompiledNetwork, ideal: Equilibrium, native: Native) -> ChipDeviation:
    """Compare one circuit with an equilibrium of the same samples.

    Parameters
    ----------
    compiled
        The circuit of one chip.
    ideal
        What it is compared with.
    native
        The simulator.
    """
    seed = compiled.design.seed
    samples = compiled.clamps.samples
    try:
        solution = native.simulate(compiled.circuit, compiled.operating_point(every_node=True))
    except SimulationFailed as failure:
        return ChipDeviation(
            seed=seed,
            outcomes={Outcome.NOT_CONVERGED.value: samples},
            message=str(failure),
            classes=np.full(samples, NO_CLASS) if _has_classes(compiled) else NO_CLASSES,
        )
    solved = _solved(solution)
    solution, checked, unstable = _checked(compiled, solution, native)
    real = compiled.decode(solution)
    return ChipDeviation(
        seed=seed,
        outcomes=dict(Counter(outcome.value for outcome in solution.status.each(samples))),
        checked=checked,
        unstable=unstable,
        classes=_classes(compiled, real, solved),
        **_deviations(compiled, take(real, solved), take(ideal, solved)),
    )


def _has_classes(compiled: CompiledNetwork) -> bool:
    return not compiled.clamps.beyond_input and compiled.network.sizes[-1] > 1


def _classes(compiled: CompiledNetwork, found: Equilibrium, solved: Bools) -> Ints:
    """Predicted class of every sample, `NO_CLASS` where it is not solved; empty where there are none."""
    if not _has_classes(compiled):
        return NO_CLASSES
    return np.where(solved, found.output.argmax(axis=1), NO_CLASS)


def _solved(solution: Solution) -> Bools:
    return np.array([outcome in SOLVED for outcome in solution.status.each(len(solution.axis))])


def _checked(compiled: CompiledNetwork, solution: Solution, native: Native) -> tuple[Solution, int, int]:
    """The solution, how many solved samples were checked for stability, and how many are unstable.

    Without a check the simulator finds the operating point nearest to the start.  If the circuit leaves it,
    the flow from the start is followed to where the circuit does rest; only a sample in which it rests
    nowhere is unstable.
    """
    few = np.flatnonzero(_solved(solution))[:CHECKED]
    if not len(few) or native.model(compiled.circuit).n_states > MOST_STATES:
        return solution, 0, 0
    stimuli = compiled.operating_point(few.tolist()).stimuli
    some = replace(solution, axis=solution.axis[few], volts=solution.volts[few], preset_volts=None)
    try:
        found = native.linearised(compiled.circuit, stimuli, some)
    except SimulationFailed:
        return solution, 0, 0
    left = few[list(found.unstable)]
    if not len(left):
        return solution, len(found.looked_at), 0
    followed = native.with_options(check_stability=True).simulate(
        compiled.circuit, compiled.operating_point(left.tolist(), every_node=True)
    )
    rests = np.array([outcome in AT_REST for outcome in followed.status.each(len(left))])
    volts = solution.volts.copy()
    volts[left[rests]] = followed.volts[rests]
    return replace(solution, volts=volts), len(found.looked_at), int((~rests).sum())


def _deviations(compiled: CompiledNetwork, real: Equilibrium, ideal: Equilibrium) -> dict[str, Any]:
    """The numbers of a `ChipDeviation` that are defined here, by name."""
    if real.samples == 0:
        return {}
    free = compiled.clamps.free
    apart = [(a - b)[:, f].ravel() for a, b, f in zip(real.activities, ideal.activities, free, strict=True)]
    distance = np.concatenate(apart)
    full = max(float(np.abs(a).max()) for a in ideal.activities if a.size) or 1.0
    found: dict[str, Any] = {}
    if distance.size:
        found["rms"] = float(np.sqrt(np.mean(distance**2))) / full
        found["largest"] = float(np.abs(distance).max()) / full
    if compiled.clamps.beyond_input:
        found["cosine"] = _cosine(_update(compiled, real), _update(compiled, ideal))
    elif real.output.shape[1] > 1:  # one output has no classes
        same = real.output.argmax(axis=1) == ideal.output.argmax(axis=1)
        found["same_class"] = float(same.mean())
    return found


def _update(compiled: CompiledNetwork, equilibrium: Equilibrium) -> Floats:
    """All of the weight update, biases too where there are any."""
    update = hebbian_update(compiled.network, equilibrium)
    biases = update.biases if compiled.network.has_biases else ()
    return np.concatenate([np.ravel(part) for part in (*update.weights, *biases)])


def _cosine(a: Floats, b: Floats) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0.0 else np.nan

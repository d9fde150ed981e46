"""What a memory makes of a cue on a relaxer: at rest, after a while, and how fast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.modes import mode_rates
from analog_pc.experiments.framework.trajectory import trajectory
from analog_pc.experiments.salvatori2021.baselines import hopfield, pseudo_inverse, signs
from analog_pc.experiments.salvatori2021.hierarchical import NAMES, HierarchicalMemory
from analog_pc.experiments.salvatori2021.patterns import Cue, completion_error, nearest_is_right
from analog_pc.experiments.salvatori2021.recurrent import POPULATION, Completion, RecurrentMemory
from analog_pc.relaxers import Relaxer

SETTLED = (1.0, 4.0)  # of 1 / lambda_min: between these times the decay of the slowest mode is measured
SHOWN_FOR = 6.0  # of 1 / lambda_min: how long the waveform is that the figure shows
FRAMES = 49


def complete(
    relaxer: Relaxer, memory: RecurrentMemory, problem: Completion, recalled_for: float
) -> Mapping[str, Floats]:
    """A recurrent memory and a cue on a relaxer.

    Parameters
    ----------
    relaxer
        Ideal, or a circuit of any simulator.
    memory, problem
        The memory, and the linear problem of the cue.
    recalled_for
        C / g_s; 0: nothing is recalled but the equilibrium.

    Returns
    -------
    dict
        Of numbers: ``answered``, the share of patterns whose equilibrium the relaxer stands by; where the cue
        determines it ``rest``, its mean squared error, and ``oracle``, its deviation from the linear solve;
        ``recalled`` and ``nearest`` after a while from the mean; ``slowest``, a rate.
    """
    shown = problem.shown
    clamps = {POPULATION: shown.clamp}
    equilibrium = relaxer.relax(memory.graph, clamps=clamps)
    found = {"answered": np.array(equilibrium.relaxation.converged.mean())}
    if not problem.undetermined:
        rest = equilibrium.activities[0]
        found["rest"] = np.array(completion_error(rest, shown).mean())
        found["oracle"] = np.array(np.abs(rest - problem.at(np.inf)).max())
    if recalled_for:
        times = np.array([0.0, recalled_for])
        late = trajectory(relaxer, memory.graph, clamps, {POPULATION: memory.mean}, times)[POPULATION][-1]
        found["recalled"] = np.array(completion_error(late, shown).mean())
        found["nearest"] = np.array(nearest_is_right(late, shown.patterns).mean())
    modes = mode_rates(relaxer, memory.graph, clamps)
    if modes is not None:
        found["slowest"] = np.array(modes[0])
    return found


def settle(
    relaxer: Relaxer, memory: RecurrentMemory, problem: Completion, pattern: int
) -> Mapping[str, Floats]:
    """A pattern that completes itself, as a waveform.

    Returns
    -------
    dict
        ``times`` [frames] in C / g_s, denser at first; ``pixels`` [frames, 64]; ``distance`` [frames] from
        the linear solve, root mean square of the missing pixels; ``rate``, at which the slowest mode decays.
    """
    shown = problem.shown
    one = Cue(shown.known, shown.patterns[pattern : pattern + 1])
    frames = SHOWN_FOR / problem.slowest * np.linspace(0.0, 1.0, FRAMES) ** 2
    ends = np.array(SETTLED) / problem.slowest
    times = np.union1d(frames, ends)
    start = {POPULATION: memory.mean}
    path = trajectory(relaxer, memory.graph, {POPULATION: one.clamp}, start, times)[POPULATION][:, 0]
    away = (path - problem.at(np.inf)[pattern])[:, shown.free]
    along = np.abs(away @ problem.modes[:, 0])[np.isin(times, ends)]
    shown_at = np.isin(times, frames)
    return {
        "times": times[shown_at],
        "pixels": path[shown_at],
        "distance": np.sqrt((away[shown_at] ** 2).mean(axis=1)),
        "rate": np.array(np.log(along[0] / along[1]) / (ends[1] - ends[0])),
    }


def beside(shown: Cue) -> Mapping[str, Floats]:
    """The memories beside, and the mean image, on the same cue."""
    inverse = pseudo_inverse(shown)
    binary = hopfield(shown)
    mean = np.where(shown.free, shown.patterns.mean(axis=0), shown.patterns)
    return {
        "pseudo-inverse": np.array(completion_error(inverse, shown).mean()),
        "pseudo-inverse nearest": np.array(nearest_is_right(inverse, shown.patterns).mean()),
        "hopfield nearest": np.array(nearest_is_right(binary, signs(shown.patterns)).mean()),
        "mean image": np.array(completion_error(mean, shown).mean()),
    }


def recall(relaxer: Relaxer, memory: HierarchicalMemory, shown: Cue, duration: float) -> Mapping[str, Floats]:
    """A hierarchical memory and a cue: from the prior for a while.

    Returns
    -------
    dict
        ``pixels`` [patterns, 64] at the end; ``energy`` [times, patterns] along the way.
    """
    start = dict(zip(NAMES, (x[0] for x in memory.at_prior), strict=True))
    times = duration * np.linspace(0.0, 1.0, FRAMES) ** 2
    path = trajectory(relaxer, memory.graph, {NAMES[-1]: shown.clamp}, start, times)
    pixels = path[NAMES[-1]]
    return {"pixels": pixels[-1], "energy": memory.energy(tuple(path[name] for name in NAMES))}

"""The recurrent memory on real parts: how many patterns wires, offsets and few levels leave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.real_parts import PARTS, chips
from analog_pc.experiments.salvatori2021.patterns import completion_error, cue, digits, nearest_is_right
from analog_pc.experiments.salvatori2021.recurrent import POPULATION, store


def capacity(
    numbers: tuple[int, ...], drawn: int, seed: int, learning: tuple[int, float]
) -> Mapping[str, Floats]:
    """Completions from the upper half on compiled circuits of every kind of `PARTS`.

    Parameters
    ----------
    numbers
        Of patterns stored.
    drawn
        Chips of each kind; one where nothing is random.
    seed
        Of the patterns.
    learning
        Updates and rate of the local rule.

    Returns
    -------
    dict
        Parts -> mean squared error of the missing pixels, [chips, numbers], and ``"nearest " + parts`` -> the
        share of completions that are nearest to their own pattern.
    """
    errors: dict[str, list[list[float]]] = {parts: [] for parts in PARTS}
    nearest: dict[str, list[list[float]]] = {parts: [] for parts in PARTS}
    for number in numbers:
        patterns = digits(number, seed)
        graph = store(patterns, *learning).graph
        shown = cue(patterns, "half")
        for parts in PARTS:
            relaxed = [r.relax(graph, clamps={POPULATION: shown.clamp}) for r in chips(parts, drawn)]
            found = [equilibrium.activities[0] for equilibrium in relaxed]
            errors[parts].append([float(completion_error(x, shown).mean()) for x in found])
            nearest[parts].append([float(nearest_is_right(x, patterns).mean()) for x in found])
    return {
        **{parts: np.array(each).T for parts, each in errors.items()},
        **{f"nearest {parts}": np.array(each).T for parts, each in nearest.items()},
    }

"""The recurrent memory on real parts: how many patterns wires, offsets and few levels leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.salvatori2021.patterns import completion_error, cue, digits, nearest_is_right
from analog_pc.experiments.salvatori2021.recurrent import POPULATION, store
from analog_pc.relaxers import CircuitRelaxer
from analog_pc.simulators import Native
from analog_pc.technology import Technology, technology
from analog_pc.technology.non_idealities import (
    RANDOM,
    present,
    with_only,
    without,
    without_non_idealities,
)

BASE = "cmos65-rram"
LEVELS = 32  # 5 bit
PARTS = ("ideal parts", "wires", "offsets", "5 bit", "all")
# What makes a circuit nonlinear is left out of "all": a hundred times slower, and signals stay far below
# saturation; so is what moves no rest.
LEFT_OUT = ("device I-V", "saturation", "bandwidth and slew", "activation spread")


def real_parts(parts: str) -> Technology:
    """65 nm CMOS and RRAM with nothing but the non-ideality named; "all": its own linear ones and 5 bit."""
    base = technology(BASE)
    if parts == "all":
        for name in LEFT_OUT:
            base = without(base, name)
        return replace(base, levels=LEVELS)
    if parts == "5 bit":
        return replace(without_non_idealities(base), levels=LEVELS)
    names = {"wires": "wire resistance", "offsets": "offset"}
    return with_only(base, names[parts]) if parts in names else without_non_idealities(base)


def capacity(
    numbers: tuple[int, ...], chips: int, seed: int, learning: tuple[int, float]
) -> Mapping[str, Floats]:
    """Completions from the upper half on compiled circuits of every kind of `PARTS`.

    Parameters
    ----------
    numbers
        Of patterns stored.
    chips
        Seeds of the technology; one where nothing is random.
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
    technologies = {parts: real_parts(parts) for parts in PARTS}
    drawn = {p: chips if RANDOM & set(present(t)) else 1 for p, t in technologies.items()}
    errors = {parts: np.empty((drawn[parts], len(numbers))) for parts in PARTS}
    nearest = {f"nearest {parts}": np.empty((drawn[parts], len(numbers))) for parts in PARTS}
    for k, number in enumerate(numbers):
        patterns = digits(number, seed)
        graph = store(patterns, *learning).graph
        shown = cue(patterns, "half")
        for parts, of in technologies.items():
            for chip in range(drawn[parts]):
                relaxer = CircuitRelaxer(Native(), of, chip)
                found = relaxer.relax(graph, clamps={POPULATION: shown.clamp}).activities[0]
                errors[parts][chip, k] = completion_error(found, shown).mean()
                nearest[f"nearest {parts}"][chip, k] = nearest_is_right(found, patterns).mean()
    return {**errors, **nearest}

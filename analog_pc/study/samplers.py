"""Samplers: which combinations of the axes' values are evaluated, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.stats import qmc

from analog_pc.errors import BadInput
from analog_pc.study.axes import Axis
from analog_pc.study.point import Values
from analog_pc.study.seeds import SAMPLER, generator

MOST = 1 << 30  # points of a study


def grid(axes: Sequence[Axis], count: int, seed: int) -> Iterator[Values]:
    """Every combination, the last axis fastest."""
    values = [axis.grid for axis in axes]
    sizes = [len(one) for one in values]
    for number in range(count):
        chosen = np.unravel_index(number, sizes) if sizes else ()
        yield {axis.name: one[int(k)] for axis, one, k in zip(axes, values, chosen, strict=True)}


def listed(axes: Sequence[Axis], count: int, seed: int) -> Iterator[Values]:
    """The first value of every axis, then the second of every axis, ..."""
    values = [axis.grid for axis in axes]
    for number in range(count):
        yield {axis.name: one[number] for axis, one in zip(axes, values, strict=True)}


def sobol(axes: Sequence[Axis], count: int, seed: int) -> Iterator[Values]:
    """Scrambled Sobol sequence (`scipy.stats.qmc.Sobol`); balanced where the count is a power of 2."""
    sequence = qmc.Sobol(len(axes), scramble=True, seed=generator(seed, SAMPLER))
    for _ in range(count):
        yield _at(axes, sequence.random(1)[0])


def latin_hypercube(axes: Sequence[Axis], count: int, seed: int) -> Iterator[Values]:
    """Each of `count` equal parts of every axis is hit once (`scipy.stats.qmc.LatinHypercube`)."""
    for shares in qmc.LatinHypercube(len(axes), seed=generator(seed, SAMPLER)).random(count):
        yield _at(axes, shares)


def _at(axes: Sequence[Axis], shares: Sequence[float]) -> Values:
    return {axis.name: axis.at(float(share)) for axis, share in zip(axes, shares, strict=True)}


SAMPLERS: Mapping[str, Callable[[Sequence[Axis], int, int], Iterator[Values]]] = {
    "grid": grid,
    "list": listed,
    "sobol": sobol,
    "latin-hypercube": latin_hypercube,
}
DRAWN = ("sobol", "latin-hypercube")


def combinations(sampler: str, axes: Sequence[Axis], points: int) -> int:
    """How many combinations of the axes a sampler gives.

    Parameters
    ----------
    sampler
        Of `SAMPLERS`.
    axes
        Of the study.
    points
        Asked for, where the sampler draws; 0 elsewhere.

    Raises
    ------
    BadInput
        For lists of different lengths, drawn points without a number, or a number where the axes say it.
    """
    if sampler not in SAMPLERS:
        raise BadInput(f"unknown sampler {sampler!r}, use one of {', '.join(SAMPLERS)}")
    if sampler in DRAWN:
        if not axes:
            raise BadInput(f"sampler {sampler!r}: there is no axis to draw points on")
        if not 1 <= points <= MOST:
            raise BadInput(f"sampler {sampler!r}: points = {points!r}, must be from 1 to {MOST}")
        return points
    if points:
        raise BadInput(f"sampler {sampler!r}: the axes say how many points there are, leave out points")
    sizes = [len(axis.grid) for axis in axes]
    if sampler == "list":
        if len(set(sizes)) > 1:
            told = ", ".join(f"{axis.name} {size}" for axis, size in zip(axes, sizes, strict=True))
            raise BadInput(f"sampler 'list': axes have different numbers of values: {told}")
        return sizes[0] if sizes else 1
    total = 1
    for size in sizes:
        total *= size
    if total > MOST:
        raise BadInput(f"sampler 'grid': {total} combinations, at most {MOST}")
    return total

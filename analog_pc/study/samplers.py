"""Samplers: which combinations of the axes' values are evaluated, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.stats import qmc

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.study.axes import Axis
from analog_pc.study.point import Values
from analog_pc.study.seeds import SAMPLER, generator

SALTELLI = "saltelli"
NSGA2 = "nsga2"
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


def saltelli(axes: Sequence[Axis], count: int, seed: int) -> Iterator[Values]:
    """Two Sobol samples A and B, and A with each column of B: what Sobol indices are estimated from.

    In the order A[i], A[i] with column 1, ..., d of B[i], B[i] for each i (Saltelli 2010, radial sampling).
    """
    sequence = qmc.Sobol(2 * len(axes), scramble=True, seed=generator(seed, SAMPLER))
    for _ in range(count // (len(axes) + 2)):
        first, second = np.split(sequence.random(1)[0], 2)
        yield _at(axes, first)
        for column in range(len(axes)):
            mixed = first.copy()
            mixed[column] = second[column]
            yield _at(axes, mixed)
        yield _at(axes, second)


def searched(axes: Sequence[Axis], count: int, seed: int) -> Iterator[Values]:
    """`BadInput`: candidates of a search follow from what earlier ones measured, see `search.py`."""
    raise BadInput(f"sampler {NSGA2!r}: chooses by what was measured: run it by search_study")


def _at(axes: Sequence[Axis], shares: Floats) -> Values:
    return {axis.name: axis.at(float(share)) for axis, share in zip(axes, shares, strict=True)}


SAMPLERS: Mapping[str, Callable[[Sequence[Axis], int, int], Iterator[Values]]] = {
    "grid": grid,
    "list": listed,
    "sobol": sobol,
    "latin-hypercube": latin_hypercube,
    SALTELLI: saltelli,
    NSGA2: searched,
}
DRAWN = ("sobol", "latin-hypercube", SALTELLI, NSGA2)


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
        if sampler == SALTELLI and points % (len(axes) + 2):
            raise BadInput(
                f"sampler 'saltelli': points = {points!r}, must be a multiple of {len(axes) + 2}, the number "
                "of axes and 2, best by a power of 2"
            )
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

"""Random graphs with everything that a graph may have, and random clamps of them."""

from __future__ import annotations

import numpy as np

from analog_pc.activations import ACTIVATIONS
from analog_pc.arrays import Masked
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection

SAMPLES = 2


def random_graph(seed: int, *, symmetric: bool = False) -> tuple[PredictiveCodingGraph, dict[str, Masked]]:
    """One to four populations of one to four units, cycles and self-projections among them; two samples.

    Parameters
    ----------
    seed
        Draws everything.
    symmetric
        Whether all feedback is the transpose, so that the flow goes downhill in E.
    """
    rng = np.random.default_rng(seed)
    populations = [_population(f"p{k}", rng) for k in range(int(rng.integers(1, 5)))]
    projections = [
        _projection(f"j{k}", populations, rng, symmetric)
        for k in range(int(rng.integers(1, 2 * len(populations) + 1)))
    ]
    return PredictiveCodingGraph(populations, projections), _clamps(populations, rng)


def _population(name: str, rng: np.random.Generator) -> Population:
    n = int(rng.integers(1, 5))
    root = rng.normal(size=(n, n))
    precision = [
        float(rng.uniform(0.3, 3.0)),
        rng.uniform(0.3, 3.0, size=n),
        0.5 * np.eye(n) + 0.3 * (root @ root.T + (root @ root.T).T),
    ][int(rng.integers(3))]
    leak = [0.0, float(rng.uniform(0.1, 1.0)), rng.uniform(0.0, 1.0, size=n)][int(rng.integers(3))]
    return Population(
        name=name,
        size=n,
        activation=str(rng.choice(list(ACTIVATIONS))),
        precision=precision,
        leak=leak,
        prior=rng.normal(size=n) if rng.random() < 0.5 else 0.0,
    )


def _projection(
    name: str, populations: list[Population], rng: np.random.Generator, symmetric: bool
) -> Projection:
    source = populations[int(rng.integers(len(populations)))]
    target = populations[int(rng.integers(len(populations)))]
    shape = (target.size, source.size)
    weight = rng.normal(size=shape) * rng.uniform(0.1, 1.0) / np.sqrt(source.size)
    kind = "dense"
    if source.size == target.size and source is not target and rng.random() < 0.4:
        kind = "identity"
    elif rng.random() < 0.2:
        kind = "block"
        weight = weight * (rng.random(shape) < 0.6)
    feedback = "transpose"
    if not symmetric and rng.random() < 0.3:
        feedback = "none" if rng.random() < 0.5 else weight + 0.2 * rng.normal(size=shape)
    gain = None
    if rng.random() < 0.25:
        owner = populations[int(rng.integers(len(populations)))]
        gain = (owner.name, int(rng.integers(owner.size)))
    return Projection(
        source=source.name,
        target=target.name,
        weight=None if kind == "identity" else weight,
        bias=0.3 * rng.normal(size=target.size) if rng.random() < 0.4 else None,
        feedback=feedback,
        kind=kind,
        gain=gain,
        name=name,
    )


def _clamps(populations: list[Population], rng: np.random.Generator) -> dict[str, Masked]:
    """Each unit is clamped with probability a half, and at least one is."""
    free = [rng.random(p.size) < 0.5 for p in populations]
    if all(mask.all() for mask in free):
        free[0][0] = False
    return {
        p.name: np.ma.masked_array(rng.normal(size=(SAMPLES, p.size)), mask=np.tile(mask, (SAMPLES, 1)))
        for p, mask in zip(populations, free, strict=True)
    }

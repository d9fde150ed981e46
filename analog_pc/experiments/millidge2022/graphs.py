"""Computation graphs with inputs and targets, their exact gradients, and residual chains.

::

    chain    x - a - b - y            skip     x - a - b - y        diamond        .- b -.
                                                    '-----'              x - a -<         >- d - y
    rnn      x0   x1   ...   x5                                                    '- c -'-------'  and a - y
             h0 - h1 - ... - h5 - y   one matrix for all h - h, one for all x - h
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection, ProjectionUpdate

SAMPLES = 3
IMAGINARY = 1e-40  # a complex step: no difference is taken, so that the derivative is exact to rounding
STEPS = 6  # of the recurrent network
WIDTH = 32  # of residual chains
KINDS = ("plain", "half", "residual", "mupc")

_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {"identity": lambda x: x, "tanh": np.tanh}


class System(NamedTuple):
    """A computation graph, its inputs and targets, and which projections share one matrix (by its name)."""

    graph: PredictiveCodingGraph
    clamps: Mapping[str, Floats]
    shared: Mapping[str, str]


def systems(seed: int) -> dict[str, System]:
    """The four graphs, with random weights and data of a seed."""
    sizes = {"x": 5, "a": 7, "b": 6, "y": 4}
    diamond = {"x": 5, "a": 7, "b": 6, "c": 5, "d": 6, "y": 4}
    inputs = {f"x{t}": 3 for t in range(STEPS)}
    hidden = {f"h{t}": 8 for t in range(STEPS)}
    recurrent = [
        *((f"x{t}", f"h{t}") for t in range(STEPS)),
        *((f"h{t - 1}", f"h{t}") for t in range(1, STEPS)),
        (f"h{STEPS - 1}", "y"),
    ]
    return {
        "chain": _system(sizes, [("x", "a"), ("a", "b"), ("b", "y")], seed),
        "skip": _system(sizes, [("x", "a"), ("a", "b"), ("b", "y"), ("a", "y")], seed),
        "diamond": _system(
            diamond,
            [("x", "a"), ("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "y"), ("c", "y"), ("a", "y")],
            seed,
        ),
        "rnn": _system({**inputs, **hidden, "y": 2}, recurrent, seed, recurrent=True),
    }


def _system(
    sizes: Mapping[str, int], pairs: list[tuple[str, str]], seed: int, *, recurrent: bool = False
) -> System:
    """tanh, but raw inputs; weights of Xavier, biases of 0.1, precision 1."""
    rng = np.random.default_rng(seed)
    populations = [
        Population(name=name, size=size, activation="identity" if name[0] == "x" else "tanh")
        for name, size in sizes.items()
    ]
    shared: dict[str, str] = {}
    weights: dict[str, tuple[Floats, Floats]] = {}
    projections = []
    for source, target in pairs:
        name = f"{source}->{target}"
        matrix = f"{source[0]}->{target[0]}" if recurrent else name
        if matrix not in weights:
            limit = np.sqrt(6.0 / (sizes[source] + sizes[target]))
            bias = 0.1 * rng.normal(size=sizes[target])
            weights[matrix] = (rng.uniform(-limit, limit, (sizes[target], sizes[source])), bias)
        shared[name] = matrix
        weight, bias = weights[matrix]
        projections.append(Projection(source=source, target=target, weight=weight, bias=bias))
    clamps = {n: rng.normal(size=(SAMPLES, size)) for n, size in sizes.items() if n[0] in "xy"}
    return System(PredictiveCodingGraph(populations, projections), clamps, shared)


def exact_gradient(system: System) -> dict[str, Floats]:
    """-d loss / dW of each matrix by complex steps through a forward pass, {matrix: [post, pre]}."""
    weights = {p.name: np.array(p.W, dtype=complex) for p in system.graph.projections}
    found = {}
    for matrix in dict.fromkeys(system.shared.values()):
        copies = [name for name, of in system.shared.items() if of == matrix]
        out = np.zeros(weights[copies[0]].shape)
        for where in np.ndindex(out.shape):
            for name in copies:
                weights[name][where] += 1j * IMAGINARY
            out[where] = -_loss(system, weights).imag / IMAGINARY
            for name in copies:
                weights[name][where] = weights[name][where].real
        found[matrix] = out
    return found


def _loss(system: System, weights: Mapping[str, Any]) -> complex:
    """1/2 sum |target - output|^2 of a forward pass that knows nothing of predictive coding."""
    graph = system.graph
    x: dict[str, Any] = {}
    for v in graph.order:
        name = graph.names[v]
        incoming = [p for p in graph.projections if p.target == name]
        x[name] = system.clamps[name] if not incoming else 0.0
        for p in incoming:
            seen = _FUNCTIONS[graph.population(p.source).activation](x[p.source])
            x[name] = x[name] + seen @ weights[p.name].T + p.b
    return complex((0.5 * (system.clamps["y"] - x["y"]) ** 2).sum())


def by_matrix(system: System, update: Mapping[str, ProjectionUpdate]) -> dict[str, Floats]:
    """Updates of the matrices: sums over the projections that share one."""
    found: dict[str, Floats] = {}
    for name, matrix in system.shared.items():
        found[matrix] = found.get(matrix, 0.0) + update[name].weight
    return found


def largest_error(found: Mapping[str, Floats], exact: Mapping[str, Floats]) -> float:
    """Largest of |dW - exact| / |exact| over the matrices (Frobenius' norm)."""
    return max(
        float(np.linalg.norm(found[matrix] - gradient) / np.linalg.norm(gradient))
        for matrix, gradient in exact.items()
    )


def smallest_cosine(found: Mapping[str, Floats], exact: Mapping[str, Floats]) -> float:
    """Smallest cosine of the angle between dW and the exact gradient, over the matrices."""
    return min(
        float((found[matrix] * gradient).sum() / (np.linalg.norm(found[matrix]) * np.linalg.norm(gradient)))
        for matrix, gradient in exact.items()
    )


def residual_chain(hidden: int, kind: str, seed: int) -> PredictiveCodingGraph:
    """A linear chain of `hidden` populations between input and output, all of `WIDTH` units.

    ::

        plain     mu = W x           W Gaussian, of variance 1 / width
        half      mu = W x / 2
        residual  mu = x + W x       an identity projection beside the dense one
        mupc      mu = x + W x / sqrt(hidden)      as Innocenti et al. 2025 scale it

    Parameters
    ----------
    hidden
        Number of hidden populations.
    kind
        One of `KINDS`.
    seed
        Of the weights.
    """
    rng = np.random.default_rng(seed)
    scale = {"half": 0.5, "mupc": 1.0 / np.sqrt(hidden)}.get(kind, 1.0)
    names = [f"p{k}" for k in range(hidden + 2)]
    projections = []
    for source, target in pairwise(names):
        weight = scale * rng.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH)
        projections.append(Projection(source=source, target=target, weight=weight))
        if kind in ("residual", "mupc"):
            projections.append(
                Projection(source=source, target=target, kind="identity", name=f"{source}=>{target}")
            )
    return PredictiveCodingGraph([Population(name=name, size=WIDTH) for name in names], projections)

"""Reverse differentiation of computation graphs by predictive coding, exact and in a circuit.

Four graphs (chain, skip, diamond, a recurrent network whose last output has a target) with the same question:
is the update of predictive coding the gradient of backpropagation?

1. Fixed prediction (errors relax, activities stay), on any graph: exactly.
2. Z-IL (synchronous steps; weights learn as the error arrives): exactly, if every projection goes up by one
   level.  A skip brings a part of the error too early; identity populations on it (levelling) delay it.
3. A relaxing circuit without clock, written t after the target is released: errors arrive as
   (t / tau)^k / k!, k the number of projections on their path.  The first to arrive is the shortest path
   alone; with levels all paths arrive together, and an early write is the gradient.  Measured on transients
   of the compiled graph, with errors computed from its activities.

What identity skips cost: the slowest mode lambda_min (settling takes 1 / lambda_min, tau = C / g_s) of chains
with and without them.  Nothing is published of these numbers; gradients are complex steps through a forward
pass, which share no code with predictive coding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Rates
from analog_pc.experiments.framework.modes import mode_rates
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.framework.trajectory import trajectory
from analog_pc.experiments.millidge2022.figures.reverse_differentiation import (
    ALIGNED,
    DELAYS,
    LEVELLED,
    SETTLING,
    draw,
)
from analog_pc.experiments.millidge2022.graphs import (
    KINDS,
    WIDTH,
    System,
    by_matrix,
    exact_gradient,
    largest_error,
    residual_chain,
    smallest_cosine,
    systems,
)
from analog_pc.pcn import (
    PredictiveCodingGraph,
    ProjectionUpdate,
    Relaxation,
    graph_update,
    levelled,
    make_clamps,
    relax,
    zero_divergence_update,
)
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.relaxers import IdealRelaxer, Relaxer

SOURCE = (
    "Millidge, Tschantz, Buckley, Neural Computation 34:1329 (2022); levels: Salvatori, Song, Xu, "
    "Lukasiewicz, Bogacz, AAAI (2022); scale of residual chains (muPC): Innocenti et al. (2025)"
)
EXACT = 1e-12
VISIBLE = 0.01  # an update that is wrong by more than this is wrong
WINDOWED = "skip"  # the graph that is written early in a circuit
OUTPUTS = ("clamped", "free")

# Cosines of circuits whose amplifiers have a gain of 1e9: errors are read 1e-8 of the activities, and are
# t^2 / 2 of them at the deepest, 5e-5 at the earliest delay.
ALIGNMENT = 1e-3
MODES = 1e-4  # g_s / C: circuits of ideal parts, as `AGREEMENT`

BEYOND = quantity("share of unlevelled skips and diamonds whose update is wrong by more than 1 %")
SLOWER = quantity("share of depths at which identity skips settle slower than none")
SMALLER = quantity("share of depths at which half the weights settle fastest, output clamped")


@dataclass(frozen=True)
class Config:
    """`seeds` draws of the graphs and of the residual chains; `delays` of an early write, in C / g_s.

    `hidden`: depths of residual chains; `circuits`: depths of those that are compiled, of the first draw.
    """

    seeds: Count = 3
    delays: Rates = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    hidden: Counts = (2, 4, 8)
    circuits: Counts = (2, 4)


def inference_error(graph: str, levels: str) -> Quantity:
    return quantity("largest error of Z-IL's update of a matrix, relative", graph=graph, levels=levels)


def fixed_error(graph: str) -> Quantity:
    return quantity("largest error of fixed prediction's update of a matrix, relative", graph=graph)


def aligned(levels: str, delay: float) -> Quantity:
    return ALIGNED.at(levels=levels, t=delay)


def slowest(kind: str, hidden: int, output: str) -> Quantity:
    return SETTLING.at(chain=kind, hidden=hidden, output=output)


def slowest_of_one(kind: str, hidden: int, output: str) -> Quantity:
    return quantity("slowest mode, g_s / C, first draw", chain=kind, hidden=hidden, output=output)


def gain(hidden: int) -> Quantity:
    return quantity("slowest mode, muPC over plain, output clamped", hidden=hidden)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Backpropagation's column has fixed prediction; circuits have early writes and modes."""
    if relaxer.backpropagates:
        return Outcome(_fixed_prediction(config, relaxer))
    values, arrays = _early_writes(config, relaxer)
    values |= _modes(config, relaxer, config.circuits, 1, slowest_of_one)
    if isinstance(relaxer, IdealRelaxer):
        names = [f"seed {k}" for k in range(config.seeds)]
        parts = cache.compute(names, lambda name: _inference(int(name.split()[-1])))
        values |= _over_seeds(parts)
        means = _modes(config, relaxer, config.hidden, config.seeds, slowest)
        values |= means | _orders(config, means)
        arrays |= {quantity("depths"): np.array(config.hidden)}
        for kind in KINDS:
            for output in OUTPUTS:
                found = [means[slowest(kind, hidden, output)] for hidden in config.hidden]
                arrays[SETTLING.at(chain=kind, output=output)] = np.array(found)
    notes = (
        "Identity skips alone make a circuit slower, whether its output is clamped or free; the scale "
        "1 / sqrt(L) of muPC more than makes up for them while the output is clamped, and small weights "
        "settle fastest.",
    )
    return Outcome(values, arrays, notes)


def _fixed_prediction(config: Config, relaxer: Relaxer) -> dict[Quantity, float]:
    values: dict[Quantity, float] = {}
    for seed in range(config.seeds):
        for name, system in systems(seed).items():
            found = graph_update(system.graph, relaxer.relax(system.graph, clamps=system.clamps))
            error = largest_error(by_matrix(system, found), exact_gradient(system))
            values[fixed_error(name)] = max(error, values.get(fixed_error(name), 0.0))
    return values


def _inference(seed: int) -> Mapping[str, Array]:
    """Errors of Z-IL's updates: [graphs], levelled and not."""
    found: dict[str, list[float]] = {levels: [] for levels in LEVELLED}
    for system in systems(seed).values():
        exact = exact_gradient(system)
        for levels in LEVELLED:
            graph = _with_levels(system.graph, levels)
            update = zero_divergence_update(graph, system.clamps)
            found[levels].append(largest_error(by_matrix(system, update), exact))
    return {levels: np.array(errors) for levels, errors in found.items()}


def _with_levels(graph: PredictiveCodingGraph, levels: str) -> PredictiveCodingGraph:
    return levelled(graph) if levels == "levelled" else graph


def _over_seeds(parts: Sequence[Mapping[str, Array]]) -> dict[Quantity, float]:
    """The largest error of a levelled graph, the smallest of one that is not."""
    names = list(systems(0))
    values: dict[Quantity, float] = {}
    for k, name in enumerate(names):
        values[inference_error(name, "levelled")] = max(float(part["levelled"][k]) for part in parts)
        values[inference_error(name, "as drawn")] = min(float(part["as drawn"][k]) for part in parts)
    wrong = [part["as drawn"][names.index(name)] > VISIBLE for part in parts for name in ("skip", "diamond")]
    values[BEYOND] = float(np.mean(wrong))
    return values


def _early_writes(config: Config, relaxer: Relaxer) -> tuple[dict[Quantity, float], dict[Quantity, Array]]:
    """Cosines of early writes with the gradient, levelled and not, of one sample."""
    system = systems(0)[WINDOWED]
    one = System(system.graph, {n: v[:1] for n, v in system.clamps.items()}, system.shared)
    exact = exact_gradient(one)
    times = np.array(config.delays)
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {DELAYS: times}
    for levels in LEVELLED:
        graph = _with_levels(one.graph, levels)
        forward = relax(graph, clamps={"x": one.clamps["x"]}).activities
        start = dict(zip(graph.names, forward, strict=True))
        clamps = {name: np.ma.array(values) for name, values in one.clamps.items()}
        path = trajectory(relaxer, graph, clamps, start, times)
        cosines = [
            smallest_cosine(by_matrix(one, _update_at(graph, one, path, k)), exact) for k in range(len(times))
        ]
        arrays[ALIGNED.at(levels=levels)] = np.array(cosines)
        values |= {aligned(levels, t): c for t, c in zip(config.delays, cosines, strict=True)}
    return values, arrays


def _update_at(
    graph: PredictiveCodingGraph, system: System, path: Mapping[str, Floats], instant: int
) -> dict[str, ProjectionUpdate]:
    """The local update that a write at an instant of a trajectory makes."""
    landscape = GraphLandscape(graph, make_clamps(graph, clamps=system.clamps))
    state = landscape.state([path[name][instant] for name in graph.names])
    moving = Relaxation(np.zeros(1, dtype=np.bool_), state.residual, 0, "not at rest")
    return graph_update(graph, landscape.equilibrium(state, moving))


def _modes(
    config: Config,
    relaxer: Relaxer,
    depths: Sequence[int],
    seeds: int,
    what: Callable[[str, int, str], Quantity],
) -> dict[Quantity, float]:
    """Slowest modes of residual chains, means over the draws; none where a relaxer has no modes."""
    values: dict[Quantity, float] = {}
    for kind in KINDS:
        for hidden in depths:
            graphs = [residual_chain(hidden, kind, seed) for seed in range(seeds)]
            for output in OUTPUTS:
                ends = graphs[0].names[:1] if output == "free" else graphs[0].names[:: hidden + 1]
                clamps = {name: np.ma.array(np.zeros((1, WIDTH))) for name in ends}
                found = [mode_rates(relaxer, graph, clamps) for graph in graphs]
                rates = [float(one[0]) for one in found if one is not None]
                if rates:
                    values[what(kind, hidden, output)] = float(np.mean(rates))
    return values


def _orders(config: Config, slowest_modes: Mapping[Quantity, float]) -> dict[Quantity, float]:
    """What the table of settling says, as numbers."""

    def clamped(kind: str, hidden: int) -> float:
        return slowest_modes[slowest(kind, hidden, "clamped")]

    plain, half, residual, scaled = KINDS
    depths = config.hidden
    slower = [
        slowest_modes[slowest(residual, n, o)] < slowest_modes[slowest(plain, n, o)]
        for n in depths
        for o in OUTPUTS
    ]
    smaller = [clamped(half, n) >= max(clamped(kind, n) for kind in KINDS) for n in depths]
    found = {SLOWER: float(np.mean(slower)), SMALLER: float(np.mean(smaller))}
    return found | {gain(n): clamped(scaled, n) / clamped(plain, n) for n in depths}


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for name in systems(0):
        found += [
            Claim(fixed_error(name), None, EXACT, "bp", f"fixed-prediction-error@graph={name}", derived=0.0),
            Claim(
                inference_error(name, "levelled"),
                None,
                EXACT,
                id=f"z-il-error@graph={name},levelled",
                derived=0.0,
            ),
            Claim(inference_error(name, "as drawn"), None, None, id=f"z-il-error@graph={name}"),
        ]
    found.append(Claim(BEYOND, None, 0.0, id="z-il-wrong-without-levels", derived=1.0))
    for delay in config.delays:
        for levels in LEVELLED:
            name = f"early-write-cosine@t={delay:g},{levels.replace(' ', '-')}"
            found.append(Claim(aligned(levels, delay), None, ALIGNMENT, id=name))
    for kind in KINDS:
        for output in OUTPUTS:
            where = f"chain={kind},output={output}"
            found += [
                Claim(slowest(kind, n, output), None, None, id=f"lambda-min@{where},hidden={n}")
                for n in config.hidden
            ]
            found += [
                Claim(slowest_of_one(kind, n, output), None, MODES, id=f"lambda-min-one@{where},hidden={n}")
                for n in config.circuits
            ]
    found += [
        Claim(SLOWER, None, 0.0, id="skips-settle-slower", derived=1.0),
        Claim(SMALLER, None, 0.0, id="half-weights-settle-fastest", derived=1.0),
    ]
    return [*found, *(Claim(gain(n), None, None, id=f"mupc-over-plain@hidden={n}") for n in config.hidden)]


REVERSE_DIFFERENTIATION = Experiment(
    "reverse-differentiation",
    "Backpropagation on computation graphs: levels, early writes, residual chains",
    run,
    Config(),
    Config(seeds=10, hidden=(2, 4, 8, 16)),
    claims,
    draw,
    source=SOURCE,
)

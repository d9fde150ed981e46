"""One graph, three queries: an all-to-all network asked by clamping other units (Salvatori et al. 2022).

The same weights answer "which digit is this?", "what does a digit look like?" and "what is the lower half?".
The answers are those of the mathematics, and they are poor: ridge regression classifies better, and the mean
image completes better.  `analog_pc.experiments.salvatori2022.queries` says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Natural, Positive
from analog_pc.experiments.framework.modes import mode_rates
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.real_parts import NOTE, PARTS, chips, short
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.salvatori2022.figures.graph_queries import draw
from analog_pc.experiments.salvatori2022.queries import (
    KNOWN,
    PIXELS,
    Data,
    all_to_all,
    clamps,
    class_means,
    euler_growth,
    known,
    learn,
    load,
    nearest_class,
    oracle,
    questions,
    ridge_error,
)
from analog_pc.relaxers import Relaxer

SALVATORI = (
    "Salvatori, Pinchetti, Millidge, Song, Bao, Bogacz, Lukasiewicz, Learning on arbitrary graph topologies "
    "via predictive coding, NeurIPS 35 (2022)"
)
ERROR = quantity("test error, labels asked for", query="label")
RIDGE = quantity("test error of ridge regression")
DRAWN = quantity("labels whose image is nearest to their class mean", query="image")
COMPLETION = quantity("mean squared error of the lower half", query="half")
MEAN_IMAGE = quantity("mean squared error of the mean image's lower half")
ORACLE = quantity("largest deviation from the linear solve")
FASTEST = quantity("fastest mode, g_s / C")
SLOWEST = quantity("slowest mode, g_s / C")
GROWTH = quantity("growth in 20 steps of explicit Euler, dt {dt}")
EULER_STEP = 0.2
EULER_STEPS = 20
LEARNED = quantity("test error over learning")
UPDATES = quantity("updates")
SAME = 0.0  # circuits of ideal parts classify as the mathematics do
ROUNDING = 1e-4  # of circuits of ideal parts, as `AGREEMENT`


@dataclass(frozen=True)
class Config:
    """`seeds` splits of the data; `updates` of the local rule at `rate`; `images` of the test set asked.

    `checkpoints`: numbers of updates after which the test error is measured too.  `chips` of real parts
    answer the queries of the first split; 0: none.
    """

    seeds: Count = 3
    updates: Count = 2000
    rate: Positive = 0.2
    images: Count = 360
    ridge: Positive = 0.1
    checkpoints: Counts = (30, 100, 300, 500, 1000, 2000, 5000)
    chips: Natural = 3


def fit(config: Config, column: str) -> Config:
    """Real parts are the native simulator's."""
    return config if column == "native" else replace(config, chips=0)


def at(what: Quantity, query: str) -> Quantity:
    return what.at(query=query)


def growth(query: str) -> Quantity:
    return GROWTH.at(query=query, dt=EULER_STEP)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Every split: learn, and ask the three queries."""
    names = [f"seed {k}" for k in range(config.seeds)]
    parts = cache.compute(names, lambda name: _split(config, int(name.split()[-1]), relaxer))
    keys = [key for key, found in parts[0].items() if found.ndim == 0]
    means = {key: float(np.mean([part[key] for part in parts])) for key in keys}
    values = {_QUANTITIES[key]: mean for key, mean in means.items()}
    arrays: dict[Quantity, Array] = {
        quantity("drawn images"): parts[0]["images"],
        quantity("completed"): parts[0]["halves"],
        quantity("class means"): parts[0]["class means"],
    }
    if "learned" in parts[0]:
        arrays[LEARNED] = np.array([part["learned"] for part in parts])
        arrays[UPDATES] = np.array(config.checkpoints)
    if config.chips:
        values |= _real(config, cache)
    notes = (
        NOTE,
        "A poor classifier, as its Hessian is not an inverse covariance: ridge regression is better; "
        "stopping to learn early makes it as good.",
        "Wire resistance makes the large weights smaller: it acts as stopping to learn early does.",
        "Each query is a compiled circuit with the same arrays of the same chip; only which units have a "
        "clamp source differs.",
    )
    return Outcome(values, arrays, notes)


def _real(config: Config, cache: ResultCache) -> Mapping[Quantity, float]:
    """The queries on real parts: the mean over chips."""
    found = cache.compute([f"real {parts}" for parts in PARTS], lambda name: _answered(config, name[5:]))
    return {
        what.at(parts=parts): float(answers[key].mean())
        for parts, answers in zip(PARTS, found, strict=True)
        for key, what in (("error", ERROR), ("completion", COMPLETION))
    }


def _answered(config: Config, parts: str) -> Mapping[str, Array]:
    """Test error and completion error of every chip, [chips]."""
    data = load(0)
    graph = all_to_all(learn(data, config.updates, config.rate), data.mean)
    found: dict[str, list[float]] = {"error": [], "completion": []}
    for relaxer in chips(parts, config.chips):
        for query, key in (("label", "error"), ("half", "completion")):
            asked = questions(query, data, config.images)
            answer = relaxer.relax(graph, clamps=clamps(query, asked)).activities[0]
            found[key].append(float(_quality(query, answer, data, config.images)[key]))
    return {key: np.array(each) for key, each in found.items()}


def _split(config: Config, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    data = load(seed)
    weights = learn(data, config.updates, config.rate)
    graph = all_to_all(weights, data.mean)
    found: dict[str, Array] = {}
    for query in KNOWN:
        asked = questions(query, data, config.images)
        equilibrium = relaxer.relax(graph, clamps=clamps(query, asked))
        answer = equilibrium.activities[0]
        exact = oracle(weights, data.mean, query, asked)
        found[f"oracle {query}"] = np.array(np.abs(answer - exact).max())
        found |= _quality(query, answer, data, config.images)
        measured = mode_rates(relaxer, graph, clamps(query, asked[:1]))
        if measured is not None:
            found[f"fastest {query}"] = np.array(measured[-1])
            found[f"slowest {query}"] = np.array(measured[0])
    if not relaxer.reads_arrays:  # the mathematics, once: what no circuit changes
        found |= _beside(config, data, weights)
    return found


def _quality(query: str, answer: Floats, data: Data, images: int) -> Mapping[str, Array]:
    """How good the answers [samples, 74] are."""
    if query == "label":
        right = answer[:, PIXELS:].argmax(axis=1) == data.test_labels[:images]
        return {"error": np.array(1.0 - right.mean())}
    if query == "image":
        means = class_means(data)
        drawn = answer[:, :PIXELS]
        right = nearest_class(drawn, means) == np.arange(len(drawn))
        return {"drawn": np.array(float(right.sum())), "images": drawn, "class means": means}
    lower = ~known(query)
    lower[PIXELS:] = False
    true = data.test[:images]
    halves = np.stack([true[:6, :PIXELS], answer[:6, :PIXELS]])
    return {"completion": np.array(((answer - true)[:, lower] ** 2).mean()), "halves": halves}


def _beside(config: Config, data: Data, weights: Floats) -> Mapping[str, Array]:
    """Baselines, explicit Euler, and the test error over learning."""
    lower = slice(PIXELS // 2, PIXELS)
    mean_image = ((data.test[: config.images, lower] - data.mean[lower]) ** 2).mean()
    asked = questions("label", data, config.images)
    learned = []
    for updates in config.checkpoints:
        answer = oracle(learn(data, updates, config.rate), data.mean, "label", asked)
        learned.append(float(_quality("label", answer, data, config.images)["error"]))
    growth = {f"euler {q}": np.array(euler_growth(weights, q, EULER_STEP, EULER_STEPS)) for q in KNOWN}
    return {
        "ridge": np.array(ridge_error(data, config.ridge)),
        "mean image": np.array(mean_image),
        "learned": np.array(learned),
        **growth,
    }


_QUANTITIES = {
    "error": ERROR,
    "ridge": RIDGE,
    "drawn": DRAWN,
    "completion": COMPLETION,
    "mean image": MEAN_IMAGE,
    **{f"oracle {q}": at(ORACLE, q) for q in KNOWN},
    **{f"fastest {q}": at(FASTEST, q) for q in KNOWN},
    **{f"slowest {q}": at(SLOWEST, q) for q in KNOWN},
    **{f"euler {q}": growth(q) for q in KNOWN},
}


def claims(config: Config) -> Sequence[Claim]:
    found = [
        Claim(ERROR, None, SAME, id="error@query=label"),
        Claim(RIDGE, None, None, id="ridge-error"),
        Claim(DRAWN, None, SAME, id="nearest-class@query=image"),
        Claim(COMPLETION, None, ROUNDING, id="completion-mse@query=half"),
        Claim(MEAN_IMAGE, None, None, id="completion-mse@mean-image"),
    ]
    if config.chips:
        for parts in PARTS:
            found += [
                Claim(ERROR.at(parts=parts), None, None, id=f"error@query=label,parts={short(parts)}"),
                Claim(COMPLETION.at(parts=parts), None, None,
                      id=f"completion-mse@query=half,parts={short(parts)}"),
            ]  # fmt: skip
    for query in KNOWN:
        found += [
            Claim(at(ORACLE, query), None, ROUNDING, id=f"oracle-deviation@query={query}", derived=0.0),
            Claim(at(FASTEST, query), None, 1e-2, id=f"lambda-max@query={query}"),
            Claim(at(SLOWEST, query), None, ROUNDING, id=f"lambda-min@query={query}"),
            Claim(growth(query), None, None, id=f"euler-growth@query={query},dt={EULER_STEP:g}"),
        ]
    return found


GRAPH_QUERIES = Experiment(
    "graph-queries",
    "Arbitrary graphs: one set of weights, three queries, by other clamps",
    run,
    Config(seeds=1),
    Config(),
    claims,
    draw,
    fit=fit,
    source=SALVATORI,
    columns=("ideal", "native"),
    backpropagation=False,
)

"""Two tasks in turn, sharing the outputs: predictive coding forgets less (Fig. 4d,e).

The ten classes are split five and five, both on the same five outputs; an n-32-32-32-5 sigmoid network learns
four epochs of one task, then four of the other, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.experiments.framework.circuits import in_closed_form
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Rates
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, named, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024 import images
from analog_pc.experiments.song2024.figures.continual import CURVE, MEAN, draw
from analog_pc.relaxers import Relaxer

FORGETS_LESS = quantity("share of learning rates at which PC has the smaller mean error")
BEST_GAP = quantity("mean error BP - PC, each at its best learning rate")
MEAN_ERROR = "mean error"
ERROR_AT_REST = "mean error of the task at rest"
OUTPUTS = 5


@dataclass(frozen=True)
class Config:
    """Learning rates (of the summed energy); images of a class, batch, epochs a turn and in all."""

    rates: Rates = (5e-4, 7.5e-4, 1e-3)
    per_class: Count = 600
    batch: Count = 500
    turn: Count = 4
    epochs: Count = 88
    seeds: Count = 3
    circuit_rates: Count = 1
    hidden: Counts = (32, 32, 32)
    data: Path | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """Five of the classes: images and one-hot targets to learn, images and labels 0 ... 4 to test."""

    inputs: Floats
    targets: Floats
    test_inputs: Floats
    test_labels: Ints

    def error(self, learner: Learner) -> float:
        return images.error(learner, self.test_inputs, self.test_labels)


def tasks(config: Config, rng: np.random.Generator) -> tuple[Task, Task]:
    """The classes in an order of the seed, the first five and the others."""
    data = images.load_images(config.data)
    order = rng.permutation(data.classes)[: 2 * OUTPUTS]
    chosen = images.per_class(data.train_labels, config.per_class, rng)
    found = []
    for classes in (order[:OUTPUTS], order[OUTPUTS:]):
        train = chosen[np.isin(data.train_labels[chosen], classes)]
        test = np.flatnonzero(np.isin(data.test_labels, classes))[: images.MOST_TESTED // 2]
        output = np.full(data.classes, -1)
        output[classes] = np.arange(len(classes))
        targets = np.eye(OUTPUTS)[output[data.train_labels[train]]]
        found.append(
            Task(data.train_inputs[train], targets, data.test_inputs[test], output[data.test_labels[test]])
        )
    return found[0], found[1]


def fit(config: Config, column: str) -> Config:
    """Circuits get the middle learning rates only."""
    if column != "native":
        return config
    first = max(0, len(config.rates) - config.circuit_rates) // 2
    return replace(config, rates=config.rates[first : first + config.circuit_rates])


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    names = {f"lr {lr:g}, seed {s}": (lr, s) for lr in config.rates for s in range(config.seeds)}
    found = cache.compute(list(names), lambda name: _curves(config, relaxer, *names[name]))
    curves = dict(zip(names.values(), (part["errors"] for part in found), strict=True))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for lr in config.rates:
        each = np.array([curves[lr, s] for s in range(config.seeds)])  # [seeds, epochs, current and other]
        means = each.mean(axis=(1, 2))
        arrays |= {CURVE.at(lr=lr): each.mean(axis=0), MEAN.at(lr=lr): means}
        values |= {quantity(MEAN_ERROR, lr=lr): float(means.mean())}
        values |= {quantity(ERROR_AT_REST, lr=lr): float(each[:, :, 1].mean())}
    values[images.LOST] = float(np.mean([part["lost"] for part in found]))
    return images.outcome(values, arrays, config.data)


def _curves(config: Config, relaxer: Relaxer, lr: float, seed: int) -> Mapping[str, Array]:
    """Errors [epochs, task in turn and the other one]."""
    rng = np.random.default_rng(seed)
    both = tasks(config, rng)
    sizes = (both[0].inputs.shape[1], *config.hidden, OUTPUTS)
    one = images.learner(relaxer, sizes, lr, seed, normal=True)
    errors = []
    lost = 0
    for epoch in range(config.epochs):
        turn = epoch // config.turn % 2
        task = both[turn]
        order = rng.permutation(len(task.inputs))
        for start in range(0, len(order), config.batch):
            chosen = order[start : start + config.batch]
            lost += images.teach(one, task.inputs[chosen], task.targets[chosen])
        errors.append([task.error(one), both[1 - turn].error(one)])
    return {"errors": np.array(errors), "lost": np.array(lost)}


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    cases = named(pc.arrays, MEAN.name)
    found = images.gaps(pc, bp, MEAN_ERROR, cases)
    wins = [found[images.gap_of(MEAN_ERROR, case)] < 0.0 for case in cases]
    best = [min(o.values[q] for q in named(o.values, MEAN_ERROR)) for o in (pc, bp)]
    return found | {FORGETS_LESS: float(np.mean(wins)), BEST_GAP: best[1] - best[0]}


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for lr in config.rates:
        found += [Claim(quantity(what, lr=lr), None, None) for what in (MEAN_ERROR, ERROR_AT_REST)]
        found += images.gap_claims(MEAN_ERROR, MEAN.at(lr=lr))
    return [
        *found,
        Claim(images.LOST, None, None),
        Claim(FORGETS_LESS, 1.0, 0.0),
        Claim(BEST_GAP, None, None),
    ]


CONTINUAL = Experiment(
    "continual",
    "Two tasks in turn: forgetting",
    run,
    Config(rates=(7.5e-4,)),
    Config(rates=(5e-3, 1e-3, 7.5e-4, 5e-4, 2.5e-4, 1e-4), epochs=160, seeds=21, circuit_rates=6),
    claims,
    draw,
    columns=("ideal", "native"),
    circuits=in_closed_form,
    fit=fit,
    compare=compare,
)

"""Online learning: one image at a time, predictive coding learns more of it (Fig. 4b,c).

An n-32-32-10 sigmoid network sees one random image, or a batch, at a time.  With one image, backpropagation's
update serves that image and disturbs others; with batches of 32 and more nothing is left of the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.experiments.framework.circuits import in_closed_form
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Grid
from analog_pc.experiments.framework.quantity import Quantity, named, numbers, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024 import images
from analog_pc.experiments.song2024.figures.online import CURVE, LEAST, draw
from analog_pc.relaxers import Relaxer

ONLINE_WINS = quantity("batch 1: share of learning rates at which PC has the smaller least error")
LARGE_BATCH = quantity("largest batch: |least error PC - BP|, each at its best learning rate")
LEAST_ERROR = "least error"
MEAN_ERROR = "mean error"


@dataclass(frozen=True)
class Config:
    """`grid`: batch size and its learning rates (of the summed energy); `epoch` batches between tests."""

    grid: Grid = ((1, (0.1, 0.2)), (64, (0.005,)))
    epoch: Count = 100
    epochs: Count = 12
    seeds: Count = 3
    hidden: Counts = (32, 32)
    data: Path | None = None


def cases(config: Config) -> list[tuple[int, float]]:
    return [(batch, lr) for batch, rates in config.grid for lr in rates]


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    seeds = range(config.seeds)
    names = {f"batch {b}, lr {lr:g}, seed {s}": (b, lr, s) for b, lr in cases(config) for s in seeds}
    found = cache.compute(list(names), lambda name: _curve(config, relaxer, *names[name]))
    curves = dict(zip(names.values(), (part["errors"] for part in found), strict=True))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for batch, lr in cases(config):
        each = np.array([curves[batch, lr, s] for s in seeds])
        least = LEAST.at(batch=batch, lr=lr)
        arrays |= {CURVE.at(batch=batch, lr=lr): each.mean(axis=0), least: each.min(axis=1)}
        values |= {least.renamed(LEAST_ERROR): float(each.min(axis=1).mean())}
        values |= {least.renamed(MEAN_ERROR): float(each.mean())}
    values[images.LOST] = float(np.mean([part["lost"] for part in found]))
    return images.outcome(values, arrays, config.data)


def _curve(config: Config, relaxer: Relaxer, batch: int, lr: float, seed: int) -> Mapping[str, Array]:
    """Test errors after every epoch."""
    data = images.load_images(config.data)
    sizes = (data.train_inputs.shape[1], *config.hidden, data.classes)
    one = images.learner(relaxer, sizes, lr, seed)
    stream = images.batches(np.arange(len(data.train_labels)), batch, np.random.default_rng(seed))
    return images.course(one, data, stream, config.epochs, config.epoch)


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    found = images.gaps(pc, bp, LEAST_ERROR, named(pc.arrays, LEAST.name))
    one_by_one = named(pc.arrays, LEAST.name, batch=1)
    wins = [found[images.gap_of(LEAST_ERROR, case)] < 0.0 for case in one_by_one]
    largest = numbers(pc.values, LEAST_ERROR, "batch")[-1]
    best = [min(o.values[q] for q in named(o.values, LEAST_ERROR, batch=largest)) for o in (pc, bp)]
    found[LARGE_BATCH] = abs(best[0] - best[1])
    return found | ({ONLINE_WINS: float(np.mean(wins))} if wins else {})


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for batch, lr in cases(config):
        case = LEAST.at(batch=batch, lr=lr)
        found += [Claim(case.renamed(what), None, None) for what in (LEAST_ERROR, MEAN_ERROR)]
        found += images.gap_claims(LEAST_ERROR, case)
    # "No difference": within two standard errors of a difference of two errors of 0.1 over the test images.
    unseen = 2.0 * np.sqrt(2.0 * 0.1 * 0.9 / images.MOST_TESTED / config.seeds)
    return [
        *found,
        Claim(images.LOST, None, None),
        Claim(ONLINE_WINS, 1.0, 0.0),
        Claim(LARGE_BATCH, 0.0, float(unseen)),
    ]


ONLINE = Experiment(
    "online",
    "Online learning: one image at a time",
    run,
    Config(),
    Config(
        grid=(
            (1, (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)),
            (8, (0.02, 0.05)),
            (16, (0.02, 0.03)),
            (32, (0.01, 0.02)),
            (64, (0.001, 0.0025, 0.005, 0.0075, 0.01)),
        ),
        epoch=200,
        epochs=64,
    ),
    claims,
    draw,
    columns=("ideal", "native"),
    circuits=in_closed_form,
    compare=compare,
)

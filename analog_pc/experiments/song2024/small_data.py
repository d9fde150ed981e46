"""Few data: predictive coding learns more from little (Fig. 4h), and less from much.

An n-32-32-10 sigmoid network sees some images of every class 64 times; its least test error on the way
counts, of every rule at its own best rate.  Published: predictive coding ahead at 60 a class, even at 600,
behind from 3000 on.  The schedule (64 passes, batches of 60, the learning rates) is that of
experiments/nature_small-arch-small-data/bp-il.yaml in the authors' repository.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.experiments.framework.circuits import in_closed_form
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Grid
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024 import images
from analog_pc.experiments.song2024.figures.small_data import COUNTS, CURVE, EPOCHS, LEAST, draw
from analog_pc.relaxers import Relaxer

RATES = (*(m * 10.0**-k for k in range(2, 6) for m in (10.0, 7.5, 5.0, 2.5)), 1e-5)

# images a class, seen 64 times: so published ahead, and behind
FEW = 60
MANY = 3000
FEW_WINS = quantity("fewest images a class: PC has the smaller least error")
MANY_LOSES = quantity("most images a class: BP has the smaller least error")
LEAST_ERROR = "least error"
BEST_RATE = "best learning rate"


@dataclass(frozen=True)
class Config:
    """`grid`: images a class, and the learning rates tried with them (of the summed energy); the best counts.

    `epochs` passes through the images, with a test after every `test_every` of them.
    """

    grid: Grid = (
        (6, (0.00375, 0.005)),
        (20, (0.00375, 0.005)),
        (60, (0.005,)),
        (200, (0.005,)),
    )
    epochs: Count = 64
    test_every: Count = 4
    batch: Count = 60
    seeds: Count = 3
    hidden: Counts = (32, 32)
    data: Path | None = None

    def __post_init__(self) -> None:
        if self.test_every > self.epochs:
            raise BadInput(f"small-data: a test every {self.test_every} epochs, of {self.epochs}, is none")


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    names = {
        f"{count} a class, lr {lr:g}, seed {s}": (count, lr, s)
        for count, rates in config.grid
        for lr in rates
        for s in range(config.seeds)
    }
    found = cache.compute(list(names), lambda name: _curve(config, relaxer, *names[name]))
    curves = {case: part["errors"] for case, part in zip(names.values(), found, strict=True)}
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {
        COUNTS: np.array([count for count, _ in config.grid]),
        EPOCHS: np.arange(config.test_every, config.epochs + 1, config.test_every),
    }
    for count, rates in config.grid:
        each = {lr: np.array([curves[count, lr, s] for s in range(config.seeds)]) for lr in rates}
        least = {lr: errors.min(axis=1) for lr, errors in each.items()}
        best = images.best_rate(least)
        values |= {quantity(LEAST_ERROR, per_class=count): float(least[best].mean())}
        values |= {quantity(BEST_RATE, per_class=count): best}
        arrays |= {LEAST.at(per_class=count): least[best], CURVE.at(per_class=count): each[best].mean(axis=0)}
    values[images.LOST] = float(np.mean([part["lost"] for part in found]))
    return images.outcome(values, arrays, config.data, _too_few(config))


def _too_few(config: Config) -> list[str]:
    """What to say of more images a class than there are."""
    rarest = _rarest(config)
    return [
        f"{count} a class: all there are, of the rarest class {rarest}"
        for count, _ in config.grid
        if count > rarest
    ]


def _rarest(config: Config) -> int:
    """Training images of the class that has the fewest."""
    return int(np.bincount(images.load_images(config.data).train_labels).min())


def _curve(config: Config, relaxer: Relaxer, count: int, lr: float, seed: int) -> Mapping[str, Array]:
    """Test errors along training; the images are the seed's."""
    data = images.load_images(config.data)
    rng = np.random.default_rng(seed)
    sizes = (data.train_inputs.shape[1], *config.hidden, data.classes)
    one = images.learner(relaxer, sizes, lr, seed)
    chosen = images.per_class(data.train_labels, count, rng)
    stream = images.batches(chosen, config.batch, rng)
    batches = config.test_every * math.ceil(len(chosen) / config.batch)
    return images.course(one, data, stream, config.epochs // config.test_every, batches)


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    cases = [LEAST.at(per_class=count) for count in sorted(pc.arrays[COUNTS].tolist())]
    found = images.gaps(pc, bp, LEAST_ERROR, cases)
    gaps = [found[images.gap_of(LEAST_ERROR, case)] for case in cases]
    return found | {FEW_WINS: float(gaps[0] < 0.0), MANY_LOSES: float(gaps[-1] > 0.0)}


def claims(config: Config) -> Sequence[Claim]:
    found = []
    counts = [count for count, _ in config.grid]
    for count in counts:
        found += [Claim(quantity(what, per_class=count), None, None) for what in (LEAST_ERROR, BEST_RATE)]
        found += images.gap_claims(LEAST_ERROR, LEAST.at(per_class=count))
    few = 0.0 if min(counts) <= FEW else None
    seen = min(max(counts), _rarest(config)) * config.epochs  # no more than there are
    many = 0.0 if seen >= MANY * FULL.epochs else None
    return [
        *found,
        Claim(images.LOST, None, None),
        Claim(FEW_WINS, 1.0, few),
        Claim(MANY_LOSES, 1.0, many),
    ]


FULL = Config(grid=tuple((count, RATES) for count in (60, 300, 600, 3000, 6000)), test_every=1)

SMALL_DATA = Experiment(
    "small-data",
    "Learning from few images",
    run,
    Config(),
    FULL,
    claims,
    draw,
    columns=("ideal", "native"),
    circuits=in_closed_form,
    compare=compare,
)

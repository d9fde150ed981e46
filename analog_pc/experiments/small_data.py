"""Few data: predictive coding learns more from little (Fig. 4h), and less from much.

An n-32-32-10 sigmoid network is trained on some images of every class until it gets no better.  Published:
predictive coding ahead at 60 a class, even at 600, behind from 3000 on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.experiments import images
from analog_pc.experiments.circuits import in_closed_form
from analog_pc.experiments.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.figures.small_data import draw
from analog_pc.experiments.parts import Parts
from analog_pc.experiments.result import Array
from analog_pc.relaxers import Relaxer

FEW_WINS = "fewest images a class: PC - BP of the least error is negative"


@dataclass(frozen=True)
class Config:
    """Images a class, learning rates tried (the best counts), and updates of one training."""

    counts: tuple[int, ...] = (6, 60, 600)
    rates: tuple[float, ...] = (0.002, 0.005)
    updates: int = 600
    test_every: int = 50
    batch: int = 60
    seeds: int = 3
    hidden: tuple[int, ...] = (32, 32)
    data: Path | None = None


def run(config: Config, relaxer: Relaxer, parts: Parts) -> Outcome:
    names = {
        f"{count} a class, lr {lr:g}, seed {s}": (count, lr, s)
        for count in config.counts
        for lr in config.rates
        for s in range(config.seeds)
    }
    found = parts.all(list(names), lambda name: _curve(config, relaxer, *names[name]))
    least = {case: float(part["errors"].min()) for case, part in zip(names.values(), found, strict=True)}
    values: dict[str, float] = {}
    arrays: dict[str, Array] = {"counts": np.array(config.counts)}
    for count in config.counts:
        each = {lr: np.array([least[count, lr, s] for s in range(config.seeds)]) for lr in config.rates}
        best = images.best_rate(each)
        values |= {f"least error, {count} a class": float(each[best].mean())}
        values |= {f"best learning rate, {count} a class": best}
        arrays |= {f"least/{count}": each[best]}
    values[images.LOST] = float(np.mean([part["lost"] for part in found]))
    return Outcome(values, arrays, (images.on_what(config.data),))


def _curve(config: Config, relaxer: Relaxer, count: int, lr: float, seed: int) -> Mapping[str, Array]:
    """Test errors along training; the images are the seed's."""
    data, rng = images.load_images(config.data), np.random.default_rng(seed)
    sizes = (data.train_inputs.shape[1], *config.hidden, data.classes)
    one = images.learner(relaxer, sizes, lr, seed)
    stream = images.batches(images.per_class(data.train_labels, count, rng), config.batch, rng)
    return images.course(one, data, stream, config.updates // config.test_every, config.test_every)


def compare(pc: Outcome, bp: Outcome) -> Mapping[str, float]:
    cases = {f"{count} a class": f"least/{count}" for count in sorted(pc.arrays["counts"].tolist())}
    found = images.gaps(pc, bp, "least error", cases)
    return found | {FEW_WINS: float(found[images.gap_of("least error", next(iter(cases)))] < 0.0)}


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for count in config.counts:
        found += [
            Claim(f"{what}, {count} a class", None, None) for what in ("least error", "best learning rate")
        ]
        found += images.gap_claims("least error", f"{count} a class")
    return [*found, Claim(images.LOST, None, None), Claim(FEW_WINS, 1.0, 0.0)]


SMALL_DATA = Experiment(
    "small-data",
    "Learning from few images",
    run,
    Config(),
    Config(
        counts=(60, 300, 600, 3000, 6000),
        rates=(0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001),
        updates=64 * 1000,
        test_every=1000,
    ),
    claims,
    draw,
    columns=("ideal", "native"),
    circuits=in_closed_form,
    compare=compare,
)

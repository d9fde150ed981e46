"""Teacher and student: a tiny network of rectifiers learns the sign of another one (Extended Data).

A random 2-2-1 ReLU network, the teacher, gives every one of 64 points a target: the sign of its output (0
where none of its units is active).  A student of the same shape learns them in batches of 4.  No outcome
was published as a number (settings: experiments/nature_teacher_example_122 in the authors' repository);
what is checked is that circuits, whose rectifiers switch while they relax, learn the same as the
mathematics does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Rates
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, named, numbers, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.teacher_student import LOSS, draw
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.relaxers import FixedPrediction, Relaxer

SIZES = (2, 2, 1)
BETTER = quantity("share of students with a smaller loss under PC, each rule at its best learning rate")


@dataclass(frozen=True)
class Config:
    """`rates`: learning rates of the summed energy, the largest one first."""

    rates: Rates = (0.05, 0.01, 0.005)
    epochs: Count = 32
    points: Count = 64
    batch: Count = 4
    seeds: Count = 6


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Losses of every learning rate and student."""
    names = {f"lr {lr:g}, student {s}": (lr, s) for lr in config.rates for s in range(config.seeds)}
    found = cache.compute(list(names), lambda name: student(config, *names[name], relaxer))
    losses = {case: part["loss"] for case, part in zip(names.values(), found, strict=True)}
    values = {first_epoch(config.rates[0]): float(losses[config.rates[0], 0][1])}
    for lr in config.rates:
        last = [losses[lr, s][-1] for s in range(config.seeds)]
        values[final(lr, config)] = float(np.mean(last))
    return Outcome(values, {quantity(LOSS, lr=lr, student=s): loss for (lr, s), loss in losses.items()})


def student(config: Config, lr: float, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """`loss` [epochs + 1]: 1/2 (y - t)^2, mean over the points, before and after every epoch."""
    rng = np.random.default_rng(seed)
    teacher = PredictiveCodingNetwork([rng.normal(size=(2, 2)), rng.normal(size=(1, 2))], activation="relu")
    x = rng.normal(size=(config.points, 2))
    target = np.sign(_output(teacher, x))
    learner = Learner(random_network(SIZES, "relu", seed=rng, biases=False), relaxer, lr)
    loss = [_loss(learner, x, target)]
    for _ in range(config.epochs):
        for chosen in np.split(
            rng.permutation(config.points), range(config.batch, config.points, config.batch)
        ):
            learner.learn(x[chosen], target[chosen])
        loss.append(_loss(learner, x, target))
    return {"loss": np.array(loss)}


def _output(network: PredictiveCodingNetwork, x: Floats) -> Floats:
    """A forward pass, which is where a network with a free output rests."""
    return FixedPrediction().relax(network, x).output


def _loss(learner: Learner, x: Floats, target: Floats) -> float:
    return 0.5 * float(((_output(learner.network, x) - target) ** 2).sum(axis=1).mean())


def first_epoch(lr: float) -> Quantity:
    return quantity("loss after one epoch", lr=lr, student=0)


def final(lr: float, config: Config) -> Quantity:
    epochs = config.epochs
    return quantity("loss after {epochs} epochs", epochs=epochs, lr=lr, students=config.seeds)


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    """Students that both rules have taught."""
    students = numbers(pc.arrays, LOSS, "student")
    best = [
        [min(o.arrays[loss][-1] for loss in named(pc.arrays, LOSS, student=s)) for s in students]
        for o in (pc, bp)
    ]
    share = float(np.mean(np.array(best[0]) < np.array(best[1])))
    return {BETTER.at(students=len(students)): share}


def claims(config: Config) -> Sequence[Claim]:
    found = [Claim(final(lr, config), None, None) for lr in config.rates]
    better = Claim(BETTER.at(students=config.seeds), None, None)
    return [Claim(first_epoch(config.rates[0]), None, 1e-3), *found, better]


def fit(config: Config, column: str) -> Config:
    """One epoch of one student on circuits: their rectifiers need a transient for every relaxation."""
    if column in ("ideal", "backprop"):
        return config
    return replace(config, rates=config.rates[:1], epochs=1, seeds=1)


TEACHER_STUDENT = Experiment(
    "teacher-student",
    "Teacher and student: a tiny network of rectifiers",
    run,
    Config(),
    Config(rates=(0.05, 0.01, 0.005, 0.001, 0.0005), epochs=128),
    claims,
    draw,
    fit=fit,
    compare=compare,
)

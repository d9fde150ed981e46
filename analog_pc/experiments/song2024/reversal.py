"""Reversal learning: one hidden belief that may flip its sign (Fig. 6).

::

                                      +--- w2[0] --- value of arm 0
    task (1) --- w1 --- belief ------+                                   linear; only the chosen arm's value
                                      +--- w2[1] --- value of arm 1      is clamped, the other one is free

When the chosen arm starts to lose, predictive coding lets the belief fall first and so learns that the
*other* arm is now the good one; backpropagation unlearns belief and value together.

Simple demonstration: w1 = 1, w2 = (1, -1), arm 0 is punished (-1) again and again. The task of Hampton,
Bossaerts and O'Doherty (2006): reward +-1, the right arm wins 70 %, the other 40 % of the time; once four
choices in a row were right, the arms reverse with probability 1/4 in each trial; choices by softmax. Read
out after 64 trials of 128: how the value of the chosen arm changes from a punished trial to the next one,
for choices that stay and that switch.

Published numbers: of the demonstration of experiments/nature_reversal_task/base-reason-simple, and the
changes that 200 runs with the settings of base-plot-{pc,bp} give, in the authors' repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.framework.learner import Learner, chosen_only
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.reversal import draw
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import Relaxer

TASK = [[1.0]]
WINS = {True: 0.7, False: 0.4}  # probability of a reward, on the right arm and on the other
IN_A_ROW = 4
REVERSES = 0.25
UNCHOSEN = quantity("value of the arm not chosen, after all punishments")

# (weight of the belief, weight of the punished arm) after so many punishments, as published
PC_TOY = {2: (0.805, 1.005), 8: (0.322, 1.10), 64: (-0.656, 1.499)}
BP_TOY = {2: (0.669, 0.669), 8: (0.301, 0.301), 64: (0.001, 0.001)}
DIGITS = {1.10: 5e-3}  # its last digit; the others are given to three

# Change of value from a punished trial to the next: mean of 200 runs, and sqrt(runs) times the standard
# deviation of such a mean (bootstrap over 4000 runs, measured here).
PC_CHANGES = {"stay": (-0.050, 0.0124), "switch": (0.0165, 0.081)}
BP_CHANGES = {"stay": (-0.007, 0.0087), "switch": (0.003, 0.0235)}
PUBLISHED_RUNS = 200
MANY = 1000  # runs after which the rise on switch, 0.011, is four standard deviations

# Signal of the brain (a.u.): at the punished trial before staying and switching, at the next one then.
BRAIN = (0.0766, -0.0598, -0.1795, 0.0301)
BRAIN_NOTE = (
    "The squared difference to the brain is measured, not checked: published from 22 and 40 runs, it varies "
    "from draw to draw of so many as much as the two rules differ (0.0004 ... 0.03 for backpropagation)."
)


@dataclass(frozen=True)
class Config:
    """`pc_spread`, `bp_spread`: standard deviation of the weights at first."""

    lr: Positive = 0.1
    punishments: Count = 64
    pc_spread: Positive = 0.05
    bp_spread: Positive = 0.1
    trials: Count = 128
    analysed: Count = 64
    seeds: Count = 100


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """The demonstration, and every run of the task."""
    seeds = {f"run {seed}": seed for seed in range(config.seeds)}

    def part(name: str) -> Mapping[str, Array]:
        return task(config, seeds[name], relaxer) if name in seeds else demonstration(config, relaxer)

    toy, *runs = cache.compute(["demonstration", *seeds], part)
    values: dict[Quantity, float] = {}
    for k in PC_TOY:
        if k <= config.punishments:
            values[belief(k)] = float(toy["weights"][k, 0])
            values[punished(k)] = float(toy["weights"][k, 1])
    values[UNCHOSEN] = float(toy["values"][-1, 1])
    every = {k: np.concatenate([run[k] for run in runs]) for k in runs[0]}
    arrays = {quantity(k): array for k, array in {**toy, **every}.items()}
    return Outcome(values | in_the_task(every, config.seeds), arrays, (BRAIN_NOTE,))


def in_the_task(arrays: Mapping[str, Array], seeds: int) -> dict[Quantity, float]:
    """What punishment does to the value of the next choice, and how near to the brain that comes."""
    punished = arrays["punished"]
    following = arrays["next"]
    stays = arrays["stays"]
    step = following - punished
    if not (stays.any() and (~stays).any()):
        return {}
    found = {change("stay", seeds): step[stays].mean(), change("switch", seeds): step[~stays].mean()}
    found[signs(seeds)] = float(step[stays].mean() < 0.0 < step[~stays].mean())
    levels = brain_levels(punished, following, stays)
    found[brain(seeds)] = fit_to_brain(levels)[1]
    return {k: float(v) for k, v in found.items()}


def brain_levels(punished: Array, following: Array, stays: Array) -> Array:
    """Mean values in the order of `BRAIN`."""
    return np.array([v[s].mean() for v in (punished, following) for s in (stays, ~stays)])


def fit_to_brain(levels: Array) -> tuple[Array, float]:
    """k x value + b nearest to the signal of the brain, and the sum of squares that is left."""
    design = np.column_stack([levels, np.ones(len(levels))])
    fitted = design @ np.linalg.lstsq(design, np.array(BRAIN), rcond=None)[0]
    return fitted, float(((fitted - BRAIN) ** 2).sum())


def demonstration(config: Config, relaxer: Relaxer) -> Mapping[str, Array]:
    """`weights` [punishments + 1, 3]: w1, w2[0], w2[1]; `values` [punishments + 1, 2]."""
    learner = Learner(
        PredictiveCodingNetwork([[[1.0]], [[1.0], [-1.0]]], activation="identity"), relaxer, config.lr
    )
    weights = [_weights(learner)]
    values = [learner.predict(TASK)[0]]
    for _ in range(config.punishments):
        learner.learn(TASK, clamps={2: chosen_only([[-1.0, 0.0]], [True, False])})
        weights.append(_weights(learner))
        values.append(learner.predict(TASK)[0])
    return {"weights": np.array(weights), "values": np.array(values)}


def _weights(learner: Learner) -> Array:
    return np.concatenate([w.ravel() for w in learner.network.W])


def task(config: Config, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """Value of the chosen arm at `punished` trials and at the `next` ones, and whether the choice `stays`."""
    rng = np.random.default_rng(seed)
    spread = config.bp_spread if relaxer.backpropagates else config.pc_spread
    weights = [spread * rng.normal(size=(1, 1)), spread * rng.normal(size=(2, 1))]
    learner = Learner(PredictiveCodingNetwork(weights, activation="identity"), relaxer, config.lr)
    right = 0
    row = 0
    reached = False
    chosen = []
    rewards = []
    values = []
    for _ in range(config.trials):
        value = learner.predict(TASK)[0]
        arm = int(rng.random() < 1.0 / (1.0 + np.exp(value[0] - value[1])))
        reward = 1.0 if rng.random() < WINS[arm == right] else -1.0
        learner.learn(TASK, clamps={2: chosen_only(np.full((1, 2), reward), np.arange(2) == arm)})
        chosen.append(arm)
        rewards.append(reward)
        values.append(value[arm])
        row = row + 1 if arm == right else 0
        reached = reached or row >= IN_A_ROW
        if reached and rng.random() < REVERSES:
            right = 1 - right
            row = 0
            reached = False
    return after_punishment(np.array(chosen), np.array(rewards), np.array(values), config.analysed)


def after_punishment(chosen: Array, rewards: Array, values: Array, first: int) -> Mapping[str, Array]:
    """Of the trials from `first` on."""
    k = np.arange(first, len(values) - 1)
    k = k[rewards[k] < 0.0]
    return {"punished": values[k], "next": values[k + 1], "stays": chosen[k + 1] == chosen[k]}


def belief(k: int) -> Quantity:
    return quantity("weight of the belief after {punishments} punishments", punishments=k)


def punished(k: int) -> Quantity:
    return quantity("weight of the punished arm after {punishments} punishments", punishments=k)


def change(choice: str, seeds: int) -> Quantity:
    return quantity("change of value on {choice}", choice=choice, runs=seeds)


def signs(seeds: int) -> Quantity:
    return quantity("falls on stay and rises on switch (1: yes)", runs=seeds)


def brain(seeds: int) -> Quantity:
    return quantity("squared difference to the brain", runs=seeds)


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for rule, toy in (("pc", PC_TOY), ("bp", BP_TOY)):
        for k, (first, second) in toy.items():
            found += [
                Claim(belief(k), first, DIGITS.get(first, 5e-4), rule),
                Claim(punished(k), second, DIGITS.get(second, 5e-4), rule),
            ]
    found += [Claim(UNCHOSEN, 0.656, 5e-4), Claim(UNCHOSEN, 0.0, 2e-3, "bp")]
    for rule, changes in (("pc", PC_CHANGES), ("bp", BP_CHANGES)):
        for what, (value, spread) in changes.items():
            tolerance = 3.0 * spread * float(np.sqrt(1.0 / PUBLISHED_RUNS + 1.0 / config.seeds))
            found.append(Claim(change(what, config.seeds), value, tolerance, rule))
    found.append(Claim(signs(config.seeds), 1.0, 0.0 if config.seeds >= MANY else None))
    return [*found, Claim(brain(config.seeds), 0.002, None), Claim(brain(config.seeds), 0.020, None, "bp")]


def fit(config: Config, column: str) -> Config:
    """One run of the task on circuits: 256 relaxations, in ngspice each a run of the program."""
    return config if column in ("ideal", "backprop") else replace(config, seeds=1)


REVERSAL = Experiment(
    "reversal",
    "Reversal learning: the belief flips before the values are unlearned",
    run,
    Config(),
    Config(seeds=MANY),
    claims,
    draw,
    fit=fit,
)

"""Reinforcement learning: Q-learning by predictive coding collects more reward (Fig. 4k).

A network of observations, 128 sigmoid units and one output an action learns the values of actions from what
it has seen (see `q_learning`); only the output of the action that was taken is clamped.  Settings of
experiments/nature_simple_dqn_new/base-ffocus in the authors' repository: discount 0.98, no second network
for the targets, 50,000 transitions kept, 10 batches of 60 after each episode once 2000 are there,
observations normalised by their running mean and spread, 10,000 episodes, and in each environment, for each
rule, the learning rate with the largest mean of the running mean over 200 episodes.

What differs from there: activities go all the way to rest (there 32 steps of 0.05), and one hidden layer of
128, where the authors' code builds two (`hidden` is a field).  As there, an episode that its limit of steps
cuts off counts as ended: its last target has no next state in it.  The full configuration is some four days
of one core; the reduced one shows that it runs, and nothing of what was published.

Published returns: read off the plot base-ffocus-curve of that folder, after 10,000 episodes, 3 seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Literal

import numpy as np

from analog_pc.experiments.framework.circuits import in_closed_form
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Rates, Share
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024 import images
from analog_pc.experiments.song2024.episodes import (
    Normalisation,
    exploration,
    open_environment,
    play,
    running_mean,
    sizes_of,
)
from analog_pc.experiments.song2024.figures.reinforcement import CURVE, draw
from analog_pc.experiments.song2024.q_learning import Agent, Replay, first_network
from analog_pc.relaxers import Relaxer

Name = Literal["Acrobot-v1", "CartPole-v1", "MountainCar-v0"]
Environments = tuple[tuple[Name, Count], ...]

# Return at the end of 10,000 episodes: predictive coding, backpropagation.
PUBLISHED: dict[Name, tuple[float, float]] = {
    "Acrobot-v1": (-110.0, -165.0),
    "CartPole-v1": (410.0, 350.0),
    "MountainCar-v0": (-178.0, -195.0),
}
EPISODES = 10_000
MEAN_RETURN = "mean return, {environment}"
LAST_RETURN = "return at the end, {environment}"
BEST_RATE = "learning rate, {environment}"

# Values are at most 1 / (1 - 0.98) = 50; estimates of them pass that before they settle.
LARGEST = 100.0

# Episodes of which circuits of ideal parts have to have the returns of the ideal column.  Sooner or later one
# of thousands of actions hangs on a last digit, and is the first of another life.
FIRST = 60


@dataclass(frozen=True)
class Config:
    """Environments with their numbers of episodes, and learning rates (of the summed energy); `circuit_...`
    what of them circuits get.  `start`: transitions that are there before learning starts."""

    environments: Environments
    circuit_environments: Environments
    rates: Rates
    circuit_rates: Rates
    start: Count = 2000
    kept: Count = 50_000
    batch: Count = 60
    updates: Count = 10
    discount: Share = 0.98
    averaged: Count = 200
    hidden: Counts = (128,)
    seeds: Count = 3


def fit(config: Config, column: str) -> Config:
    """Circuits live shorter, at one learning rate."""
    if column in ("ideal", "backprop"):
        return config
    return replace(config, environments=config.circuit_environments, rates=config.circuit_rates)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    for name, _ in config.environments:  # what is missing is said before anything is computed
        open_environment(name).close()
    cases = {
        f"{name}, {episodes} episodes, lr {lr:g}, seed {s}": (name, episodes, lr, s)
        for name, episodes in config.environments
        for lr in config.rates
        for s in range(config.seeds)
    }
    found = cache.compute(list(cases), lambda case: _life(config, relaxer, *cases[case]))
    returns: dict[tuple[str, float], list[Array]] = {}
    for (name, _, lr, _), part in zip(cases.values(), found, strict=True):
        returns.setdefault((name, lr), []).append(part["returns"])
    values, arrays = _summary(config, {case: np.array(each) for case, each in returns.items()})
    values[lost(len(cases))] = float(np.mean([part["lost"] for part in found]))
    values[ran_away(len(cases))] = float(sum(part["ran away"] for part in found))
    return Outcome(values, arrays, (f"environments: gymnasium {version('gymnasium')}",))


def _summary(
    config: Config, returns: Mapping[tuple[str, float], Array]
) -> tuple[dict[Quantity, float], dict[Quantity, Array]]:
    """At the best learning rate of each environment; `returns` [seeds, episodes] of environment and rate."""
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for name, episodes in config.environments:
        curves = {lr: running_mean(returns[name, lr], config.averaged) for lr in config.rates}
        best = max(curves, key=lambda lr: float(curves[lr].mean()))
        where = case_of(name, episodes, config.rates)
        arrays[CURVE.at(environment=name)] = curves[best]
        values[where.renamed(MEAN_RETURN)] = float(curves[best].mean())
        values[where.renamed(LAST_RETURN)] = float(curves[best][:, -1].mean())
        values[where.renamed(BEST_RATE)] = best
    for name, episodes in config.circuit_environments:
        for lr in config.circuit_rates:
            if (name, lr) in returns:
                arrays[quantity("first", environment=name, lr=lr)] = returns[name, lr][
                    :, : min(FIRST, episodes)
                ]
    return values, arrays


def case_of(name: str, episodes: int, rates: Sequence[float]) -> Quantity:
    """What a return depends on beside rule and seeds: a column with less of it has a row of its own."""
    case = quantity(LAST_RETURN, environment=name, episodes=episodes)
    return case.at(lr=rates[0]) if len(rates) == 1 else case.at(rates=len(rates))


def lost(runs: int) -> Quantity:
    return images.LOST.at(runs=runs)


def ran_away(runs: int) -> Quantity:
    return quantity("runs of {runs} whose values ran away", runs=runs)


def _life(
    config: Config, relaxer: Relaxer, name: str, episodes: int, lr: float, seed: int
) -> Mapping[str, Array]:
    """`returns` [episodes]; the seed is that of weights, choices, samples and environment."""
    environment = open_environment(name)
    seen, actions = sizes_of(environment)
    weights, choices = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    network = first_network((seen, *config.hidden, actions), weights)
    agent = Agent(Learner(network, relaxer, lr, (lr,) * network.depth), config.discount, choices)
    normal = Normalisation(seen)
    replay = Replay(config.kept, seen)
    returns = np.zeros(episodes)
    for episode in range(episodes):
        first = seed if episode == 0 else None  # later episodes go on with the environment's own numbers
        returns[episode] = play(environment, agent, normal, replay, exploration(episode), first)
        if len(replay) > config.start:
            for _ in range(config.updates):
                agent.learn(replay.sample(config.batch, choices))
    environment.close()
    return {"returns": returns, "lost": np.array(agent.lost), "ran away": np.array(agent.ran_away)}


def compare(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    """Over the episodes that both have."""
    found: dict[Quantity, float] = {}
    gaps: list[float] = []
    lengths: list[int] = []
    for name in PUBLISHED:
        curve = CURVE.at(environment=name)
        if curve not in pc.arrays:
            continue
        episodes = min(o.arrays[curve].shape[1] for o in (pc, bp))
        gaps.append(float(pc.arrays[curve][:, :episodes].mean() - bp.arrays[curve][:, :episodes].mean()))
        found[gap_of(name, episodes)] = gaps[-1]
        lengths.append(episodes)
    return found | {ahead(min(lengths)): float(np.mean([gap >= 0.0 for gap in gaps]))}


def gap_of(name: str, episodes: int) -> Quantity:
    return quantity("mean return PC - BP, {environment}", environment=name, episodes=episodes)


def ahead(episodes: int) -> Quantity:
    what = "share of environments in which PC returns at least as much as BP, {episodes} episodes or more"
    return quantity(what, episodes=episodes)


def claims(config: Config) -> Sequence[Claim]:
    """Published returns stand beside what is as long, and are not checked: three seeds, read off a plot."""
    found: list[Claim] = []
    for part in dict.fromkeys((config, fit(config, "native"))):
        for name, episodes in part.environments:
            where = case_of(name, episodes, part.rates)
            rules = PUBLISHED[name]
            pc, bp = rules if episodes >= EPISODES else (None, None)
            shown = (MEAN_RETURN, BEST_RATE)[: len(part.rates)]  # one rate needs no row
            found += [Claim(where.renamed(what), None, None) for what in shown]
            found += [Claim(where.renamed(LAST_RETURN), pc, None)]
            found += [Claim(where.renamed(LAST_RETURN), bp, None, "bp")] if bp is not None else []
            found += [Claim(gap_of(name, episodes), None, None)]
        least = min(episodes for _, episodes in part.environments)
        found.append(Claim(ahead(least), 1.0, 0.0 if least >= EPISODES else None))
        runs = len(part.environments) * len(part.rates) * part.seeds
        found += [Claim(what(runs), None, None) for what in (lost, ran_away)]
    return list(dict.fromkeys(found))


REINFORCEMENT = Experiment(
    "reinforcement",
    "Reinforcement learning: the return of Q-learning",
    run,
    Config(
        environments=(("Acrobot-v1", 12), ("CartPole-v1", 100), ("MountainCar-v0", 15)),
        circuit_environments=(("Acrobot-v1", 3), ("CartPole-v1", 60), ("MountainCar-v0", 6)),
        rates=(0.001, 0.005),
        circuit_rates=(0.001,),
        start=500,
        seeds=1,
    ),
    Config(
        environments=tuple((name, EPISODES) for name in PUBLISHED),
        circuit_environments=tuple((name, 1000) for name in PUBLISHED),
        rates=(0.05, 0.01, 0.005, 0.001, 0.0005, 0.0001),
        circuit_rates=(0.001,),
    ),
    claims,
    draw,
    columns=("ideal", "native"),
    circuits=partial(in_closed_form, largest=LARGEST),
    fit=fit,
    compare=compare,
)

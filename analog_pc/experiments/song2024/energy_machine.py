"""The energy machine: two chains, one of which has twice the gain (Fig. 2, Extended Data).

::

               W1 (learned, 0 at first)      W2 = diag(1, 2) (fixed)
             +---- hidden 1 ------------------- output 1        input 1, target (1, 1), linear
    input ---+
             +---- hidden 2 ------------------- output 2

Backpropagation overshoots on the chain of the higher gain, whose gradient is 2 g^2 as steep; predictive
coding first finds the hidden activities that the target asks for, and steps towards those.

Closed forms: PC h_i = (w_i + g_i t) / (1 + g_i^2), w_i += lr (h_i - w_i); BP w_i += lr g_i (t - g_i w_i).
Published numbers: those, compared with the plots of experiments/nature_example_122 in the authors'
repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.energy_machine import OUTPUTS, draw
from analog_pc.experiments.song2024.figures.machine import player, write_machine
from analog_pc.experiments.song2024.machine import Motion, film_arrays, move
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import Relaxer

INPUT = np.ones((1, 1))
TARGET = np.ones((1, 2))
GAINS = (1.0, 2.0)

# Outputs after updates 1 ... 4, to the decimals that are given; half of the last one is the tolerance.
PC_PATH = ((0.6985, 1.1176), (0.9091, 0.9862), (0.9726, 1.0016), (0.9917, 0.9998))
BP_PATH = ((0.4, 1.6), (0.64, 0.64), (0.784, 1.216), (0.8704, 0.8704))
DIGITS = 5e-5
OVERSHOOT = quantity("largest overshoot of output 2")
DETOUR = quantity("way / distance, small steps")


@dataclass(frozen=True)
class Config:
    """Learning rates of the two rules (chosen by the authors so that both converge alike), and updates."""

    pc_rate: Positive = 1.39695
    bp_rate: Positive = 0.4
    updates: Count = 16
    slow: Positive = 0.02  # of the plain learning rates: how straight is the way when steps are small
    slow_updates: Count = 300
    motion: Motion = field(default_factory=Motion)


def machine_network(first: Floats | None = None) -> PredictiveCodingNetwork:
    """The two chains with given weights of the first layer, [2, 1]."""
    weights = np.zeros((2, 1)) if first is None else first
    return PredictiveCodingNetwork([weights, np.diag(GAINS)], activation="identity")


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Learn one point again and again; outputs before and after every update."""
    rate = config.bp_rate if relaxer.backpropagates else config.pc_rate
    jobs = {"plain": (rate, config.updates), "slow": (config.slow * rate, config.slow_updates)}
    plain, slow, film = cache.compute([*jobs, "film"], lambda name: _part(config, name, jobs, relaxer))
    outputs = plain["outputs"]
    values: dict[Quantity, float] = {}
    for k in range(1, min(5, len(outputs))):
        for unit in range(2):
            values[output(unit, k)] = float(outputs[k, unit])
    values[OVERSHOOT] = float(np.abs(outputs[1:, 1] - 1.0).max())
    values[DETOUR] = detour(slow["outputs"])
    arrays: dict[Quantity, Array] = {
        OUTPUTS: outputs,
        quantity("hidden"): plain["hidden"],
        quantity("slow"): slow["outputs"],
    }
    return Outcome(values, {**arrays, **(film_arrays(film, machine_network().depth) if film else {})})


def _part(
    config: Config, name: str, jobs: Mapping[str, tuple[float, int]], relaxer: Relaxer
) -> Mapping[str, Array]:
    if name in jobs:
        return learn(*jobs[name], relaxer)
    if relaxer.backpropagates:
        return {}  # nothing moves in backpropagation
    return move(machine_network(), relaxer, (config.pc_rate, 0.0), INPUT, TARGET, config.motion)


def learn(lr: float, updates: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """Outputs [updates + 1, 2] and hidden activities at rest [updates, 2]."""
    learner = Learner(machine_network(), relaxer, [lr, 0.0])
    outputs = [learner.predict(INPUT)[0]]
    hidden = []
    for _ in range(updates):
        hidden.append(learner.learn(INPUT, TARGET).activities[1][0])
        outputs.append(learner.predict(INPUT)[0])
    return {"outputs": np.array(outputs), "hidden": np.array(hidden)}


def detour(path: Floats) -> float:
    """Length of a path over the distance of its ends; 1 is a straight line."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / np.linalg.norm(path[-1] - path[0]))


def output(unit: int, update: int) -> Quantity:
    return quantity("output {unit} after update {update}", unit=unit + 1, update=update)


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for rule, path in (("pc", PC_PATH), ("bp", BP_PATH)):
        for k, point in enumerate(path, 1):
            found += [Claim(output(unit, k), value, DIGITS, rule) for unit, value in enumerate(point)]
    found += [Claim(OVERSHOOT, 0.118, 5e-4), Claim(OVERSHOOT, 0.6, 5e-4, "bp")]
    return [*found, Claim(DETOUR, None, 1e-4)]


ENERGY_MACHINE = Experiment(
    "energy-machine",
    "The energy machine: two chains of different gain",
    run,
    Config(slow_updates=100),
    Config(),
    claims,
    draw,
    extras=write_machine,
    player=player,
)

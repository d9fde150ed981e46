"""Seven contrastive rules on one resistive network: which two states teach best.

A 64-n-10 network of conductances and ideal diodes learns handwritten digits.  Every rule compares two states
of the network (`resistive/contrastive.py`); the exact gradient of the same network, by its adjoint circuit,
stands beside them as "backprop".

Published, for Hopfield networks in software: negative nudging is better than positive nudging (abstract of
Scellier, Ernoult, Kendall, Kumar, "Energy-based learning algorithms for analog computing: a comparative
study", 2023).  Numbers of these rules on resistive networks were not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Positive, Rates
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.scellier2023.figures.contrastive_learning import CURVE, EXACT, draw
from analog_pc.relaxers import Relaxer
from analog_pc.resistive import (
    CONTRASTIVE_RULES,
    Gradient,
    ResistiveNetwork,
    adjoint_gradient,
    contrastive_gradient,
    random_resistive_network,
    settle,
)
from analog_pc.training.datasets import load_dataset

SOURCE = (
    "Scellier, Ernoult, Kendall, Kumar, Energy-based learning algorithms for analog computing: "
    "a comparative study (2023)"
)
ERROR = "test error"
RATE = "learning rate, chosen on validation images"
DEAD = quantity("trainings that ended at a node without conductance")
NEGATIVE = quantity("share of families in which the negative rule is better than the positive one")
FAMILIES = ("ep", "cpl")
HELD_OUT = 0.2  # of the training images, where there are rates to choose from
DECAY = 0.95  # of the learning rate, an epoch


@dataclass(frozen=True)
class Config:
    """`rates`: one, or several that each rule chooses from on held-out training images; `gain`: of inputs."""

    rates: Rates = (0.02,)
    epochs: Count = 6
    seeds: Count = 3
    hidden: Count = 64
    batch: Count = 16
    gain: Positive = 20.0


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    rules = (EXACT,) if relaxer.backpropagates else tuple(CONTRASTIVE_RULES)
    chosen = dict.fromkeys(rules, config.rates[0])
    if len(config.rates) > 1:
        chosen = _choose(config, rules, cache)
    names = [f"{rule}, lr {chosen[rule]:g}, seed {seed}" for rule in rules for seed in range(config.seeds)]
    cases = [(rule, seed) for rule in rules for seed in range(config.seeds)]
    by_name = dict(zip(names, cases, strict=True))

    def train(name: str) -> Mapping[str, Array]:
        rule, seed = by_name[name]
        return _train(config, rule, chosen[rule], seed, held_out=False)

    found = cache.compute(names, train)
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for rule in rules:
        curves = np.array([part["errors"] for (r, _), part in zip(cases, found, strict=True) if r == rule])
        arrays[CURVE.at(rule=rule)] = curves
        values[_named(ERROR, rule)] = float(curves[:, -1].mean())
        values[_named(RATE, rule)] = chosen[rule]
    if not relaxer.backpropagates:
        better = [values[_named(ERROR, f"n-{f}")] < values[_named(ERROR, f"p-{f}")] for f in FAMILIES]
        values[NEGATIVE] = float(np.mean(better))
    values[DEAD] = float(sum(bool(part["dead"]) for part in found))
    return Outcome(values, arrays, (_note(config),))


def _named(name: str, rule: str) -> Quantity:
    """The exact gradient is the column "backprop" of quantities that have no rule."""
    return quantity(f"{name}, exact gradient") if rule == EXACT else quantity(name, rule=rule)


def _note(config: Config) -> str:
    devices = random_resistive_network((64, config.hidden, 10)).devices
    phases = {rule.phases for rule in CONTRASTIVE_RULES.values()}
    return (
        f"{devices} conductances, no amplifier; {min(phases)} to {max(phases)} relaxations a sample and one "
        "stored square a conductance, where a predictive coding network needs one relaxation and stores none"
    )


def _choose(config: Config, rules: Sequence[str], cache: ResultCache) -> dict[str, float]:
    """The rate of each rule with the least mean error on held-out training images."""
    cases = {
        f"{rule}, lr {rate:g}, seed {seed}, held out": (rule, rate, seed)
        for rule in rules
        for rate in config.rates
        for seed in range(config.seeds)
    }
    found = cache.compute(list(cases), lambda name: _train(config, *cases[name], held_out=True))
    errors = {case: float(part["errors"][-1]) for case, part in zip(cases.values(), found, strict=True)}

    def mean(rule: str, rate: float) -> float:
        return float(np.mean([errors[rule, rate, seed] for seed in range(config.seeds)]))

    return {rule: min(config.rates, key=lambda rate: mean(rule, rate)) for rule in rules}


def _train(config: Config, rule: str, rate: float, seed: int, *, held_out: bool) -> Mapping[str, Array]:
    """Errors after every epoch; on held-out training images, or on the test images."""
    data = load_dataset("digits", seed)
    inputs = data.train_inputs
    targets = data.one_hot(data.train_labels)
    tests = (data.test_inputs, data.test_labels)
    if held_out:
        kept = round((1.0 - HELD_OUT) * len(inputs))
        tests = (inputs[kept:], data.train_labels[kept:])
        inputs = inputs[:kept]
        targets = targets[:kept]
    network = random_resistive_network(
        (inputs.shape[1], config.hidden, data.classes), gain=config.gain, seed=seed
    )
    rng = np.random.default_rng(seed)
    errors = np.ones(config.epochs)
    for epoch in range(config.epochs):
        order = rng.permutation(len(inputs))
        for start in range(0, len(order), config.batch):
            some = order[start : start + config.batch]
            try:
                gradient = _gradient(network, inputs[some], targets[some], rule)
            except FloatingPointError:
                return {"errors": errors, "dead": np.array(True)}
            network = _descend(network, gradient, rate * DECAY**epoch / len(some))
        state = settle(network, tests[0])
        wrong = state.output.argmax(axis=1) != tests[1]
        errors[epoch] = float((wrong | ~state.relaxation.converged).mean())
    return {"errors": errors, "dead": np.array(False)}


def _gradient(network: ResistiveNetwork, inputs: Floats, targets: Floats, rule: str) -> Gradient:
    if rule == EXACT:
        return adjoint_gradient(network, inputs, targets)
    return contrastive_gradient(network, inputs, targets, CONTRASTIVE_RULES[rule])


def _descend(network: ResistiveNetwork, gradient: Gradient, rate: float) -> ResistiveNetwork:
    """One step; a conductance cannot fall below 0."""
    conductances = zip(network.G, gradient.conductances, strict=True)
    currents = zip(network.b, gradient.currents, strict=True)
    return network.with_parameters(
        [np.maximum(0.0, g - rate * slope) for g, slope in conductances],
        [b - rate * slope for b, slope in currents],
    )


def claims(config: Config) -> Sequence[Claim]:
    """The sign of nudging was published; errors of these networks were not."""
    found = [Claim(NEGATIVE, 1.0, 0.0, id="negative-better")]
    quantities = [ERROR, RATE] if len(config.rates) > 1 else [ERROR]
    for name in quantities:
        short = "error" if name == ERROR else "rate"
        found += [Claim(_named(name, r), None, None, id=f"{short}@rule={r}") for r in CONTRASTIVE_RULES]
        found.append(Claim(_named(name, EXACT), None, None, rule="bp", id=f"{short}@exact-gradient"))
    return [*found, Claim(DEAD, None, None, id="dead")]


CONTRASTIVE_LEARNING = Experiment(
    "contrastive-learning",
    "Contrastive rules on a resistive network with diodes",
    run,
    Config(),
    Config(rates=(0.02, 0.05, 0.1), epochs=30, seeds=5),
    claims,
    draw,
    source=SOURCE,
    columns=("ideal",),
)

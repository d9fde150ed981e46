"""Incremental predictive coding: activities and weights move together, and what that saves and costs.

1. A clockless circuit (`testbench.continuous`), 5-7-6-4 tanh: weights are slow states of the same gradient
   flow, `slowness` = tau_w / tau times slower than activities.  The energy falls at every step of the whole
   trial while the target is shown; so it does in 500 discrete steps (lr 0.01, dt 0.1).
2. Digits, 64-32-10 sigmoid, batches of 32, T = 20 x-steps of dt = 0.3: how many x-steps and how many writes
   it takes to a test error of 5 %, for predictive coding (one write after T x-steps), its incremental form
   (a write with every x-step) and backpropagation.  Rates are chosen on a validation split.

No 1/T: that the incremental rule needs T times fewer x-steps is not what is found here.  It writes many
times as often, which counts where writes wear a device out.

Source: Salvatori, Song, Yordanov, Millidge, Sha, Emde, Xu, Bogacz, Lukasiewicz, ICLR 2024.  Its tables were
not at hand: nothing here is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import train_test_split

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Natural, Positive, Rates
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.salvatori2024.figures.incremental_pc import (
    ENERGIES,
    ERRORS,
    TIMES,
    WRITES,
    X_STEPS,
    draw,
)
from analog_pc.experiments.salvatori2024.stepping import Course, Data, Schedule, train
from analog_pc.experiments.song2020.angles import drawn_network
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.learning import IncrementalPredictiveCoding
from analog_pc.relaxers import CircuitRelaxer, Relaxer
from analog_pc.simulators import Ngspice
from analog_pc.technology import Technology, technology
from analog_pc.technology.non_idealities import present
from analog_pc.testbench import ContinuousTestbench, flow_of, run_continuous
from analog_pc.testbench.continuous import Waveforms
from analog_pc.testbench.continuous.circuit import EDGE
from analog_pc.testbench.continuous.run import PRECISION
from analog_pc.testbench.testbench import learning_parts
from analog_pc.training import load_dataset

SOURCE = (
    "Salvatori, Song, Yordanov, Millidge, Sha, Emde, Xu, Bogacz, Lukasiewicz, ICLR 2024; no published number "
    "is compared"
)
FALLING = 0.01  # of the steps may rise
GAP = 1.5  # points between the final test errors of ipc and pc
LOSS_TOLERANCE = 1e-3  # of the first loss: `continuous.compare` permits as much of the largest change
REAL_PRECISION = 1e-5  # of a step, where amplifiers have poles
POINTS = 2001  # of the differential equation


@dataclass(frozen=True)
class Config:
    """`slownesses` of the clockless trials, which show the target for `learn` tau_w; `steps` discrete ones.

    Digits: `epochs` at most, `seeds` of data split and weights, `x_steps` T of `dt` a batch of `batch`,
    rates to choose from, and the test `error` that is to be reached.

    `chips` of `real_technology` also run the first clockless trial, on ngspice (0: none).
    """

    slownesses: Rates = (10.0, 30.0, 100.0)
    learn: Positive = 1.0
    steps: Count = 500
    epochs: Count = 40
    seeds: Count = 3
    x_steps: Count = 20
    dt: Positive = 0.3
    batch: Count = 32
    error: Positive = 0.05
    pc_rates: Rates = (0.1, 0.3, 0.5)
    ipc_rates: Rates = (0.03, 0.1, 0.2)
    bp_rates: Rates = (0.1, 0.3, 0.5)
    chips: Natural = 3
    real_technology: str = "cmos65-rram"

    def __post_init__(self) -> None:
        technology(self.real_technology)  # is there one of that name?

    def schedule(self, rule: str, lr: float) -> Schedule:
        return Schedule(rule, lr, self.x_steps, self.dt, self.batch)

    def rates(self, rule: str) -> Rates:
        return {"pc": self.pc_rates, "ipc": self.ipc_rates, "bp": self.bp_rates}[rule]


def falling(slowness: float) -> Quantity:
    return quantity("share of steps at which the energy does not rise, clockless", slowness=slowness)


def loss_left(slowness: float) -> Quantity:
    return quantity("loss after the clockless trial / before", slowness=slowness)


def real_falling(slowness: float, name: str) -> Quantity:
    return quantity("smallest share of falling steps over chips", slowness=slowness, technology=name)


def real_loss(slowness: float, name: str) -> Quantity:
    return quantity("loss left, mean over chips", slowness=slowness, technology=name)


DISCRETE = quantity("share of steps at which the energy does not rise, lr 0.01, dt 0.1")
RATIO_STEPS = quantity("x-steps, incremental / pc")
RATIO_WRITES = quantity("writes, incremental / pc")
FINAL_GAP = quantity("test error of the last epoch, incremental less pc, points")


def count(what: str, rule: str) -> Quantity:
    return quantity(f"{what} to the test error", rule=rule)


def final(rule: str) -> Quantity:
    return quantity("test error, mean of the last epoch, %", rule=rule)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Counts on digits belong to the mathematics; clockless trials to equation and circuits."""
    if relaxer.backpropagates:
        return counts(config, ("bp",), cache)
    names = {f"slowness{s:g}": s for s in config.slownesses}
    found = cache.compute(list(names), lambda name: trial(config, names[name], relaxer))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for slowness, part in zip(names.values(), found, strict=True):
        values[falling(slowness)] = float(np.mean(np.diff(part["energy"]) <= 0.0))
        values[loss_left(slowness)] = float(part["loss"][1] / part["loss"][0])
        arrays |= {TIMES.at(slowness=slowness): part["times"], ENERGIES.at(slowness=slowness): part["energy"]}
    if isinstance(relaxer, CircuitRelaxer):
        return Outcome({**values, **real_chips(config, relaxer, cache)}, arrays)
    values[DISCRETE] = discrete_share(config.steps)
    digits = counts(config, ("pc", "ipc"), cache)
    return Outcome({**values, **digits.values}, {**arrays, **digits.arrays}, digits.notes, digits.facts)


def trial(config: Config, slowness: float, relaxer: Relaxer) -> Mapping[str, Array]:
    """Energy [points] while the target is shown, and the loss of the predictions before and after."""
    network, inputs, target = drawn_network(0)
    bench = ContinuousTestbench(
        network, inputs[0], target[0], slowness, learn=config.learn * slowness, again=30.0
    )
    if isinstance(relaxer, CircuitRelaxer):
        bench = replace(bench, technology=_parts(relaxer), seed=relaxer.seed)
        precision = REAL_PRECISION if present(relaxer.technology) else PRECISION
        waves = run_continuous(bench, simulator=relaxer.simulator, precision=precision)
    else:
        waves = flow_of(bench, np.linspace(0.0, bench.duration, POINTS))
    energy = energies(network, waves)
    shown = (waves.times > bench.predict + 2.0 * EDGE) & (waves.times <= bench.predict + bench.learn)
    before = int(np.searchsorted(waves.times, bench.predict)) - 1
    output = waves.activities[-1][[before, -1]]
    loss = 0.5 * ((np.asarray(bench.target) - output) ** 2).sum(axis=1)
    return {"times": waves.times[shown] - bench.predict, "energy": energy[shown], "loss": loss}


def real_chips(config: Config, relaxer: CircuitRelaxer, cache: ResultCache) -> dict[Quantity, float]:
    """The trial of the first slowness on chips of a realistic technology, if the column's parts are ideal.

    Their amplifiers are real; weights are still voltages on capacitors, and multipliers have no errors.
    """
    if not (isinstance(relaxer.simulator, Ngspice) and config.chips) or present(relaxer.technology):
        return {}
    parts = technology(config.real_technology)
    slowness = config.slownesses[0]
    chips = {f"{parts.name}-chip{k}": CircuitRelaxer(Ngspice(), parts, k) for k in range(config.chips)}
    found = cache.compute(list(chips), lambda name: trial(config, slowness, chips[name]))
    shares = [float(np.mean(np.diff(part["energy"]) <= 0.0)) for part in found]
    left = [float(part["loss"][1] / part["loss"][0]) for part in found]
    return {
        real_falling(slowness, parts.name): min(shares),
        real_loss(slowness, parts.name): float(np.mean(left)),
    }


def _parts(relaxer: CircuitRelaxer) -> Technology:
    """Amplifiers of the testbench where parts are ideal; else the relaxer's technology."""
    return learning_parts() if relaxer.technology.name == "ideal" else relaxer.technology


def energies(network: PredictiveCodingNetwork, waves: Waveforms) -> Floats:
    """1/2 sum_l precision_l |x_l - W_l f(x_{l-1})|^2 with the weights of the moment, [points]."""
    total = np.zeros(len(waves.times))
    for layer, weights in enumerate(waves.weights):
        rates = network.activation_of(layer).f(waves.activities[layer])
        eps = waves.activities[layer + 1] - np.einsum("tij,tj->ti", weights, rates)
        total += 0.5 * network.precision_of(layer + 1) * (eps * eps).sum(axis=1)
    return total


class _Weights:
    """What the rule reads: the network of the moment, and its own transposes."""

    def __init__(self, network: PredictiveCodingNetwork) -> None:
        self.network = network

    @property
    def feedback(self) -> tuple[Floats, ...]:
        return self.network.W


def discrete_share(steps: int, lr: float = 0.01, gamma: float = 0.1) -> float:
    """Share of steps of the incremental rule at which the energy does not rise."""
    network, inputs, target = drawn_network(0)
    weights = _Weights(network)
    energy = []
    for factors in IncrementalPredictiveCoding(steps, gamma).updates(weights, inputs, target):  # type: ignore[arg-type]
        energy.append(factors.energy)
        change = factors.update(lr)
        network = weights.network
        weights.network = network.with_parameters(
            [w + d for w, d in zip(network.W, change.weights, strict=True)], network.b
        )
    return float(np.mean(np.diff(energy) <= 0.0))


def counts(config: Config, rules: Sequence[str], cache: ResultCache) -> Outcome:
    """Medians over seeds of x-steps and writes to the error, mean final errors, and one course of each."""
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    facts = {}
    for rule in rules:
        names = [f"{rule}-seed{seed}" for seed in range(config.seeds)]
        found = cache.compute(names, lambda name: learned(config, *name.split("-seed")))
        values[count("x-steps", rule)] = float(np.median([part["reached"][0] for part in found]))
        values[count("writes", rule)] = float(np.median([part["reached"][1] for part in found]))
        values[final(rule)] = 100.0 * float(np.mean([part["final"] for part in found]))
        arrays |= {
            ERRORS.at(rule=rule): found[0]["errors"],
            X_STEPS.at(rule=rule): found[0]["x_steps"],
            WRITES.at(rule=rule): found[0]["writes"],
        }
        facts[f"learning rates, {rule}"] = ", ".join(f"{float(part['lr']):g}" for part in found)
    if "ipc" not in rules:
        return Outcome(values, arrays, facts=facts)
    values[RATIO_STEPS] = values[count("x-steps", "ipc")] / values[count("x-steps", "pc")]
    values[RATIO_WRITES] = values[count("writes", "ipc")] / values[count("writes", "pc")]
    values[FINAL_GAP] = values[final("ipc")] - values[final("pc")]
    note = (
        f"On digits the incremental rule reaches {100.0 * config.error:g} % with {values[RATIO_STEPS]:.2f} "
        f"of the x-steps of predictive coding (1/T would be {1.0 / config.x_steps:g}) and "
        f"{values[RATIO_WRITES]:.1f} times its writes, each of them to every device (medians of "
        f"{config.seeds} seeds)."
    )
    return Outcome(values, arrays, (note,), facts)


def learned(config: Config, rule: str, seed: str) -> Mapping[str, Array]:
    """The course on the test part, at the rate that is the quickest on a validation part."""
    data = load_dataset("digits", int(seed))
    fit, held, fit_labels, held_labels = train_test_split(
        data.train_inputs,
        data.train_labels,
        test_size=0.2,
        random_state=int(seed),
        stratify=data.train_labels,
    )
    validation = Data(fit, fit_labels, held, held_labels)
    courses = {
        lr: train(validation, config.schedule(rule, lr), config.epochs, int(seed), stop=config.error)
        for lr in config.rates(rule)
    }
    lr = min(courses, key=lambda rate: courses[rate].reached(config.error)[1])
    whole = Data(data.train_inputs, data.train_labels, data.test_inputs, data.test_labels)
    course: Course = train(whole, config.schedule(rule, lr), config.epochs, int(seed))
    return {
        "reached": np.array(course.reached(config.error)),
        "errors": course.errors,
        "x_steps": course.x_steps,
        "writes": course.write_counts,
        "final": course.errors[-(len(whole.labels) // config.batch) :].mean(),
        "lr": np.array(lr),
    }


def fit(config: Config, column: str) -> Config:
    """The native simulator takes one slowness: many slow states are not what it is quick at."""
    return replace(config, slownesses=config.slownesses[-1:]) if column == "native" else config


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for s in config.slownesses:
        found += [
            Claim(falling(s), None, FALLING, id=f"falling@slowness={s:g}", derived=1.0),
            Claim(loss_left(s), None, LOSS_TOLERANCE, id=f"loss-left@slowness={s:g}"),
        ]
    if config.chips:
        name = config.real_technology
        s = config.slownesses[0]
        found += [
            Claim(real_falling(s, name), None, None, id=f"falling@slowness={s:g},technology={name}"),
            Claim(real_loss(s, name), None, None, id=f"loss-left@slowness={s:g},technology={name}"),
        ]
    found.append(Claim(DISCRETE, None, FALLING, id="falling@discrete", derived=1.0))
    for rule in ("pc", "ipc"):
        found += [
            Claim(count("x-steps", rule), None, None, id=f"x-steps@{rule}"),
            Claim(count("writes", rule), None, None, id=f"writes@{rule}"),
            Claim(final(rule), None, None, id=f"final-error@{rule}"),
        ]
    return [
        *found,
        Claim(count("writes", "bp"), None, None, "bp", id="writes@bp"),
        Claim(final("bp"), None, None, "bp", id="final-error@bp"),
        Claim(RATIO_STEPS, None, None, id="x-steps-ratio@ipc/pc"),
        Claim(RATIO_WRITES, None, None, id="writes-ratio@ipc/pc"),
        Claim(FINAL_GAP, None, GAP, id="final-error-gap@ipc-pc", derived=0.0),
    ]


INCREMENTAL_PC = Experiment(
    "incremental-pc",
    "Incremental predictive coding: falling energy without a clock, and what it counts",
    run,
    Config(),
    Config(slownesses=(3.0, 10.0, 30.0, 100.0, 300.0), epochs=100, seeds=10),
    claims,
    draw,
    source=SOURCE,
    fit=fit,
)

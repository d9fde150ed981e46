"""Predictive coding and seven contrastive rules on one chip: errors, costs, and the read noise they bear.

A 64-n-10 network of each kind learns handwritten digits: conductances and ideal diodes, taught by the rules
of `CONTRASTIVE_RULES`, and a predictive coding network of sigmoids.  Devices, pulses, images, batches, passes
are the same; each rule chooses its learning rate among as many, on held-out training images, for each
device and noise.  The exact gradients of both networks stand beside them as "backprop".

Published, for Hopfield networks in software, is a comparison of the contrastive rules (Scellier, Ernoult,
Kendall, Kumar 2023).  Predictive coding beside them, on the same devices, was not published; neither were
these costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Positive, Rates
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.scellier2023.contenders import (
    EXACT,
    IDEAL,
    Budget,
    Choice,
    Condition,
    possible,
    resistive_volts,
    train,
)
from analog_pc.experiments.scellier2023.contrastive_learning import SOURCE
from analog_pc.experiments.scellier2023.figures.same_hardware import ERRORS, PARTS, draw
from analog_pc.experiments.scellier2023.hardware_costs import StepCosts
from analog_pc.experiments.scellier2023.noise_tolerance import GOOD
from analog_pc.experiments.scellier2023.trained_networks import (
    BORNE,
    FIXED_BETA,
    LARGEST,
    SIZED,
    SLOPE,
    TRAINED,
    measured_costs,
    measured_noise,
    noise_quantities,
)
from analog_pc.relaxers import Relaxer
from analog_pc.resistive import CONTRASTIVE_RULES
from analog_pc.technology import technology

RULES = (*CONTRASTIVE_RULES, "pc")
TWINS = (EXACT, "bp")
COSTED = (*RULES, SIZED)
NOISY = ("c-ep", "pc")  # that are trained with read noise

ERROR = quantity("test error")
JOULES = quantity("write energy a sample, J")
PULSES = quantity("pulses a device and 1000 samples")
SECONDS = quantity("write time a sample, s")
EDGE = quantity("choices at the end of the grid of rates")
COSTS = {
    "phases": "states a sample settles to",
    "memories": "stored values, of devices",
    "node_memories": "stored values, of nodes",
    "amplifiers": "amplifiers, activation circuits and gates",
    "devices": "devices",
    "settling": "settling, s",
    "latency": "latency, s",
    "converters": "energy of converters, J",
    "arrays": "energy of arrays, J",
    "capacitors": "energy of capacitors, J",
    "amplifier": "energy of amplifiers, J",
    "joules": "energy of a learning step, J",
    "reading": "conversions of all that is read, J",
    "predict": "energy of a prediction, J",
    "thermal": "thermal noise of a hidden node, V",
}
SHORT = {"memories": "device-memories", "node_memories": "node-memories", "joules": "energy"}


@dataclass(frozen=True)
class Config:
    """How the contenders are trained.

    Parameters
    ----------
    resistive_rates, layered_rates
        Learning rates of the two kinds of networks, each rule choosing one; as many of each.
    headrooms
        Range of the devices over the largest value of the start, chosen with the rate.
    devices, schemes
        Of weights, and how they are written; the device "ideal" is exact numbers, written exactly.
    noises
        Read noise in V, rms, with which the rules of `NOISY` are trained besides, on ideal devices.
    tuning_seeds
        Splits on which rates are compared.
    gain
        Of the inputs of resistive networks.
    technology
        Supply, conductances, capacitances and amplifiers.
    """

    resistive_rates: Rates = (0.01, 0.03, 0.1)
    layered_rates: Rates = (0.05, 0.1, 0.2)
    headrooms: Rates = (4.0,)
    devices: tuple[str, ...] = (IDEAL, "ecram")
    schemes: tuple[str, ...] = ("trains", "mixed-precision")
    noises: tuple[Positive, ...] = (1e-4, 1e-3, 1e-2)
    epochs: Count = 6
    seeds: Count = 2
    tuning_seeds: Count = 2
    hidden: Count = 64
    batch: Count = 16
    gain: Positive = 20.0
    technology: str = "cmos130-rram"


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    conditions = _conditions(config, TWINS if relaxer.backpropagates else RULES)
    budget = Budget(config.epochs, config.batch, config.hidden, config.gain, technology(config.technology))
    choices = _choose(config, budget, conditions, cache)
    cases = {
        _name(condition, choices[condition], seed): (condition, choices[condition], seed)
        for condition in conditions
        for seed in range(config.seeds)
    }
    found = cache.compute(list(cases), lambda name: train(budget, *cases[name]))
    parts: dict[Condition, list[Mapping[str, Array]]] = {condition: [] for condition in conditions}
    for (condition, _, _), part in zip(cases.values(), found, strict=True):
        parts[condition].append(part)
    values: dict[Quantity, float] = {EDGE: float(sum(_at_end(config, c, choices[c]) for c in conditions))}
    arrays: dict[Quantity, Array] = {}
    for condition, several in parts.items():
        curves = np.array([part["errors"] for part in several])
        arrays[_of(ERRORS, condition)] = curves
        values[_of(ERROR, condition)] = float(curves[:, -1].mean())
        values |= _writing(condition, several)
    if relaxer.backpropagates:
        return Outcome(values, arrays)
    costs, noise = _physics(budget, parts, cache)
    values |= {quantity(COSTS[key], rule=rule): float(v) for rule, key, v in _each(costs)}
    values |= {k: float(v) for k, v in noise.items() if np.ndim(v) == 0}
    arrays |= {k: v for k, v in noise.items() if np.ndim(v)}
    shown = [rule for rule in COSTED if rule in costs]
    for group, of in PARTS.items():
        arrays[of] = np.array([costs[rule][group] for rule in shown])
    return Outcome(values, arrays, _notes(config, costs, values))


def _conditions(config: Config, rules: Sequence[str]) -> list[Condition]:
    """Rules on devices, written by every scheme; and those that are trained with read noise."""
    found = []
    for rule in rules:
        for device in config.devices:
            schemes = (EXACT,) if device == IDEAL else config.schemes
            found += [Condition(rule, device, scheme) for scheme in schemes]
        if rule in NOISY:
            found += [Condition(rule, IDEAL, EXACT, noise) for noise in config.noises]
    return [condition for condition in found if possible(condition)]


def _rates(config: Config, condition: Condition) -> Rates:
    return config.resistive_rates if condition.resistive else config.layered_rates


def _at_end(config: Config, condition: Condition, choice: Choice) -> bool:
    """Whether a rate beyond the grid may have been better."""
    rates = _rates(config, condition)
    return choice.rate in (min(rates), max(rates))


def _choose(
    config: Config, budget: Budget, conditions: Sequence[Condition], cache: ResultCache
) -> dict[Condition, Choice]:
    """The rate and headroom of each condition with the least mean error on held-out training images."""
    tried: dict[Condition, list[Choice]] = {}
    for condition in conditions:
        # Exact numbers have no range.
        headrooms = config.headrooms[:1] if condition.device == IDEAL else config.headrooms
        tried[condition] = [Choice(r, h) for r in _rates(config, condition) for h in headrooms]
    cases = {
        f"{_name(condition, choice, seed)}, held out": (condition, choice, seed)
        for condition in conditions
        for choice in tried[condition]
        for seed in range(config.tuning_seeds)
        if len(tried[condition]) > 1
    }
    found = cache.compute(list(cases), lambda name: train(budget, *cases[name], held_out=True))
    errors = {case: float(part["errors"][-1]) for case, part in zip(cases.values(), found, strict=True)}

    def mean(condition: Condition, choice: Choice) -> float:
        several = [errors[case] for case in errors if case[:2] == (condition, choice)]
        return float(np.mean(several)) if several else 0.0  # the only choice

    return {one: min(tried[one], key=partial(mean, one)) for one in conditions}


def _name(condition: Condition, choice: Choice, seed: int) -> str:
    where = f"{condition.rule}, {condition.device}, {condition.scheme}, {condition.noise:g} V"
    return f"{where}, lr {choice.rate:g}, headroom {choice.headroom:g}, seed {seed}"


def _of(of: Quantity, condition: Condition) -> Quantity:
    """A quantity of a condition; without noise, and of ideal devices without a scheme, it is not said."""
    said: dict[str, Any] = {"rule": condition.rule, "device": condition.device}
    if condition.device != IDEAL:
        said["scheme"] = condition.scheme
    if condition.noise:
        said["noise"] = condition.noise
    return of.at(**said)


def _writing(condition: Condition, parts: Sequence[Mapping[str, Array]]) -> dict[Quantity, float]:
    """Costs of writing, means over the seeds; nothing for ideal devices."""
    if condition.device == IDEAL:
        return {}
    pulses, joules, seconds, _, devices = np.mean([part["writes"] for part in parts], axis=0)
    images = float(np.mean([part["images"] for part in parts]))
    return {
        _of(JOULES, condition): float(joules / images),
        _of(SECONDS, condition): float(seconds / images),
        _of(PULSES, condition): float(1000.0 * pulses / devices / images),
    }


def _physics(
    budget: Budget, parts: Mapping[Condition, Sequence[Mapping[str, Array]]], cache: ResultCache
) -> tuple[dict[str, Mapping[str, float]], dict[Quantity, Any]]:
    """Costs by rule, and noise, of the networks that the first seed trained on ideal devices."""
    needed = {rule: parts.get(Condition(rule, IDEAL, EXACT), [{"dead": np.array(True)}])[0] for rule in NOISY}
    if any(bool(part["dead"]) for part in needed.values()):
        return {}, {}

    def compute(name: str) -> Mapping[str, Array]:
        if name == "costs":
            return measured_costs(budget, needed)
        return measured_noise(budget, needed)

    costs, noise = cache.compute(["costs", "noise"], compute)
    by_rule: dict[str, Mapping[str, float]] = {}
    for rule in COSTED:
        one = StepCosts(*costs[rule].tolist())
        by_rule[rule] = one._asdict() | {"joules": one.joules}
    return by_rule, noise_quantities(noise)


def _each(costs: Mapping[str, Mapping[str, float]]) -> list[tuple[str, str, float]]:
    return [(rule, key, value) for rule, one in costs.items() for key, value in one.items()]


def _notes(
    config: Config, costs: Mapping[str, Mapping[str, float]], values: Mapping[Quantity, float]
) -> tuple[str, ...]:
    chip = technology(config.technology)
    volts = resistive_volts(chip, config.gain)
    found = [
        f"Both networks: 64-{config.hidden}-10, batches of {config.batch}, {config.epochs} passes, rates "
        f"chosen among {len(config.resistive_rates)} on {config.tuning_seeds} split(s) of the training "
        f"images; {values[EDGE]:.0f} choices are at an end of the grid.",
        f"Resistive network: one device a conductance, g_min/g_max = {chip.g_min / chip.g_max:.3g}; its "
        f"sources use the whole supply of {chip.supply:g} V, so that 1 is {1e3 * volts:.3g} mV. Diodes are "
        "ideal; the drop of real ones is larger than these voltages. Its update is no outer product: "
        "'trains' write it row by row, those of predictive coding in parallel, sample by sample.",
        "Not counted: the squarer and the store at each device that rules of two states need, or else the "
        "conversions in their own row; drivers of write pulses; a negative spring is taken as one amplifier.",
        "A one-sided device (pcm) holds a weight in a pair; a conductance has no sign, so that no resistive "
        "network is trained on it.",
        "'exact' and 'bp' are gradients, not circuits: they have no costs.",
    ]
    if not costs:
        return (*found, "No costs and no read noise: a training that they need ended early.")
    return (*found, *_comparisons(costs, values))


def _comparisons(
    costs: Mapping[str, Mapping[str, float]], values: Mapping[Quantity, float]
) -> tuple[str, ...]:
    least = costs[TRAINED]["joules"]
    layered = costs["pc"]["joules"] / least
    sized = costs[SIZED]["joules"] / least
    energy = (
        f"Energy of a learning step before writing: C-EP {least:.2g} J, predictive coding "
        f"{layered:.3g} times as much, and {sized:.3g} times with "
        "the smallest node capacitors that keep this network stable; amplifiers take most of it."
    )
    borne = values[BORNE.at(rule="pc")]
    best = values[BORNE.at(rule="c-ep", beta="best")]
    fixed = values[BORNE.at(rule="c-ep", beta=FIXED_BETA)]
    noise = (
        f"Read noise at which the update still has a cosine of {GOOD:g}: predictive coding {borne:.2g} V, "
        f"C-EP {best:.2g} V at its best beta within the supply and {fixed:.2g} V at beta "
        f"{FIXED_BETA:g} (nudged by currents); nan: beyond the grid. "
        f"The thermal noise of a hidden node is {costs['pc']['thermal']:.2g} V "
        f"({costs[SIZED]['thermal']:.2g} V with the smallest capacitors) and "
        f"{costs[TRAINED]['thermal']:.2g} V: the resistive network has no capacitors but its lines."
    )
    return energy, noise


def claims(config: Config) -> Sequence[Claim]:
    """Nothing of this was published.  The slope is derived: signal and bias of a difference over 2 beta do
    not depend on the noise, and what noise adds is proportional to noise / beta.  Its tolerance: four batches
    of two draws leave a few percent of a cosine, over two decades or more."""
    found = []
    for rules, kind in ((RULES, "pc"), (TWINS, "bp")):
        for condition in _conditions(config, rules):
            found.append(_unpublished(ERROR, condition, "error", kind))
            if condition.device != IDEAL:
                found += [
                    _unpublished(JOULES, condition, "write-energy", kind),
                    _unpublished(SECONDS, condition, "write-time", kind),
                    _unpublished(PULSES, condition, "pulses", kind),
                ]
    for key, name in COSTS.items():
        short = SHORT.get(key, key)
        found += [Claim(quantity(name, rule=rule), None, None, id=f"{short}@{rule}") for rule in COSTED]
    found += [
        Claim(SLOPE, None, 0.1, id="beta-min-slope", derived=1.0),
        Claim(LARGEST, None, None, id="largest-beta"),
        Claim(BORNE.at(rule="pc"), None, None, id="noise-borne@pc"),
        Claim(BORNE.at(rule="c-ep", beta="best"), None, None, id="noise-borne@c-ep,best-beta"),
        Claim(BORNE.at(rule="c-ep", beta=FIXED_BETA), None, None, id=f"noise-borne@c-ep,beta={FIXED_BETA:g}"),
        Claim(EDGE, None, None, id="edge-choices"),
    ]
    return found


def _unpublished(of: Quantity, condition: Condition, short: str, kind: str) -> Claim:
    ends = [condition.rule, condition.device]
    if condition.device != IDEAL:
        ends.append(condition.scheme)
    if condition.noise:
        ends.append(f"noise={condition.noise:g}")
    return Claim(_of(of, condition), None, None, rule=kind, id=f"{short}@{','.join(ends)}")


SAME_HARDWARE = Experiment(
    "same-hardware",
    "Predictive coding and contrastive rules on the same devices",
    run,
    Config(),
    Config(
        resistive_rates=(0.01, 0.03, 0.1, 0.3),
        layered_rates=(0.02, 0.05, 0.1, 0.2),
        headrooms=(2.0, 5.0),
        devices=(IDEAL, "ecram", "ecram-mo", "capacitor", "reram-sb", "pcm"),
        noises=(3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
        epochs=20,
        seeds=5,
    ),
    claims,
    draw,
    source=SOURCE,
    columns=(IDEAL,),
)

"""Predictive coding and seven contrastive rules on one chip: errors, costs, the noise and parts they bear.

A network of each kind with as many hidden nodes learns images: conductances and ideal diodes, taught by the
rules of `CONTRASTIVE_RULES`, and a predictive coding network of sigmoids, taught by predictive coding and by
equilibrium propagation (`pcn-c-ep`).  Devices, pulses, images, batches, passes are the same; each rule
chooses its learning rate among as many, on held-out training images, for each device, noise and
non_ideality.  The exact gradients of both networks stand beside them as "backprop".

Published, for Hopfield networks in software, is a comparison of the contrastive rules (Scellier, Ernoult,
Kendall, Kumar 2023).  Predictive coding beside them, on the same devices, was not published; neither were
these costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.scellier2023.conditions import (
    COMPARED,
    Config,
    at_end,
    choose,
    conditions_of,
    name_of,
    quantity_of,
)
from analog_pc.experiments.scellier2023.contenders import (
    EXACT,
    IDEAL,
    PROPAGATED,
    Budget,
    Condition,
    resistive_volts,
    train,
)
from analog_pc.experiments.scellier2023.contrastive_learning import SOURCE
from analog_pc.experiments.scellier2023.figures.same_hardware import AS_MADE, ERRORS, PARTS, draw
from analog_pc.experiments.scellier2023.hardware_costs import StepCosts
from analog_pc.experiments.scellier2023.noise_tolerance import GOOD
from analog_pc.experiments.scellier2023.trained_networks import (
    BORNE,
    FIXED_BETA,
    LARGEST,
    SIZED,
    SLOPE,
    TRAINED,
    errors_as_made,
    measured_costs,
    measured_noise,
    noise_quantities,
)
from analog_pc.relaxers import Relaxer
from analog_pc.reporting.text import counted
from analog_pc.resistive import CONTRASTIVE_RULES
from analog_pc.technology import technology

RULES = (*CONTRASTIVE_RULES, "pc", PROPAGATED)
TWINS = (EXACT, "bp")
COSTED = (*CONTRASTIVE_RULES, "pc", SIZED)

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


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    conditions = conditions_of(config, TWINS if relaxer.backpropagates else RULES)
    budget = config.budget
    choices = choose(config, budget, conditions, cache)
    cases = {
        name_of(condition, choices[condition], seed): (condition, choices[condition], seed)
        for condition in conditions
        for seed in range(config.seeds)
    }
    found = cache.compute(list(cases), lambda name: train(budget, *cases[name]))
    parts: dict[Condition, list[Mapping[str, Array]]] = {condition: [] for condition in conditions}
    for (condition, _, _), part in zip(cases.values(), found, strict=True):
        parts[condition].append(part)
    values: dict[Quantity, float] = {EDGE: float(sum(at_end(config, c, choices[c]) for c in conditions))}
    arrays: dict[Quantity, Array] = {}
    for condition, several in parts.items():
        curves = np.array([part["errors"] for part in several])
        arrays[quantity_of(ERRORS, condition)] = curves
        values[quantity_of(ERROR, condition)] = float(curves[:, -1].mean())
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
    made = _as_made(config, parts, cache)
    arrays |= made
    values |= {of: float(np.mean(errors)) for of, errors in made.items()}
    return Outcome(values, arrays, _notes(config, costs, values))


def _writing(condition: Condition, parts: Sequence[Mapping[str, Array]]) -> dict[Quantity, float]:
    """Costs of writing, means over the seeds; nothing for ideal devices."""
    if condition.device == IDEAL:
        return {}
    pulses, joules, seconds, _, devices = np.mean([part["writes"] for part in parts], axis=0)
    images = float(np.mean([part["images"] for part in parts]))
    return {
        quantity_of(JOULES, condition): float(joules / images),
        quantity_of(SECONDS, condition): float(seconds / images),
        quantity_of(PULSES, condition): float(1000.0 * pulses / devices / images),
    }


def _physics(
    budget: Budget, parts: Mapping[Condition, Sequence[Mapping[str, Array]]], cache: ResultCache
) -> tuple[dict[str, Mapping[str, float]], dict[Quantity, Any]]:
    """Costs by rule, and noise, of the networks that the first seed trained on ideal devices."""
    needed = {
        rule: parts.get(Condition(rule, IDEAL, EXACT), [{"dead": np.array(True)}])[0] for rule in COMPARED
    }
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


def _as_made(
    config: Config, parts: Mapping[Condition, Sequence[Mapping[str, Array]]], cache: ResultCache
) -> dict[Quantity, Array]:
    """Errors [seeds] of networks trained on perfect chips and read on non-ideal ones."""
    trained = {rule: parts.get(Condition(rule, IDEAL, EXACT), ()) for rule in COMPARED}
    alive = [
        seed
        for seed, ends in enumerate(zip(*trained.values(), strict=True))
        if not any(bool(part["dead"]) for part in ends)
    ]

    def compute(name: str) -> Mapping[str, Array]:
        seed = int(name.rpartition(" ")[2])
        own = {rule: several[seed] for rule, several in trained.items()}
        return errors_as_made(config.budget, own, config.non_idealities, seed)

    found = cache.compute([f"as made, seed {seed}" for seed in alive], compute)
    arrays: dict[Quantity, Array] = {}
    for k, one in enumerate(config.non_idealities):
        for rule in COMPARED:
            errors = np.array([part[rule][k] for part in found])
            if len(errors) and np.isfinite(errors).all():
                arrays[quantity_of(AS_MADE, Condition(rule, IDEAL, EXACT, 0.0, one))] = errors
    return arrays


def _each(costs: Mapping[str, Mapping[str, float]]) -> list[tuple[str, str, float]]:
    return [(rule, key, value) for rule, one in costs.items() for key, value in one.items()]


def _notes(
    config: Config, costs: Mapping[str, Mapping[str, float]], values: Mapping[Quantity, float]
) -> tuple[str, ...]:
    chip = technology(config.technology)
    volts = resistive_volts(chip, config.gain)
    data = "digits" if config.data is None else config.data.name
    found = [
        f"Both networks: {config.hidden} hidden nodes on {data}, batches of {config.batch}, "
        f"{config.epochs} {'pass' if config.epochs == 1 else 'passes'}, rates chosen among "
        f"{len(config.resistive_rates)} on {counted(config.tuning_seeds, 'split')} of the training images; "
        f"choices at an end of the grid: {values[EDGE]:.0f}.",
        f"Resistive network: one device a conductance, g_min/g_max = {chip.g_min / chip.g_max:.3g}; its "
        f"sources use the whole supply of {chip.supply:g} V, so that 1 is {1e3 * volts:.3g} mV. Diodes are "
        "ideal; the drop of real ones is larger than these voltages. Its update is no outer product: "
        "'trains' write it row by row, those of predictive coding in parallel, sample by sample.",
        "Not counted: the squarer and the store at each device that rules of two states need, or else the "
        "conversions in their own row; drivers of write pulses; a negative spring is taken as one amplifier.",
        "A one-sided device (pcm) holds a weight in a pair; a conductance has no sign, so that no resistive "
        "network is trained on it.",
        "'exact' and 'bp' are gradients, not circuits: they have no costs. 'pcn-c-ep' is C-EP of the "
        "predictive coding network, nudged by currents.",
        "Non-ideal chips: 'error-as-made' is of networks trained on perfect ones and read on these, 'error' "
        "of those that learned there. A finite on/off ratio goes with a mismatch of 5 %.",
    ]
    if IDEAL not in config.devices:
        return (*found, f"No costs and no read noise: they are of networks on the device {IDEAL!r}.")
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
    for rules, rule in ((RULES, "pc"), (TWINS, "bp")):
        for condition in conditions_of(config, rules):
            found.append(_unpublished(ERROR, condition, "error", rule))
            if condition.non_ideality.kind:
                found.append(_unpublished(AS_MADE, condition, "error-as-made", rule))
            if condition.device != IDEAL:
                found += [
                    _unpublished(JOULES, condition, "write-energy", rule),
                    _unpublished(SECONDS, condition, "write-time", rule),
                    _unpublished(PULSES, condition, "pulses", rule),
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


def _unpublished(of: Quantity, condition: Condition, short: str, rule: str) -> Claim:
    ends = [condition.rule, condition.device]
    if condition.device != IDEAL:
        ends.append(condition.scheme)
    if condition.noise:
        ends.append(f"noise={condition.noise:g}")
    kind, value = condition.non_ideality
    if kind:
        ends.append(f"{kind}={value:g}")
    return Claim(quantity_of(of, condition), None, None, rule=rule, id=f"{short}@{','.join(ends)}")


SAME_HARDWARE = Experiment(
    "same-hardware",
    "Predictive coding and contrastive rules on the same devices",
    run,
    Config(),
    Config(
        devices=(IDEAL, "ecram", "ecram-mo", "capacitor", "reram-sb", "pcm"),
        noises=(3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
        mismatches=(0.1, 0.2, 0.5, 1.0),
        ratios=(3.0, 10.0, 30.0, 100.0, 1000.0),
        drops=(1e-3, 1e-2, 0.03, 0.1, 0.3, 0.6),
        epochs=20,
        seeds=5,
    ),
    claims,
    draw,
    source=SOURCE,
    columns=(IDEAL,),
)

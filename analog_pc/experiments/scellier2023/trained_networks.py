"""Costs, read noise and non-idealities of the two trained networks, on the same test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cost import size_node_capacitor
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.scellier2023.contenders import (
    Budget,
    layered_of,
    resistive_errors,
    resistive_of,
    resistive_volts,
    with_constant,
)
from analog_pc.experiments.scellier2023.figures.same_hardware import (
    BETAS,
    COSINES,
    LAYERED_COSINES,
    LEAST_BETA,
    NOISES,
)
from analog_pc.experiments.scellier2023.hardware_costs import (
    SIMULATED,
    StepCosts,
    layered_costs,
    resistive_costs,
)
from analog_pc.experiments.scellier2023.noise_tolerance import (
    GOOD,
    layered_cosines,
    least_beta,
    most_noise,
    output_swing,
    propagation_cosines,
)
from analog_pc.experiments.scellier2023.non_idealities import (
    DROP,
    DroppedDiodes,
    NonIdeality,
    layered_as_made,
    resistive_as_made,
)
from analog_pc.pcn.learning import forward_pass
from analog_pc.resistive import CONTRASTIVE_RULES, settle
from analog_pc.training import load_dataset

SIZED = "pc-sized"  # predictive coding with node capacitors as small as they may be
TRAINED = "c-ep"  # rule of the resistive network whose costs and noise are looked at
FIXED_BETA = CONTRASTIVE_RULES[TRAINED].beta
STIMULI = 64  # images of which costs are means, and of the batches whose cosines are means
READ_NOISES = tuple(np.logspace(-6.0, -1.0, 16).tolist())  # V
BETA_GRID = tuple((FIXED_BETA * np.logspace(-2.0, 2.0, 17)).tolist())
LARGEST = quantity("largest beta that keeps outputs within the supply")
SLOPE = quantity("slope of log beta_min over log noise")
BORNE = quantity(f"read noise at a cosine of {GOOD:g}, V")


def _stimuli(budget: Budget) -> tuple[Floats, Floats]:
    data = load_dataset(budget.data, 0)
    return data.test_inputs[:STIMULI], data.one_hot(data.test_labels[:STIMULI])


def measured_costs(budget: Budget, trained: Mapping[str, Mapping[str, Array]]) -> Mapping[str, Array]:
    """`StepCosts` of every rule, as arrays.

    Predictive coding has them twice: with the technology's node capacitor, and with the smallest one that
    keeps this network stable.
    """
    inputs, targets = _stimuli(budget)
    network = resistive_of(trained[TRAINED], budget.gain)
    volts = resistive_volts(budget.technology, budget.gain)
    found: dict[str, StepCosts] = {
        rule: resistive_costs(network, budget.technology, volts, with_constant(inputs), targets, states)
        for rule, states in CONTRASTIVE_RULES.items()
    }
    layered = layered_of(trained["pc"])
    found["pc"] = layered_costs(layered, budget.technology, inputs, targets)
    sizing = size_node_capacitor(budget.technology, layered, inputs, targets, samples=SIMULATED)
    found[SIZED] = layered_costs(layered, sizing.apply(budget.technology), inputs, targets)
    return {rule: np.array(costs) for rule, costs in found.items()}


def measured_noise(budget: Budget, trained: Mapping[str, Mapping[str, Array]]) -> Mapping[str, Array]:
    """Cosines of C-EP [noises, betas] and of predictive coding [noises]; outputs of C-EP over the supply."""
    inputs, targets = _stimuli(budget)
    size = budget.batch
    batches = [(inputs[k : k + size], targets[k : k + size]) for k in range(0, len(inputs), size)]
    network = resistive_of(trained[TRAINED], budget.gain)
    return {
        "c-ep": propagation_cosines(network, budget.technology, batches, READ_NOISES, BETA_GRID),
        "swing": output_swing(network, batches, BETA_GRID),
        "pc": layered_cosines(layered_of(trained["pc"]), budget.technology, batches, READ_NOISES),
    }


def errors_as_made(
    budget: Budget, parts: Mapping[str, Mapping[str, Array]], non_idealities: Sequence[NonIdeality], seed: int
) -> Mapping[str, Array]:
    """Test errors of trained networks read on non-ideal chips that they were not trained on, by rule and
    [non_idealities]; NaN where a network has no such non_ideality."""
    data = load_dataset(budget.data, seed)
    resistive = resistive_of(parts[TRAINED], budget.gain)
    layered = layered_of(parts["pc"])
    volts = resistive_volts(budget.technology, budget.gain)
    found: dict[str, list[float]] = {TRAINED: [], "pc": []}
    for one in non_idealities:
        solver = DroppedDiodes(one.value / volts) if one.kind == DROP else settle
        made = resistive_as_made(resistive, one, seed)
        found[TRAINED].append(resistive_errors(made, data.test_inputs, data.test_labels, solver))
        output = forward_pass(layered_as_made(layered, one, seed), data.test_inputs)[-1]
        wrong = float((output.argmax(axis=1) != data.test_labels).mean())
        found["pc"].append(np.nan if one.kind == DROP else wrong)
    return {rule: np.array(errors) for rule, errors in found.items()}


def noise_quantities(noise: Mapping[str, Array]) -> dict[Quantity, Any]:
    """beta_min over noise and its slope, and the noise that each rule bears.

    Nudges that would take an output beyond the supply are left out.
    """
    within = noise["swing"] <= 1.0
    betas = np.array(BETA_GRID)[within]
    cosines = noise["c-ep"][:, within]
    least = np.array([least_beta(betas.tolist(), row) for row in cosines])
    known = np.isfinite(least)
    slope = np.nan
    if known.sum() > 1:
        slope = float(np.polyfit(np.log(np.array(READ_NOISES)[known]), np.log(least[known]), 1)[0])
    fixed = int(np.argmin(np.abs(betas - FIXED_BETA)))
    return {
        SLOPE: slope,
        LARGEST: float(betas.max()),
        BORNE.at(rule="c-ep", beta="best"): most_noise(READ_NOISES, cosines.max(axis=1)),
        BORNE.at(rule="c-ep", beta=FIXED_BETA): most_noise(READ_NOISES, cosines[:, fixed]),
        BORNE.at(rule="pc"): most_noise(READ_NOISES, noise["pc"]),
        NOISES: np.array(READ_NOISES),
        BETAS: betas,
        COSINES: cosines,
        LAYERED_COSINES: noise["pc"],
        LEAST_BETA: least,
    }

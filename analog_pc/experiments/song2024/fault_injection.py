"""Fault injection: the bear's ear as broken hardware, and how it learns around the damage.

The bear of experiment "bear" is young: all its weights are 0.5, and at the river it both hears and smells,
target (1, 1).  Something of its hardware breaks, at birth or while it learns, and it goes on learning on
what is left::

    ear device open        the device that holds the weight of hearing carries no current
    ear device stuck on    it carries full current, whatever it is told; its partner can still subtract
    ear amplifier dead     nothing is predicted any more for the ear; its prediction error still comes back
    ear's feedback cut     the prediction error of the ear does not reach the hidden unit
    word line cut          no prediction leaves the hidden unit

Predictive coding and backpropagation learn on the same damaged conductances: backpropagation sends its
errors back through the transposed array, as a chip would.  Both have the same learning rate, at which
backpropagation takes the larger steps.  Nothing of this was published; it is the injury of Song et al.'s
bear (one sense fails, the other is sound) carried into the hardware.  The ideal relaxer knows one matrix
for both directions, so damage to one of them is run on circuits and under backpropagation only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.experiments.framework.experiment import SONG, Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Natural, Positive
from analog_pc.experiments.framework.hardware import FORWARD, STUCK_ON, TRANSPOSED, Fault, Hardware
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.fault_injection import NONE, draw, path_of
from analog_pc.relaxers import Relaxer
from analog_pc.technology import technology

INPUT = np.ones((1, 1))
TARGET = np.ones((1, 2))
HEAR = 0
SMELL = 1
BIRTH = ([[0.5]], [[0.5], [0.5]])

FAULTS = (
    Fault("ear device open", 2, HEAR, 0, devices=("plus",)),
    Fault("ear device stuck on", 2, HEAR, 0, STUCK_ON, devices=("plus",)),
    Fault("ear amplifier dead", 2, HEAR, None, arrays=(FORWARD,)),
    Fault("ear's feedback cut", 2, HEAR, None, arrays=(TRANSPOSED,)),
    Fault("word line cut", 2, None, 0),
)
LOWEST = "lowest smell since then"


@dataclass(frozen=True)
class Config:
    """`full_scale`: weight of a device at g_max; `strikes`: updates after which the hardware breaks."""

    lr: Positive = 0.2
    updates: Count = 40
    strikes: tuple[Natural, ...] = (0, 8)
    full_scale: Positive = 2.0


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Every fault at every moment, and a bear without."""
    damaged = [(f.name, k) for f in FAULTS if applies(f, relaxer) for k in config.strikes]
    cases = {str(of_bear("bear", fault, strike)): (fault, strike) for fault, strike in [(NONE, 0), *damaged]}
    found = cache.compute(list(cases), lambda name: bear(config, *cases[name], relaxer))
    values: dict[Quantity, float] = {}
    arrays: dict[Quantity, Array] = {}
    for (fault, strike), part in zip(cases.values(), found, strict=True):
        path = part["predictions"]
        values[of_bear("hear at the end", fault, strike)] = float(path[-1, HEAR])
        values[of_bear("smell at the end", fault, strike)] = float(path[-1, SMELL])
        if strike:
            values[of_bear(LOWEST, fault, strike)] = float(path[strike + 1 :, SMELL].min())
        arrays[path_of(fault, strike)] = path
    return Outcome(values, arrays)


def applies(fault: Fault, relaxer: Relaxer) -> bool:
    """The ideal relaxer cannot tell one direction from the other."""
    return len(fault.arrays) == 2 or relaxer.reads_arrays


def bear(config: Config, fault: str, strike: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """Predictions [updates + 1, 2]; the damage is there from update `strike` on."""
    built_from = relaxer.technology or technology("ideal")
    hardware = Hardware(BIRTH, relaxer, built_from, config.full_scale, config.lr)
    predictions = []
    for update in range(config.updates + 1):
        if update == strike:
            for broken in [f for f in FAULTS if f.name == fault]:
                hardware.strike(broken)
        predictions.append(hardware.predict(INPUT)[0])
        if update < config.updates:
            hardware.learn(INPUT, TARGET)
    return {"predictions": np.array(predictions)}


def of_bear(what: str, fault: str, strike: int) -> Quantity:
    if fault == NONE:
        return quantity(f"{what}, {NONE}")
    if strike == 0:
        return quantity(f"{what}, {{fault}} at birth", fault=fault)
    return quantity(f"{what}, {{fault}} after {{strike}} updates", fault=fault, strike=strike)


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for fault, strike in [(NONE, 0), *((f.name, k) for f in FAULTS for k in config.strikes)]:
        shown = ("hear at the end", "smell at the end", LOWEST)[: 3 if strike else 2]
        found += [Claim(of_bear(what, fault, strike), None, 1e-3) for what in shown]
    return found


FAULT_INJECTION = Experiment(
    "fault-injection",
    "Fault injection: the bear's ear as broken hardware",
    run,
    Config(),
    Config(updates=200),
    claims,
    draw,
    source=f"no published numbers; after {SONG}",
)

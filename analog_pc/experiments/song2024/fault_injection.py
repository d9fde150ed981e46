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
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.fault_injection import draw
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
NONE = "no damage"


@dataclass(frozen=True)
class Config:
    """`full_scale`: weight of a device at g_max; `strikes`: updates after which the hardware breaks."""

    lr: Positive = 0.2
    updates: Count = 40
    strikes: tuple[Natural, ...] = (0, 8)
    full_scale: Positive = 2.0


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Every fault at every moment, and a bear without."""
    cases = {NONE: (NONE, 0)}
    cases |= {case(f.name, k): (f.name, k) for f in FAULTS if applies(f, relaxer) for k in config.strikes}
    found = cache.compute(list(cases), lambda name: bear(config, *cases[name], relaxer))
    values: dict[str, float] = {}
    arrays: dict[str, Array] = {}
    for name, part in zip(cases, found, strict=True):
        path = part["predictions"]
        strike = cases[name][1]
        values[f"hear at the end, {name}"] = float(path[-1, HEAR])
        values[f"smell at the end, {name}"] = float(path[-1, SMELL])
        if strike:
            values[f"lowest smell since then, {name}"] = float(path[strike + 1 :, SMELL].min())
        arrays[name] = path
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


def case(fault: str, strike: int) -> str:
    return f"{fault} " + ("at birth" if strike == 0 else f"after {strike} updates")


def claims(config: Config) -> Sequence[Claim]:
    names = [NONE, *(case(f.name, k) for f in FAULTS for k in config.strikes)]
    found = []
    for name in names:
        found += [Claim(f"{what} at the end, {name}", None, 1e-3) for what in ("hear", "smell")]
        if name.endswith("updates"):
            found.append(Claim(f"lowest smell since then, {name}", None, 1e-3))
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

"""What is trained in the comparison on the same hardware, and how learning rates are chosen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from analog_pc.devices.pulsed import PRESETS
from analog_pc.experiments.framework.fields import Count, Names, Positive, Rates, check_names
from analog_pc.experiments.framework.quantity import Quantity
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.scellier2023.contenders import (
    EXACT,
    IDEAL,
    Budget,
    Choice,
    Condition,
    possible,
    train,
)
from analog_pc.experiments.scellier2023.non_idealities import (
    DROP,
    MISMATCH,
    PERFECT,
    RATIO,
    NonIdeality,
)
from analog_pc.technology import technology
from analog_pc.training.in_situ import weight_device, write_scheme

AboveOne = Annotated[float, Meta(gt=1.0, le=sys.float_info.max)]
COMPARED = ("c-ep", "pc")  # that are trained with read noise and on non-ideal chips


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
        Read noise in V, rms, with which the rules of `COMPARED` are trained besides, on ideal devices.
    mismatches, ratios, drops
        Non-idealities (see `non_idealities`) of chips, with which they are read and trained besides.
    tuning_seeds
        Splits on which rates are compared.
    gain
        Of the inputs of resistive networks.
    technology
        Supply, conductances, capacitances and amplifiers.
    data
        A file of images; None: scikit-learn's handwritten digits.
    """

    resistive_rates: Rates = (0.01, 0.03, 0.1, 0.3)
    layered_rates: Rates = (0.05, 0.1, 0.2, 0.4)
    headrooms: Rates = (4.0,)
    devices: Names = (IDEAL, "ecram")
    schemes: Names = ("trains", "mixed-precision")
    noises: tuple[Positive, ...] = (1e-4, 1e-3, 1e-2)
    mismatches: tuple[Positive, ...] = (0.1, 0.3, 1.0)
    ratios: tuple[AboveOne, ...] = (3.0, 10.0, 100.0)
    drops: tuple[Positive, ...] = (3e-3, 0.03, 0.3)
    epochs: Count = 6
    seeds: Count = 2
    tuning_seeds: Count = 2
    hidden: Count = 64
    batch: Count = 16
    gain: Positive = 20.0
    technology: str = "cmos130-rram"
    data: Path | None = None

    def __post_init__(self) -> None:
        check_names("devices", self.devices, (IDEAL, *PRESETS))
        technology(self.technology)  # is there one of that name?
        for scheme in map(write_scheme, self.schemes):
            for device in self.devices:
                if device != IDEAL:  # written exactly, by no scheme
                    scheme.writer(weight_device(device), (1, 1), 0, 1)  # does it suit the device?

    @property
    def budget(self) -> Budget:
        """What every contender gets."""
        data = "digits" if self.data is None else str(self.data)
        chip = technology(self.technology)
        return Budget(self.epochs, self.batch, self.hidden, self.gain, chip, data)

    @property
    def non_idealities(self) -> list[NonIdeality]:
        """All that are swept."""
        kinds = ((MISMATCH, self.mismatches), (RATIO, self.ratios), (DROP, self.drops))
        return [NonIdeality(kind, value) for kind, values in kinds for value in values]


def conditions_of(config: Config, rules: Sequence[str]) -> list[Condition]:
    """Rules on devices, written by every scheme; and rules that are trained with read noise or on non-ideal
    chips."""
    found = []
    for rule in rules:
        for device in config.devices:
            schemes = (EXACT,) if device == IDEAL else config.schemes
            found += [Condition(rule, device, scheme) for scheme in schemes]
        if rule in COMPARED:
            found += [Condition(rule, IDEAL, EXACT, noise) for noise in config.noises]
            found += [Condition(rule, IDEAL, EXACT, 0.0, one) for one in config.non_idealities]
    return [condition for condition in found if possible(condition)]


def rates_of(config: Config, condition: Condition) -> Rates:
    """Among which a condition chooses."""
    return config.resistive_rates if condition.resistive else config.layered_rates


def at_end(config: Config, condition: Condition, choice: Choice) -> bool:
    """Whether a rate beyond the grid may have been better; of a grid of one rate nothing was chosen."""
    rates = rates_of(config, condition)
    return min(rates) < max(rates) and choice.rate in (min(rates), max(rates))


def choose(
    config: Config, budget: Budget, conditions: Sequence[Condition], cache: ResultCache
) -> dict[Condition, Choice]:
    """The rate and headroom of each condition with the least mean error on held-out training images."""
    tried: dict[Condition, list[Choice]] = {}
    for condition in conditions:
        # Exact numbers have no range.
        headrooms = config.headrooms[:1] if condition.device == IDEAL else config.headrooms
        tried[condition] = [Choice(r, h) for r in rates_of(config, condition) for h in headrooms]
    cases = {
        f"{name_of(condition, choice, seed)}, held out": (condition, choice, seed)
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


def name_of(condition: Condition, choice: Choice, seed: int) -> str:
    """Of a training, for the cache."""
    where = f"{condition.rule}, {condition.device}, {condition.scheme}, {condition.noise:g} V"
    kind, value = condition.non_ideality
    where += f", {kind} {value:g}" if kind else ""
    return f"{where}, lr {choice.rate:g}, headroom {choice.headroom:g}, seed {seed}"


def quantity_of(of: Quantity, condition: Condition) -> Quantity:
    """A quantity of a condition; noise, non-ideality and scheme are said where there is one."""
    said: dict[str, Any] = {"rule": condition.rule, "device": condition.device}
    if condition.device != IDEAL:
        said["scheme"] = condition.scheme
    if condition.noise:
        said["noise"] = condition.noise
    if condition.non_ideality != PERFECT:
        said[condition.non_ideality.kind] = condition.non_ideality.value
    return of.at(**said)

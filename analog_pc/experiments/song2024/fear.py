"""Fear conditioning: what a rat learns about a noise that it does not hear (Fig. 6, Extended Data).

::

    light --- p_L --- hidden L --- m_L ---+
                                          +--- fear          linear, p = 1, m ~ |N(0.1, 0.01)| at first
    noise --- p_N --- hidden N --- m_N ---+

Groups, in two phases: N+ (noise with shock; rest), LN+ (light and noise with shock; rest), LN+,L- (the
same; then the light alone, without shock).  Fear of the noise is read out after the second phase.  The
light overshadows the noise, and extinction of the light gives the fear of the noise back.  Backpropagation
cannot: the absent noise has activity 0, and so has its update.  Predictive coding relaxes hidden N away
from 0 to explain the missing shock, and the same rule then strengthens m_N.

Published numbers: percent of time freezing, means of the animals (Kaufman and Bolles 1981, in the source
data of the paper), and fits k x fear + b to them with the learning rates of
experiments/nature_fear_conditioning/base in the authors' repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Positive
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2024.figures.fear import FITTED, draw, first_rat
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import Relaxer

LIGHT = (1.0, 0.0)
NOISE = (0.0, 1.0)
REST = (0.0, 0.0)
BOTH = (1.0, 1.0)
GROUPS = {  # input and target of either phase
    "N+": ((NOISE, 1.0), (REST, 0.0)),
    "LN+": ((BOTH, 1.0), (REST, 0.0)),
    "LN+,L-": ((BOTH, 1.0), (LIGHT, 0.0)),
}
FREEZING = {"N+": 44.36, "LN+": 25.85, "LN+,L-": 43.14}  # percent, of the animals
# Published fit of eight rats, and the standard deviation of the fit of one rat (40 rats, measured here): how
# far extinction comes depends on the random memory of the noise.
FITS = (
    *(quantity("freezing fitted, {group}", group=group) for group in GROUPS),
    quantity("squared difference to the animals"),
)
PC_FIT = dict(zip(FITS, ((45.0, 0.7), (25.95, 0.3), (42.4, 0.95), (1.06, 3.9)), strict=True))
BP_FIT = dict(zip(FITS, ((44.4, 0.0), (34.5, 0.0), (34.5, 0.0), (149.6, 0.0)), strict=True))
PUBLISHED_RATS = 8
REVALUED = quantity("fear of the noise, LN+,L- minus LN+")


@dataclass(frozen=True)
class Config:
    """Learning rates of perception (p) and of the two memories (m), trials of a phase, and rats."""

    perception: Positive = 0.001
    light: Positive = 0.001
    noise: Positive = 1.0
    trials: Count = 32
    seeds: Count = 8


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Every rat in every group."""
    rats = {f"rat {seed}": seed for seed in range(config.seeds)}
    found = cache.compute(list(rats), lambda name: rat(config, rats[name], relaxer))
    fear = np.array([[part[group][-1] for group in GROUPS] for part in found])
    means = fear.mean(axis=0)
    fitted, squared = fit_to_animals(means)
    values = {fit: float(v) for fit, v in zip(FITS, (*fitted, squared), strict=True)}
    fears = [quantity("fear of the noise, {group}", group=group) for group in GROUPS]
    values |= {of_group: float(v) for of_group, v in zip(fears, means, strict=True)}
    values[REVALUED] = float(means[2] - means[1])
    first = {first_rat(group): found[0][group] for group in GROUPS}
    return Outcome(values, {quantity("fear"): fear, FITTED: fitted, **first})


def rat(config: Config, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """Group -> fear of the noise after every trial of both phases, [1 + 2 trials]."""
    memory = np.abs(np.random.default_rng(seed).normal(0.1, 0.01, size=(1, 2)))
    rates = [config.perception * np.eye(2), np.array([[config.light, config.noise]])]
    found: dict[str, Array] = {}
    for group, phases in GROUPS.items():
        learner = Learner(PredictiveCodingNetwork([np.eye(2), memory], activation="identity"), relaxer, rates)
        fear = [float(learner.predict([NOISE])[0, 0])]
        for stimulus, shock in phases:
            for _ in range(config.trials):
                learner.learn([stimulus], [[shock]])
                fear.append(float(learner.predict([NOISE])[0, 0]))
        found[group] = np.array(fear)
    return found


def fit_to_animals(fear: Floats) -> tuple[Floats, float]:
    """k x fear + b nearest to the freezing of the animals, and the sum of squares that is left."""
    data = np.array(list(FREEZING.values()))
    design = np.column_stack([fear, np.ones(len(fear))])
    fitted = design @ np.linalg.lstsq(design, data, rcond=None)[0]
    return fitted, float(((fitted - data) ** 2).sum())


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for rule, fits in (("pc", PC_FIT), ("bp", BP_FIT)):
        for fit, (value, spread) in fits.items():
            tolerance = 0.15 + 3.0 * spread * float(np.sqrt(1.0 / PUBLISHED_RATS + 1.0 / config.seeds))
            found.append(Claim(fit, value, tolerance, rule))
    return [*found, Claim(REVALUED, None, 1e-3), Claim(REVALUED, 0.0, 0.0, "bp")]


FEAR = Experiment(
    "fear",
    "Fear conditioning: the light is extinguished, the noise is feared again",
    run,
    Config(seeds=2),
    Config(),
    claims,
    draw,
)

"""An analog Kalman filter: predictive coding over time with three states (Millidge et al. 2024).

Between two samples the circuit relaxes the squared errors of the observation and of the prediction from the
last estimate.  The publication gives both the same precision; then the estimate is that of the Kalman filter
only where the observation is well conditioned.  Here the precision of the prediction, a spring conductance,
is also tuned on other data (one number p), or is the matrix that the Kalman filter has.
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
from analog_pc.experiments.millidge2024.figures.temporal_pc import draw
from analog_pc.experiments.millidge2024.filter_circuit import (
    estimates,
    filter_graph,
    resting_step,
    timed_steps,
)
from analog_pc.experiments.millidge2024.tracking import (
    expected_error,
    filtered,
    kalman_gain,
    kalman_precision,
    observation,
    relaxed_gain,
    squared_error,
    track,
)
from analog_pc.relaxers import Relaxer

MILLIDGE = (
    "Millidge, Tang, Osanlouy, Harper, Bogacz, Predictive coding networks for temporal prediction, "
    "PLoS Computational Biology (2024)"
)
EQUAL = "p=1"
TUNED = "best"
MATRIX = "matrix"
CHOICES = (EQUAL, TUNED, MATRIX)

RATIO = quantity("mean squared error over that of the Kalman filter, precision {precision}, median")
WORST = quantity("mean squared error over that of the Kalman filter, precision {precision}, worst system")
EXPECTED = quantity("expected ratio after a long time, precision {precision}, median")
LATE = quantity("mean squared error after {tau} C / g_s a sample over that at rest, p = 1, median")
GAIN = quantity("gain", system=0)
WITHIN = 0.05  # of the Kalman filter's error: what a tuned scalar has to keep
ROUNDING = 1e-4  # of circuits of ideal parts, as `AGREEMENT`


@dataclass(frozen=True)
class Config:
    """`systems` random observation matrices; `samples` of a run, and of another one that p is tuned on.

    `precisions` are tried; `times` a sample in C / g_s; `steps` samples run on the circuit one by one;
    `amplitude` of the stimuli that the circuit's linear map is read with.
    """

    systems: Count = 10
    samples: Count = 1000
    validation: Count = 4000
    precisions: Rates = tuple(float(p) for p in np.round(np.geomspace(0.02, 2.0, 41), 4))
    times: Rates = (1.0, 3.0, 10.0)
    steps: Count = 5
    amplitude: Positive = 10.0
    seed: Count = 1


def ratio(choice: str) -> Quantity:
    return RATIO.at(precision=choice)


def worst(choice: str) -> Quantity:
    return WORST.at(precision=choice)


def expected(choice: str) -> Quantity:
    return EXPECTED.at(precision=choice)


def late(tau: float) -> Quantity:
    return LATE.at(tau=tau)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """All systems: the circuit's linear map at three precisions, and what it makes of a track."""
    names = [f"system {k}" for k in range(config.systems)]
    parts = cache.compute(names, lambda name: _system(config, int(name.split()[-1]), relaxer))
    values: dict[Quantity, float] = {}
    for choice in CHOICES:
        ratios = [float(part[choice]) for part in parts]
        values[ratio(choice)] = float(np.median(ratios))
        values[worst(choice)] = float(np.max(ratios))
        values[expected(choice)] = float(np.median([part[f"expected {choice}"] for part in parts]))
    for k, tau in enumerate(config.times):
        values[late(tau)] = float(np.median([part["late"][k] for part in parts]))
    first = parts[0]
    arrays: dict[Quantity, Array] = {
        quantity(name): first[name]
        for name in ("states", "kalman", "curve", "expected curve", "precisions", "gains", "scalar gains")
    }
    arrays |= {quantity("estimates", precision=choice): first[f"track {choice}"] for choice in CHOICES}
    arrays[quantity("estimates one by one")] = first["steps"]
    arrays[quantity("ratios")] = np.array([[float(part[c]) for c in CHOICES] for part in parts])
    arrays[quantity("late ratios")] = np.array([part["late"] for part in parts])
    notes = (
        "The last estimate is held by the clamp of the past: an ideal sample and hold.",
        "A circuit's map is read from one batch of eight samples, because it is linear; the first samples of "
        "system 0 are relaxed one by one.",
    )
    return Outcome(values, arrays, notes)


def tune(c: Floats, config: Config, system: int) -> float:
    """The best scalar p on the validation run of a system."""
    other = track(c, config.validation, 10_000 * config.seed + system)
    gains = np.array([_scalar_gain(c, p) for p in config.precisions])
    return config.precisions[int(np.argmin(squared_error(filtered(gains, c, other), other)))]


def _scalar_gain(c: Floats, p: float) -> Floats:
    return relaxed_gain(c, p * np.eye(len(c)))


def _system(config: Config, system: int, relaxer: Relaxer) -> Mapping[str, Array]:
    """Errors of the filters of one system, and for the first one what the figure shows."""
    c = observation(system)
    tested = track(c, config.samples, config.seed + system)
    best = kalman_gain(c)
    reference = float(squared_error(filtered(best, c, tested), tested))
    precisions: dict[str, float | Floats] = {
        EQUAL: 1.0,
        TUNED: tune(c, config, system),
        MATRIX: kalman_precision(c),
    }
    found: dict[str, Array] = {}
    gains = []
    for choice, precision in precisions.items():
        step = resting_step(relaxer, filter_graph(c, precision), config.amplitude)
        path = step.run(tested)
        found[choice] = np.array(squared_error(path, tested) / reference)
        found[f"expected {choice}"] = np.array(expected_error(step.gain, c) / expected_error(best, c))
        found[f"track {choice}"] = path
        gains.append(step.gain)
    equal = filter_graph(c, 1.0)
    rested = float(found[EQUAL]) * reference
    steps = timed_steps(relaxer, equal, config.times, config.amplitude)
    found["late"] = np.array([squared_error(s.run(tested), tested) / rested for s in steps.values()])
    found["gains"] = np.array(gains)
    if system == 0:
        found |= _shown(config, c, relaxer)
        found["states"] = tested.states
        found["kalman"] = filtered(best, c, tested)
        matrix = filter_graph(c, precisions[MATRIX])
        found["steps"] = estimates(relaxer, matrix, tested, config.steps)
    return found


def _shown(config: Config, c: Floats, relaxer: Relaxer) -> Mapping[str, Array]:
    """Gains of the circuit over p, and the expected error of a constant scalar p, exactly."""
    every = np.array(config.precisions)
    best = expected_error(kalman_gain(c), c)
    curve = [expected_error(_scalar_gain(c, p), c) / best for p in every]
    measured = [resting_step(relaxer, filter_graph(c, float(p)), config.amplitude).gain for p in every[::10]]
    found = [expected_error(gain, c) / best for gain in measured]
    return {
        "precisions": every,
        "expected curve": np.array(curve),
        "curve": np.array(found),
        "scalar gains": np.array(measured),
    }


def claims(config: Config) -> Sequence[Claim]:
    found = [
        Claim(ratio(EQUAL), None, ROUNDING, id="mse-ratio@p=1"),
        Claim(worst(EQUAL), None, None, id="mse-ratio@p=1,worst"),
        Claim(ratio(TUNED), None, WITHIN, id="mse-ratio@best", derived=1.0),
        Claim(worst(TUNED), None, None, id="mse-ratio@best,worst"),
        Claim(ratio(MATRIX), None, ROUNDING, id="mse-ratio@matrix", derived=1.0),
        Claim(worst(MATRIX), None, ROUNDING, id="mse-ratio@matrix,worst", derived=1.0),
    ]
    found += [Claim(expected(c), None, ROUNDING, id=f"expected-ratio@{c}") for c in CHOICES]
    return [*found, *(Claim(late(tau), None, ROUNDING, id=f"mse@tau={tau:g}") for tau in config.times)]


TEMPORAL_PC = Experiment(
    "temporal-pc",
    "Predictive coding over time: a Kalman filter whose gain is a ratio of spring conductances",
    run,
    Config(),
    Config(systems=30, samples=10_000, validation=20_000),
    claims,
    draw,
    source=MILLIDGE,
    backpropagation=False,
)

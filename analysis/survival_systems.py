"""Published systems in small configurations, each with the one number that decides whether it still works.

Every number, and every limit, is that of a row of the system's experiment; the row's id is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from analog_pc.errors import SimulationFailed
from analog_pc.experiments.lillicrap2016.on_circuit import _margin
from analog_pc.experiments.millidge2024 import temporal_pc
from analog_pc.experiments.millidge2024.filter_circuit import filter_graph, resting_step
from analog_pc.experiments.millidge2024.tracking import (
    filtered,
    kalman_gain,
    kalman_precision,
    observation,
    squared_error,
    track,
)
from analog_pc.experiments.rao1999 import rao_ballard
from analog_pc.experiments.rao1999.end_stopping import long_over_peak, zeroed_curves
from analog_pc.experiments.rao1999.hierarchy import Training
from analog_pc.experiments.rao2024 import active_pc
from analog_pc.experiments.salvatori2021 import recurrent
from analog_pc.experiments.salvatori2021.patterns import cue, digits, nearest_is_right
from analog_pc.experiments.salvatori2022 import queries
from analog_pc.experiments.salvatori2024 import incremental_pc
from analog_pc.experiments.song2020 import write_window, z_il
from analog_pc.experiments.song2020.angles import LAYERS, cosines, falls
from analog_pc.relaxers import CircuitRelaxer
from analog_pc.simulators import Native, Ngspice
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present

DELAYS = (0.1, 0.3, 1.0, 3.0, 10.0)
UPDATES = 8
SYSTEMS = 5  # observation matrices of the filter
IMAGES = 40
AGENTS = 60
SAMPLES = 1000


@dataclass(frozen=True, kw_only=True)
class System:
    """A system and its decisive number.

    Parameters
    ----------
    row
        Id of the row of the experiment.
    measure
        The number of a chip: (technology, seed) -> number.
    low, high
        Limits, both included.
    at_rest
        Whether it is measured at rest, which capacitances and the speed of amplifiers do not move.
    has_arrays
        Whether its weights are devices of crossbars.
    setting
        What is smaller than in the experiment.
    """

    name: str
    row: str
    measure: Callable[[Technology, int], float]
    low: float = -np.inf
    high: float = np.inf
    at_rest: bool
    has_arrays: bool = True
    setting: str


def _native(parts: Technology, seed: int) -> CircuitRelaxer:
    return CircuitRelaxer(Native(time_limit=None), parts, seed)


def _timed(parts: Technology, seed: int) -> CircuitRelaxer:
    """ngspice where amplifiers have poles, because it is the quicker one there."""
    if "bandwidth and slew" in present(parts):
        return CircuitRelaxer(Ngspice(), parts, seed)
    return _native(parts, seed)


def _falling(parts: Technology, seed: int) -> float:
    values, _ = cosines(DELAYS, _timed(parts, seed))
    return min(values[falls(layer)] for layer in LAYERS)


def _dip(delay: float) -> Callable[[Technology, int], float]:
    config = replace(write_window.Config(), updates=UPDATES)

    def measure(parts: Technology, seed: int) -> float:
        learned = write_window.learn(config, _timed(parts, seed), delay, True)
        return float(write_window.worst_dip(learned["expectations"]))

    return measure


def _clocked(parts: Technology, seed: int) -> float:
    return float(np.min(z_il.real_chip(parts, 7.0, seed)["differential"]))


@cache
def _stored() -> tuple[recurrent.RecurrentMemory, np.ndarray]:
    patterns = digits(10, 0)
    return recurrent.store(patterns, 20_000, 0.2), patterns


def _completed(parts: Technology, seed: int) -> float:
    memory, patterns = _stored()
    clamps = {recurrent.POPULATION: cue(patterns, "half").clamp}
    found = _native(parts, seed).relax(memory.graph, clamps=clamps)
    _settled(found.relaxation)
    return float(nearest_is_right(found.activities[0], patterns).mean())


def _settled(relaxation: object) -> None:
    if not relaxation.all_converged:  # type: ignore[attr-defined]
        raise SimulationFailed(relaxation.message)  # type: ignore[attr-defined]


def _falling_energy(parts: Technology, seed: int) -> float:
    relaxer = CircuitRelaxer(Ngspice(), parts, seed)
    wave = incremental_pc.trial(incremental_pc.Config(), 10.0, relaxer)
    return float(np.mean(np.diff(wave["energy"]) <= 0.0))


def _filter(parts: Technology, seed: int) -> float:
    ratios = []
    for system in range(SYSTEMS):
        c = observation(system)
        step = resting_step(_native(parts, seed), filter_graph(c, kalman_precision(c)), 10.0)
        tested = track(c, SAMPLES, 1 + system)
        best = squared_error(filtered(kalman_gain(c), c, tested), tested)
        ratios.append(float(squared_error(step.run(tested), tested) / best))
    return float(np.median(ratios))


@cache
def _all_to_all() -> tuple[queries.Data, queries.PredictiveCodingGraph, float]:
    """Data, graph, and the share of wrong labels in the linear solve."""
    data = queries.load(0)
    weights = queries.learn(data, 2000, 0.2)
    asked = queries.questions("label", data, IMAGES)
    exact = _wrong(queries.oracle(weights, data.mean, "label", asked), data)
    return data, queries.all_to_all(weights, data.mean), exact


def _wrong(answer: np.ndarray, data: queries.Data) -> float:
    return float((answer[:, queries.PIXELS :].argmax(axis=1) != data.test_labels[:IMAGES]).mean())


def _labelled(parts: Technology, seed: int) -> float:
    data, graph, exact = _all_to_all()
    clamps = queries.clamps("label", queries.questions("label", data, IMAGES))
    found = _native(parts, seed).relax(graph, clamps=clamps)
    _settled(found.relaxation)
    return _wrong(found.activities[0], data) - exact


def _end_stopped(feedback: str) -> Callable[[Technology, int], float]:
    def measure(parts: Technology, seed: int) -> float:
        return long_over_peak(_bar_responses(parts, seed)[f"{feedback}-zeroed"])

    return measure


@cache
def _bar_responses(parts: Technology, seed: int) -> dict[str, np.ndarray]:
    hierarchy = rao_ballard.model(32, Training(), 0)
    return zeroed_curves(hierarchy, _native(parts, seed), True)


def _known(parts: Technology, seed: int) -> float:
    config = active_pc.Config(trials=AGENTS, moves=3)
    return float(active_pc.trials(config, _native(parts, seed))["known"][2])


def _stable(parts: Technology, seed: int) -> float:
    return _margin(_native(parts, seed), 2.0)


NEAR = write_window.DIP_TOLERANCE
EARLY = write_window.DERIVED_DIPS[0.1][0]
LATE = write_window.DERIVED_DIPS[10.0][0]

ALL: tuple[System, ...] = (
    System(
        name="feedback-alignment", row="margin@scale=2", measure=_stable, low=np.nextafter(0.0, 1.0),
        at_rest=True, setting="8-6-4 tanh at zero error; above 0: stable",
    ),
    System(
        name="memory", row="nearest@N=10,half", measure=_completed, low=1.0, at_rest=True,
        setting="10 digits, upper half known, at rest",
    ),
    System(
        name="temporal-pc", row="mse-ratio@matrix", measure=_filter, high=1.0 + temporal_pc.WITHIN,
        at_rest=True, setting=f"median of {SYSTEMS} systems, {SAMPLES} samples; the limit of a tuned scalar",
    ),
    System(
        name="incremental-pc", row="falling@slowness=10", measure=_falling_energy,
        low=1.0 - incremental_pc.FALLING, at_rest=False, has_arrays=False,
        setting="5-7-6-4 tanh, weights are voltages on capacitors",
    ),
    System(
        name="write-window, early", row="dip@0.1", measure=_dip(0.1), low=EARLY - NEAR, high=EARLY + NEAR,
        at_rest=False, setting=f"bear, {UPDATES} updates",
    ),
    System(
        name="write-window, late", row="dip@10", measure=_dip(10.0), low=LATE - NEAR, high=LATE + NEAR,
        at_rest=False, setting=f"bear, {UPDATES} updates",
    ),
    System(
        name="graph-queries", row="error@query=label", measure=_labelled, high=0.0, at_rest=True,
        setting=f"{IMAGES} images; share of wrong labels less that of the linear solve",
    ),
    System(
        name="write-window, a knob", row="cos-falls@layer", measure=_falling, low=1.0, at_rest=False,
        setting="5-7-6-4 tanh, delays 0.1 ... 10, worst layer",
    ),
    System(
        name="z-il", row="cos@n=7", measure=_clocked, low=1.0 - z_il.CLOSE, at_rest=False,
        setting="5-7-6-4 tanh, worst layer, read before and after",
    ),
    System(
        name="rao-ballard, feedback", row="long-over-peak@feedback", measure=_end_stopped("on"),
        high=rao_ballard.FADED, at_rest=True, setting="32 pixels a patch, minus a blank screen",
    ),
    System(
        name="rao-ballard, cut", row="long-over-peak@no-feedback", measure=_end_stopped("cut"),
        low=rao_ballard.HIGH, at_rest=True, setting="the same with the feedback switched off",
    ),
    System(
        name="active-pc", row="room-accuracy@moves=3", measure=_known, low=0.99, at_rest=True,
        setting=f"{AGENTS} agents",
    ),
)  # fmt: skip

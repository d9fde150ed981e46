"""One sample of the filter as a relaxation, and as the linear map that it amounts to.

::

    past (3)  ---[ A ]---+
    control (1) -[ B ]---+-- mu --/\\/\\/-- state (3) ---[ C ]--- mu_y --/\\/\\/-- sensed (3)
                              Pi g_s                                   g_s

    E = 1/2 (x - A x_prev - B u)^T Pi (x - A x_prev - B u) + 1/2 |y - C x|^2

Past, control and observation are clamped, the state is free.  At rest ``x = m + K (y - C m)`` with
``m = A x_prev + B u`` and ``K = (Pi + C^T C)^-1 C^T``: the gain is a ratio of the springs' conductances.
With Pi the inverse of the Kalman filter's predicted covariance it is the Kalman gain.

Between two samples the last estimate is held for the clamp of the past: a sample and hold, here ideal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.trajectory import trajectory
from analog_pc.experiments.millidge2024.tracking import STATES, A, B, Track
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection
from analog_pc.relaxers import Relaxer

PAST = "past"
CONTROL = "control"
STATE = "state"
SENSED = "sensed"
STIMULI = 2 * STATES + 1  # past, control, observation


def filter_graph(c: Floats, precision: float | Floats) -> PredictiveCodingGraph:
    """The filter of a system with observation matrix C and precision Pi of a prediction."""
    populations = [
        Population(name=PAST, size=STATES),
        Population(name=CONTROL, size=1),
        Population(name=STATE, size=STATES, precision=precision),
        Population(name=SENSED, size=STATES),
    ]
    projections = [
        Projection(source=PAST, target=STATE, weight=A),
        Projection(source=CONTROL, target=STATE, weight=B),
        Projection(source=STATE, target=SENSED, weight=c),
    ]
    return PredictiveCodingGraph(populations, projections)


def held(past: Floats, control: Floats, sensed: Floats) -> dict[str, np.ma.MaskedArray]:
    """The clamps of samples, [samples, n] each."""
    stimuli = {PAST: past, CONTROL: control, SENSED: sensed}
    return {name: np.ma.masked_array(np.atleast_2d(values)) for name, values in stimuli.items()}


@dataclass(frozen=True, eq=False)
class Step:
    """A sample of the filter as an affine map: ``x = from_past x_prev + from_control u + gain y + rest``.

    ``from_start`` is what is left of where the state's nodes started, their last value, at a finite time.
    """

    from_past: Floats  # [3, 3]
    from_control: Floats  # [3, 1]
    gain: Floats  # [3, 3]
    from_start: Floats  # [3, 3]
    rest: Floats  # [3]; 0 but for offsets of real parts

    def run(self, track: Track) -> Floats:
        """Estimates of a track, [samples, 3], each from the last one."""
        x = np.zeros(STATES)
        found = np.empty_like(track.states)
        carried = self.from_past + self.from_start
        driven = track.controls @ self.from_control.T + track.observations @ self.gain.T + self.rest
        for k, drive in enumerate(driven):
            x = carried @ x + drive
            found[k] = x
        return found


def _stimuli(amplitude: float) -> Floats:
    """Nothing, then each stimulus alone, [8, 7]."""
    return amplitude * np.concatenate([np.zeros((1, STIMULI)), np.eye(STIMULI)])


def _step(answers: Floats, starts: Floats, amplitude: float) -> Step:
    """From the states [8, 3] that the stimuli lead to, and those [3, 3] that unit starts lead to."""
    rest = answers[0]
    columns = (answers[1:] - rest).T / amplitude
    return Step(
        columns[:, :STATES],
        columns[:, STATES : STATES + 1],
        columns[:, STATES + 1 :],
        (starts - rest).T / amplitude,
        rest,
    )


def resting_step(relaxer: Relaxer, graph: PredictiveCodingGraph, amplitude: float) -> Step:
    """The map of a relaxation to rest: eight samples in one batch, because the circuit is linear."""
    stimuli = _stimuli(amplitude)
    clamps = held(*np.split(stimuli, (STATES, STATES + 1), axis=1))
    found = relaxer.relax(graph, clamps=clamps).activities[graph.index(STATE)]
    return _step(found, np.broadcast_to(found[0], (STATES, STATES)), amplitude)


def timed_steps(
    relaxer: Relaxer, graph: PredictiveCodingGraph, times: tuple[float, ...], amplitude: float
) -> Mapping[float, Step]:
    """The map after each of `times`, in C / g_s, with the state's nodes starting at the last estimate."""
    from_zero = _stimuli(amplitude)
    stimuli = np.concatenate([from_zero, np.zeros((STATES, STIMULI))])
    start = np.concatenate([np.zeros((len(from_zero), STATES)), amplitude * np.eye(STATES)])
    clamps = held(*np.split(stimuli, (STATES, STATES + 1), axis=1))
    path = trajectory(relaxer, graph, clamps, {STATE: start}, np.array(times))[STATE]
    return {
        time: _step(found[: len(from_zero)], found[len(from_zero) :], amplitude)
        for time, found in zip(times, path, strict=True)
    }


def estimates(relaxer: Relaxer, graph: PredictiveCodingGraph, track: Track, samples: int) -> Floats:
    """The first estimates of a track, sample by sample, each a relaxation with the last estimate held."""
    x = np.zeros(STATES)
    found = np.empty((samples, STATES))
    for k in range(samples):
        equilibrium = relaxer.relax(graph, clamps=held(x, track.controls[k], track.observations[k]))
        x = equilibrium.activities[graph.index(STATE)][0]
        found[k] = x
    return found

"""Three answers to one trial: the circuit, its twin, and the ideal rule.

Circuit against twin is a matter of right or wrong, with bounds.  Both against the rule dW = lr F f is a
property of the device and its pulses, and reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork, hebbian_update, relax
from analog_pc.testbench.run import TrialResult
from analog_pc.testbench.trial import Trial
from analog_pc.testbench.twin import TwinResult

# A change of conductance may be off by 1 % of the full scale (`ReferencedMapping.span`), and, so that a small
# change cannot pass for an exact one, by 1 % of the largest change.  Steps of the integrator are precise to
# 1e-6 of a state near 0.5, and a pulse ends within a handful of them: some 1e-5 of the full scale, which is
# 1e-3 of changes of 1 % of it.  Held forces lose 1e-4 through open switches (1 pF and 1e12 Ohm, 100 us).
OF_SCALE, OF_CHANGE = 0.01, 0.01


@dataclass(frozen=True, eq=False)
class Agreement:
    """Circuit against twin.

    Parameters
    ----------
    circuit, twin
        Change of every conductance in S: of layer 1 ... L forward, then of 2 ... L transposed, flat.
    largest_change, of_scale, of_change
        max |twin| over the full scale; max |circuit - twin| over the full scale, and over max |twin|.
    activities
        Largest deviation of an activity at the end of *predict*, *learn*, *predict again*.
    forces
        Largest deviation of a held force, over the largest one.
    """

    circuit: Floats
    twin: Floats
    largest_change: float
    of_scale: float
    of_change: float
    activities: tuple[float, float, float]
    forces: float

    @property
    def agrees(self) -> bool:
        return self.of_scale <= OF_SCALE and self.of_change <= OF_CHANGE


@dataclass(frozen=True, eq=False)
class Departure:
    """Circuit against the ideal rule.

    Parameters
    ----------
    lr
        The least-squares learning rate of the circuit's changes, dW = lr F f.
    angle
        Degrees between its dW and F f.
    residual
        |dW - lr F f| / |dW|.
    before, again, ideal, at_lr
        Output [n_L]: predicted before and after in the circuit; after the ideal rule at the trial's nominal
        learning rate, and at `lr`.
    """

    lr: float
    angle: float
    residual: float
    before: Floats
    again: Floats
    ideal: Floats
    at_lr: Floats


def compare_trial(trial: Trial, result: TrialResult, twin: TwinResult) -> Agreement:
    """Every device, every activity and every force of the circuit against the twin's."""
    pre = [w.shape[1] for w in trial.network.W]
    device = trial.device
    changes = [device.conductance(b - a) for a, b in zip(twin.before, twin.after, strict=True)]
    expected = _flat([*changes, *(c[:n] for c, n in zip(changes[1:], pre[1:], strict=True))])
    found = _flat([device.conductance(w[-1] - w[0]) for w in (*result.forward, *result.transposed[1:])])
    largest, apart = float(np.abs(expected).max()), float(np.abs(found - expected).max())
    times = trial.schedule.predict, trial.schedule.held, trial.schedule.duration
    rests = twin.predicted, twin.learned, twin.again
    first, second, third = (
        _apart(result.at(t, result.activities), rest.activities) for t, rest in zip(times, rests, strict=True)
    )
    forces = [pi * eps for pi, eps in zip(trial.network.pi, twin.learned.eps[1:], strict=True)]
    held = _apart(result.at(trial.schedule.written, result.held)[1:], tuple(forces))
    span = trial.mapping.span
    strongest = max(float(np.abs(f).max()) for f in forces)
    return Agreement(
        found,
        expected,
        largest / span,
        apart / span,
        apart / largest,
        (first, second, third),
        held / strongest,
    )


def depart_from_rule(trial: Trial, result: TrialResult, twin: TwinResult) -> Departure:
    """How far the circuit's changes, and the prediction that they make, are from the ideal rule."""
    rule = hebbian_update(trial.network, twin.learned)
    found = trial.network_of(tuple(w[-1] for w in result.forward))
    first = trial.network_of(tuple(w[0] for w in result.forward))
    biased = trial.network.has_biases  # no line, no bias
    unit = _flat([*rule.weights, *(rule.biases if biased else ())])
    moved = _flat([a - b for a, b in zip(_learned(found), _learned(first), strict=True)])
    lr = float(unit @ moved / (unit @ unit))
    cosine = float(unit @ moved / (np.linalg.norm(unit) * np.linalg.norm(moved)))
    residual = float(np.linalg.norm(moved - lr * unit) / np.linalg.norm(moved))

    def output(rate: float) -> Floats:
        weights = [w + rate * d for w, d in zip(trial.network.W, rule.weights, strict=True)]
        biases = [b + rate * biased * d for b, d in zip(trial.network.b, rule.biases, strict=True)]
        learned = trial.network.with_parameters(weights, biases)
        return np.asarray(relax(learned, trial.inputs[np.newaxis]).output[0])

    return Departure(
        lr,
        float(np.degrees(np.arccos(min(cosine, 1.0)))),
        residual,
        result.at(trial.schedule.predict, result.activities)[-1],
        result.activities[-1][-1],
        output(trial.lr),
        output(lr),
    )


def _learned(network: PredictiveCodingNetwork) -> list[Floats]:
    """What devices hold."""
    return [*network.W, *(network.b if network.has_biases else ())]


def _flat(arrays: list[Floats]) -> Floats:
    return np.concatenate([np.ravel(a) for a in arrays])


def _apart(circuit: tuple[Floats, ...], ideal: tuple[Floats, ...]) -> float:
    """max |circuit - ideal| over layers; the ideal one is a batch of one sample."""
    return max(float(np.abs(c - i[0]).max()) for c, i in zip(circuit, ideal, strict=True))

"""Three answers to one trial: the circuit, its behavioural model, and the ideal rule.

The circuit is compared with the behavioural model under asserted bounds.  Its distance from the rule
dW = lr F f is a property of the device and its pulses, and is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork, hebbian_update, relax
from analog_pc.testbench.behavioural_model import ModelResult
from analog_pc.testbench.run import LearningWaveforms
from analog_pc.testbench.testbench import LearningTestbench

# A change of conductance may be off by 1 % of the full scale (`ReferencedMapping.span`), and, so that a small
# change cannot pass for an exact one, by 1 % of the largest change.  Steps of the integrator are precise to
# 1e-6 of a state near 0.5, and a pulse ends within a handful of them: some 1e-5 of the full scale, which is
# 1e-3 of changes of 1 % of it.  Held errors lose 1e-4 through open switches (1 pF and 1e12 Ohm, 100 us).
OF_SCALE = 0.01
OF_CHANGE = 0.01


@dataclass(frozen=True, eq=False)
class Agreement:
    """Circuit against behavioural model.

    Parameters
    ----------
    circuit, model
        Change of every conductance in S: of layer 1 ... L forward, then of 2 ... L transposed, flat.
    largest_change, of_scale, of_change
        max |model| over the full scale; max |circuit - model| over the full scale, and over max |model|.
    activities
        Largest deviation of an activity at the end of *predict*, *learn*, *predict again*.
    weighted_eps
        Largest deviation of a held weighted error, over the largest one.
    """

    circuit: Floats
    model: Floats
    largest_change: float
    of_scale: float
    of_change: float
    activities: tuple[float, float, float]
    weighted_eps: float

    @property
    def agrees(self) -> bool:
        return self.of_scale <= OF_SCALE and self.of_change <= OF_CHANGE


@dataclass(frozen=True, eq=False)
class RuleDeviation:
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


def compare_with_model(bench: LearningTestbench, result: LearningWaveforms, model: ModelResult) -> Agreement:
    """Compare all devices, activities and weighted errors of the circuit with the behavioural model.

    Parameters
    ----------
    bench
        The testbench that was simulated.
    result
        Waveforms of the circuit.
    model
        What the behavioural model gives for the same testbench.

    Returns
    -------
    Agreement
        Changes of all conductances, S, and deviations over full scale.
    """
    pre = [w.shape[1] for w in bench.network.W]
    device = bench.device
    changes = [device.conductance(b - a) for a, b in zip(model.before, model.after, strict=True)]
    expected = _flat([*changes, *(c[:n] for c, n in zip(changes[1:], pre[1:], strict=True))])
    found = _flat([device.conductance(w[-1] - w[0]) for w in (*result.forward, *result.transposed[1:])])
    largest = float(np.abs(expected).max())
    apart = float(np.abs(found - expected).max())
    times = bench.schedule.predict, bench.schedule.held, bench.schedule.duration
    ends = zip(times, (model.predicted, model.learned, model.again), strict=True)
    first, second, third = (_apart(result.at(t, result.activities), end.activities) for t, end in ends)
    weighted_eps = [pi * eps for pi, eps in zip(bench.network.pi, model.learned.eps[1:], strict=True)]
    held = _apart(result.at(bench.schedule.written, result.held)[1:], tuple(weighted_eps))
    span = bench.mapping.span
    strongest = max(float(np.abs(f).max()) for f in weighted_eps)
    return Agreement(
        found,
        expected,
        largest / span,
        apart / span,
        apart / largest,
        (first, second, third),
        held / strongest,
    )


def compare_with_rule(
    bench: LearningTestbench, result: LearningWaveforms, model: ModelResult
) -> RuleDeviation:
    """How far the circuit's changes, and the prediction that they make, are from the ideal rule.

    Parameters
    ----------
    bench
        The testbench that was simulated.
    result
        Waveforms of the circuit.
    model
        What the behavioural model gives for the same testbench.

    Returns
    -------
    RuleDeviation
        Fitted learning rate, angle in degrees and residual, and the outputs [n_L].
    """
    rule = hebbian_update(bench.network, model.learned)
    found = bench.network_of(tuple(w[-1] for w in result.forward))
    first = bench.network_of(tuple(w[0] for w in result.forward))
    biased = bench.network.has_biases  # no line, no bias
    unit = _flat([*rule.weights, *(rule.biases if biased else ())])
    changes = _flat([a - b for a, b in zip(_learned(found), _learned(first), strict=True)])
    lr = float(unit @ changes / (unit @ unit))
    cosine = float(unit @ changes / (np.linalg.norm(unit) * np.linalg.norm(changes)))
    residual = float(np.linalg.norm(changes - lr * unit) / np.linalg.norm(changes))

    def output(rate: float) -> Floats:
        weights = [w + rate * d for w, d in zip(bench.network.W, rule.weights, strict=True)]
        biases = [b + rate * biased * d for b, d in zip(bench.network.b, rule.biases, strict=True)]
        learned = bench.network.with_parameters(weights, biases)
        return np.asarray(relax(learned, bench.inputs[np.newaxis]).output[0])

    return RuleDeviation(
        lr,
        float(np.degrees(np.arccos(min(cosine, 1.0)))),
        residual,
        result.at(bench.schedule.predict, result.activities)[-1],
        result.activities[-1][-1],
        output(bench.lr),
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

"""A network that scikit-learn trained, on real parts: the closed form against native, and what helps."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from analog_pc.arrays import Floats, Ints
from analog_pc.compiler import compile_network, program_arrays, signal_budget
from analog_pc.pcn import Accuracy, PredictiveCodingNetwork, accuracy_of, relax
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.simulators import Native
from analog_pc.technology import Technology, technology

SAMPLES = 200
CMOS = technology("cmos65-rram")


@dataclass(frozen=True, eq=False)
class Case:
    network: PredictiveCodingNetwork
    inputs: Floats
    labels: Ints


@pytest.fixture(scope="module")
def case() -> Case:
    """64-40-20-10 tanh on digits; its outputs are logits of up to 10."""
    inputs, labels = load_digits(return_X_y=True)
    inputs = inputs / 16.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not trained to its last digit
        model = MLPClassifier((40, 20), activation="tanh", max_iter=80, random_state=0)
        model.fit(inputs[:1400], labels[:1400])
    weights = [np.ascontiguousarray(w.T) for w in model.coefs_]
    network = PredictiveCodingNetwork(weights, model.intercepts_, activation="tanh")
    return Case(network, inputs[-SAMPLES:], labels[-SAMPLES:])


def on_chip(case: Case, parts: Technology, *, per_column: bool = True) -> Accuracy:
    arrays = program_arrays(case.network, parts, 0, input_free=False, per_column=per_column)
    found = EffectiveRelaxer(parts, 0).relax(case.network, case.inputs, arrays=arrays)
    return accuracy_of(found, case.labels)


def test_the_closed_form_has_the_accuracy_of_native(case: Case) -> None:
    """Bent devices and rails, which it leaves out, move outputs by less than 1 % of full scale."""
    compiled = compile_network(case.network, CMOS, case.inputs)
    solution = Native(check_stability=False).simulate(compiled.circuit, compiled.operating_point())
    native = compiled.decode(solution)
    closed = EffectiveRelaxer(CMOS).relax(case.network, case.inputs)
    assert accuracy_of(native, case.labels) == accuracy_of(closed, case.labels)
    assert np.abs(native.output - closed.output).max() < 1e-2 * np.abs(native.output).max()


def test_auto_zero_helps(case: Case) -> None:
    """Offsets of 1 mV times noise gains are as large as the signals, as the budget says."""
    raw = replace(CMOS, auto_zero_capacitance=0.0)
    ideal = accuracy_of(relax(case.network, case.inputs), case.labels)
    assert on_chip(case, raw).low + 0.1 < on_chip(case, CMOS).low  # measured 40 points
    assert on_chip(case, CMOS).low > ideal.low - 0.05  # measured within a point
    ratio = [
        min(
            row.signal_to_offset
            for row in signal_budget(compile_network(case.network, t, case.inputs))
            if row.rms
        )
        for t in (raw, CMOS)
    ]
    assert ratio[0] < 10.0 < ratio[1]


def test_a_resistor_for_each_column_helps_where_weights_stick_out(case: Case) -> None:
    weights = [w.copy() for w in case.network.W]
    for w in weights[:2]:
        w[:4, 10:13] *= 8.0
    outliers = replace(case, network=case.network.with_parameters(weights, case.network.b))
    parts = technology("cmos130-rram")  # the widest spread of programming
    assert on_chip(outliers, parts, per_column=False).low < on_chip(outliers, parts).low

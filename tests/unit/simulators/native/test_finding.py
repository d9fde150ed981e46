"""Batches from stimuli to volts in compiled code, against the way by parts that small batches take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import Circuit, OperatingPoint, Outcome
from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.simulators.native import finding
from analog_pc.simulators.native.batch import complete
from analog_pc.technology import IDEAL

SAMPLES = 300
FINITE = replace(IDEAL, name="finite", opamp_gain=1e3, opamp_gain_bandwidth=1e9)


def batch(
    phase: str, activation: str = "sigmoid", *, gate_feedback: bool = False
) -> tuple[Circuit, OperatingPoint]:
    rng = np.random.default_rng(0)
    net = random_network((12, 6, 3), seed=0, activation=activation)
    inputs, labels = rng.uniform(0.0, 1.0, (SAMPLES, 12)), rng.integers(0, 3, SAMPLES)
    targets = np.eye(3)[labels] if phase == "learn" else None
    compiled = compile_network(net, FINITE, inputs, targets, gate_feedback=gate_feedback)
    return compiled.circuit, compiled.operating_point()


def ready(native: Native, circuit: Circuit, point: OperatingPoint) -> None:
    """Let it learn that the circuit is small units; what comes next is in compiled code."""
    native.simulate(circuit, point)
    assert complete(native.model(circuit).reduced(False)[1]) is not None


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("phase", ["predict", "gated", "learn"])
@pytest.mark.parametrize("check", [False, True])
def test_both_ways_agree(phase: str, activation: str, check: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    circuit, point = batch(phase, activation, gate_feedback=phase == "gated")
    native = Native(check_stability=check)
    ready(native, circuit, point)
    found = native.simulate(circuit, point)
    monkeypatch.setattr(finding, "MANY", SAMPLES + 1)
    other = native.simulate(circuit, point)
    assert found.nodes == other.nodes
    assert found.status.samples == other.status.samples == (Outcome.CONVERGED,) * SAMPLES
    scale = np.abs(other.volts).max()
    np.testing.assert_allclose(found.volts, other.volts, atol=1e-12 * scale)
    if phase == "learn":
        assert found.preset_volts is not None
        assert other.preset_volts is not None
        np.testing.assert_allclose(found.preset_volts, other.preset_volts, atol=1e-12 * scale)


def test_outputs_that_no_read_feels_are_left_to_the_last() -> None:
    circuit, point = batch("predict")
    native = Native(check_stability=False)
    ready(native, circuit, point)
    model = native.model(circuit)
    loop = model.reduced(False)[1]
    split = complete(loop)
    assert split is not None
    last = split.cells.writes[len(split.cells.laws.kind) :]
    assert len(last) == 6  # what the hidden units send to the output layer, whose units are free
    assert not loop.gain[:, last].any()


def test_without_a_guess_and_with_fewer_samples() -> None:
    circuit, point = batch("learn")
    native = Native(check_stability=False)
    ready(native, circuit, point)
    few = {name: volts[:40] for name, volts in point.stimuli.items()}
    preset = {name: volts[:40] for name, volts in (point.preset or {}).items()}
    found = native.simulate(circuit, replace(point, stimuli=few, preset=preset, guess={}))
    np.testing.assert_allclose(found.volts, native.simulate(circuit, point).volts[:40], atol=1e-12)


def test_a_guess_of_one_node_leaves_no_trace_in_the_slopes_of_others() -> None:
    circuit, point = batch("predict")
    native = Native(check_stability=False)
    ready(native, circuit, point)
    native.simulate(circuit, replace(point, guess={"x1_4": point.guess["x1_4"]}))
    split = complete(native.model(circuit).reduced(False)[1])
    assert split is not None
    gated = split.cells.laws.gated
    assert split.free
    for work in split.free:
        assert work.slopes[1, gated].any()
        np.testing.assert_array_equal(work.slopes[1, ~gated], 0.0)


def test_samples_that_do_not_arrive_are_searched_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit, point = batch("learn")
    native = Native(check_stability=False)
    ready(native, circuit, point)
    expected = native.simulate(circuit, point)
    compiled = finding.find_part

    def loses_some(*arguments: object) -> None:
        compiled(*arguments)
        found, (first, _) = arguments[-2:]
        arguments[8][:, :, first + 1] = np.nan  # volts
        found[first + 1] = False

    monkeypatch.setattr(finding, "find_part", loses_some)
    found = native.simulate(circuit, point)
    assert found.status.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(found.volts, expected.volts, atol=1e-12)
    assert found.preset_volts is not None
    np.testing.assert_allclose(found.preset_volts, expected.preset_volts, atol=1e-12)

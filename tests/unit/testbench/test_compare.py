"""Comparisons and files, on results that are made by hand: no simulator here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analog_pc.arrays import Floats
from analog_pc.devices.compact import hold
from analog_pc.testbench import (
    EXAMPLES,
    LearningTestbench,
    LearningWaveforms,
    ModelResult,
    behavioural_model,
    build_testbench,
    compare_with_model,
    compare_with_rule,
    write_results,
)

EXAMPLE = EXAMPLES["8-6-3"]()
TRIAL = build_testbench(EXAMPLE.network, EXAMPLE.inputs, EXAMPLE.target, lr=EXAMPLE.lr)
TWIN = behavioural_model(TRIAL)


def perfect(bench: LearningTestbench, expected: ModelResult) -> LearningWaveforms:
    """A result of four points that is the behavioural model: predicted, learned, written, predicted again."""
    s = bench.schedule
    rests = [expected.predicted, expected.learned, expected.learned, expected.again]

    def stack(name: str) -> tuple[Floats, ...]:
        return tuple(
            np.stack([getattr(rest, name)[k][0] for rest in rests]) for k in range(len(bench.network.sizes))
        )

    weighted_eps = tuple(
        np.stack([p * r.eps[k][0] for r in (rests[0], *rests[1:2] * 3)])
        for k, p in enumerate([1.0, *bench.network.pi])
    )
    written = zip(expected.before, expected.after, strict=True)
    forward = tuple(np.stack([a, a, b, b]) for a, b in written)
    pre = [w.shape[1] for w in bench.network.W]
    transposed = (np.empty((4, 0, 6)), *(f[:, :n] for f, n in zip(forward[1:], pre[1:], strict=True)))
    times = np.array([s.predict, s.held, s.written, s.duration])
    return LearningWaveforms(
        times, stack("activities"), stack("predictions"), stack("eps"), weighted_eps, forward, transposed
    )


def test_the_model_agrees_with_itself() -> None:
    agreement = compare_with_model(TRIAL, perfect(TRIAL, TWIN), TWIN)
    assert agreement.of_scale == agreement.of_change == agreement.weighted_eps == 0.0
    assert agreement.activities == (0.0, 0.0, 0.0)
    assert agreement.agrees
    assert len(agreement.model) == (8 + 1) * 6 + (6 + 1) * 3 + 6 * 3


@pytest.mark.parametrize("where", ["forward", "transposed"])
def test_one_device_that_is_off_is_found(where: str) -> None:
    result = perfect(TRIAL, TWIN)
    largest = max(float(np.abs(b - a).max()) for a, b in zip(TWIN.before, TWIN.after, strict=True))
    getattr(result, where)[1][-1, 2, 1] += 0.02 * largest
    agreement = compare_with_model(TRIAL, result, TWIN)
    assert agreement.of_change == pytest.approx(0.02)
    assert agreement.of_scale == pytest.approx(0.02 * largest / 0.5)  # states 0.25 ... 0.75 are used
    assert not agreement.agrees


def test_weighted_eps_and_activities_that_are_off() -> None:
    result = perfect(TRIAL, TWIN)
    strongest = max(float(np.abs(e).max()) for e in TWIN.learned.eps[1:])
    result.held[2][2, 0] += 0.1 * strongest
    result.activities[1][3, 0] += 0.25
    agreement = compare_with_model(TRIAL, result, TWIN)
    assert agreement.weighted_eps == pytest.approx(0.1)
    assert agreement.activities == pytest.approx((0.0, 0.0, 0.25))


def test_departure_of_a_rule_that_was_followed() -> None:
    """States that the ideal rule would leave, at 0.8 of the nominal rate: no angle, no residual."""
    result = perfect(TRIAL, TWIN)
    for k, (rate, eps) in enumerate(zip(TWIN.learned.rates, TWIN.learned.eps[1:], strict=True)):
        line = np.append(rate[0], 1.0)
        change = 0.8 * TRIAL.lr * np.outer(line, eps[0]) / TRIAL.mapping.ohms
        result.forward[k][-1] = TWIN.before[k] + TRIAL.device.state_of(TRIAL.mapping.reference + change) - 0.5
    deviation = compare_with_rule(TRIAL, result, TWIN)
    assert deviation.lr == pytest.approx(0.8 * TRIAL.lr, rel=1e-9)
    assert deviation.angle == pytest.approx(0.0, abs=1e-4)  # arccos near 1: the root of rounding
    assert deviation.residual == pytest.approx(0.0, abs=1e-9)
    assert np.abs(deviation.ideal - deviation.at_lr).max() > 0.01


def test_what_is_written_is_what_was_found(tmp_path: Path) -> None:
    result = perfect(TRIAL, TWIN)
    agreement, deviation = compare_with_model(TRIAL, result, TWIN), compare_with_rule(TRIAL, result, TWIN)
    paths = write_results(tmp_path, TRIAL, result, TWIN, agreement, deviation)
    assert [p.name for p in paths] == [
        "testbench.cir", "waveforms.npz", "testbench.svg", "testbench.pdf", "result.json",
    ]  # fmt: skip
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in paths}
    stored = json.loads(paths[-1].read_text())
    assert stored["agreement"]["agrees"] is True
    assert stored["devices"] == len(stored["changes"]["behavioural_model"]) == len(agreement.model)
    assert stored["outputs"]["after"] == deviation.again.tolist()
    assert [part["name"] for part in stored["parts"]][:2] == ["predict", "learn"]
    with np.load(paths[1]) as arrays:
        assert set(arrays.files) == {
            "times", "activities0", "activities1", "activities2", "predictions1", "predictions2",
            "eps1", "eps2", "held1", "held2", "forward1", "forward2", "transposed2",
        }  # fmt: skip
        np.testing.assert_array_equal(arrays["forward1"], result.forward[0])
    assert paths[2].read_text().lstrip().startswith("<?xml")


def test_hold_and_the_model_are_one() -> None:
    """The behavioural model's states of the first layer, from its drives by hand."""
    w, found = TRIAL.encoding, TWIN.before[0]
    rates, weighted_eps = np.append(TWIN.learned.rates[0][0], 1.0), TWIN.learned.eps[1][0]
    for phase in TRIAL.schedule.phases:
        volts = phase.polarity * (w.level(phase.sign * rates) + w.column(phase.polarity))
        seconds = phase.seconds * w.width(phase.columns * weighted_eps)
        found = hold(w.device, found, volts[:, None], seconds[None])
    np.testing.assert_array_equal(found, TWIN.after[0])

"""Digital machines: operations counted by hand, and code that computes what it is timed for."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.cost import break_even, digital_baselines
from analog_pc.cost.baselines import mac_energy, relaxed_update
from analog_pc.cost.components import shipped
from analog_pc.cost.operations import best_step, digital_work, iterations
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network, relax
from analog_pc.pcn.learning import forward_pass
from analog_pc.reporting.json_report import plain
from analog_pc.technology import technology

NET = random_network((6, 5, 4, 3), "tanh", seed=1)
RNG = np.random.default_rng(3)
X, T = RNG.normal(size=(4, 6)), RNG.normal(size=(4, 3))


def test_a_multiply_accumulate_is_the_sum_of_its_parts() -> None:
    digital = shipped("digital")
    assert mac_energy(digital, "fp32")[0] == pytest.approx((0.9 + 3.7 + 10.0 / 2) * 1e-12)
    assert mac_energy(digital, "int8")[0] == pytest.approx((0.03 + 0.2 + 10.0 / 8) * 1e-12)


def test_energies_are_operations_times_their_energy() -> None:
    found = {(b.name, b.phase): b for b in digital_baselines(NET, X, T, measure_cpu=False)}
    assert found["45 nm fp32", "predict"].energy == pytest.approx((30 + 20 + 12) * 9.6e-12)
    k = iterations(NET, X, T)
    macs = 30 + k * 2 * 32 + 62
    assert found["45 nm fp32", "learn"].energy == pytest.approx(macs * 9.6e-12)
    assert found["45 nm fp32", "learn"].latency == pytest.approx(macs / 64e9)
    assert found["45 nm fp32, backpropagation", "learn"].energy == pytest.approx((3 * 62 - 30) * 9.6e-12)
    assert found["14 nm PCM chip, one phase", "predict"].energy == pytest.approx(2 * 62 / 9.76e12)
    assert found["GPU at peak", "predict"].energy == pytest.approx(2 * 62 * 700.0 / 989e12)
    assert np.isnan(found["GPU at peak", "predict"].latency)
    assert plain(found["GPU at peak", "predict"])["latency"] is None
    for b in found.values():
        assert b.source
        assert b.grade in "ABC"
        assert "MAC" in b.assumption


def test_without_targets_nothing_learns() -> None:
    assert {b.phase for b in digital_baselines(NET, X, measure_cpu=False)} == {"predict"}


def test_the_processor_is_measured() -> None:
    found = {b.name: b for b in digital_baselines(NET, X) if b.name.startswith("this CPU")}
    assert set(found) == {"this CPU, batch 1", "this CPU, batch 64"}
    for b in found.values():
        batch = int(b.name.rsplit(" ", 1)[1])
        assert b.latency > 1e-7
        assert b.energy == pytest.approx(b.latency / batch * 9.7)
        assert "not measured" in b.assumption


def test_the_timed_code_relaxes_and_updates() -> None:
    step, count = best_step(NET, X, T), iterations(NET, X, T)
    assert count > 2
    end = relax(NET, X, T)
    moved = relaxed_update(NET, X, T, step, 40 * count)
    for layer, update in enumerate(moved):
        rate = end.rates[layer]
        np.testing.assert_allclose(update, end.eps[layer + 1].T @ rate, rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(forward_pass(NET, X)[-1], relax(NET, X).activities[-1], atol=1e-9)


def test_iterations_of_a_quadratic_energy_are_those_of_its_condition() -> None:
    # x1 between 1 and its prediction of x2: curvatures 1 + w^2 alone, so that one best step arrives.
    net = PredictiveCodingNetwork([[[1.0]], [[3.0]]], activation="identity")
    assert iterations(net, np.array([[1.0]]), np.array([[0.0]])) == 1
    assert digital_work(net, np.array([[1.0]]), np.array([[0.0]])).relaxation == 1 + 2
    # Two hidden nodes in a chain: curvatures [[1 + w^2, -w], [-w, 1 + w^2]], a factor of
    # (large - small) / (large + small) = 2 w / (2 + 2 w^2) a step; w = 1 gives one half, 0.5^7 < 1 % < 0.5^6.
    chain = PredictiveCodingNetwork([[[1.0]], [[1.0]], [[1.0]]], activation="identity")
    assert 6 <= iterations(chain, np.array([[1.0]]), np.array([[0.0]])) <= 7


def test_a_relaxation_without_an_end_is_no_number() -> None:
    # E = (x1 - 0.5)^2 / 2 + (1 + relu(x1))^2 / 2 has a slope of -0.5 below the kink, of 0.5 above.
    net = PredictiveCodingNetwork([[[1.0]], [[-1.0]]], activation="relu")
    x, t = np.array([[0.5]]), np.array([[1.0]])
    assert relax(net, x, t).activities[1] == pytest.approx(0.0, abs=1e-9)
    assert iterations(net, x, t) is None
    assert digital_work(net, x, t).relaxation is None
    found = [b for b in digital_baselines(net, x, t) if b.phase == "learn"]
    relaxing = [b for b in found if "backpropagation" not in b.name]
    assert len(relaxing) == 7
    for b in relaxing:
        assert np.isnan(b.energy)
        assert np.isnan(b.latency)
        assert "does not converge" in b.assumption
        assert plain(b)["energy"] is None
    assert all(b.energy > 0.0 for b in found if b not in relaxing)


def test_steps_end_on_the_kink_that_holds_a_unit() -> None:
    # x_1 rests on its kink, where steps of one size would go to and fro; x_2 moves.
    net = PredictiveCodingNetwork([[[0.0], [0.0]], [[-1.0, 0.5]]], [[0.5, 1.0], [0.0]], activation="relu")
    end = relax(net, [[1.0]], [[3.0]])
    assert end.activities[1][0, 0] == 0.0
    count = iterations(net, np.array([[1.0]]), np.array([[3.0]]))
    assert count is not None
    assert 1 <= count <= 20


def test_a_limit_of_iterations_is_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = iterations(NET, X, T)
    assert needed is not None
    monkeypatch.setattr("analog_pc.cost.operations.MOST_ITERATIONS", needed)
    assert iterations(NET, X, T) is None


def test_break_even_has_a_row_for_every_machine_width_and_phase() -> None:
    rows = break_even(technology("pcm"), (12, 6), simulated=8, samples=2)
    assert [r.width for r in rows] == sorted(r.width for r in rows)
    assert {(r.width, r.method) for r in rows} == {(6, "simulated"), (12, "formula")}
    for r in rows:
        assert r.ratio == pytest.approx(r.analog / r.digital)
        assert r.loses == (r.ratio > 1.0)
    learnt = {(r.width, r.baseline): r.analog for r in rows if r.phase == "learn"}
    written = {(r.width, r.baseline): r.analog for r in rows if r.phase == "learn and write"}
    assert set(written) == set(learnt)
    assert all(written[key] > learnt[key] for key in learnt)
    narrow = [r for r in rows if r.width == 6 and r.baseline == "45 nm int8"]
    assert all(r.loses for r in narrow)  # amplifiers of six nodes against 96 multiply-accumulates


def test_formula_and_simulation_meet() -> None:
    simulated, formula = (
        {
            (r.phase, r.baseline): r.analog
            for r in break_even(technology("pcm"), (6, 12), simulated=s, samples=2)
            if r.width == 12
        }
        for s in (12, 6)
    )
    for key, joules in formula.items():
        assert 0.5 < joules / simulated[key] < 2.0


def test_break_even_refuses_what_it_cannot() -> None:
    with pytest.raises(BadInput):
        break_even(technology("pcm"), (), samples=2)
    with pytest.raises(BadInput):
        break_even(technology("pcm"), (0,), samples=2)

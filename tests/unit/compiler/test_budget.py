"""Signals against offsets, noise and swing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.compiler import CompileOptions, budget_text, compile_network, signal_budget
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL, offset_spread, technology
from analog_pc.technology.non_idealities import with_only

CMOS = technology("cmos65-rram")


def test_by_hand() -> None:
    """mu = 2 x: one weight of 2 at g_max = 225 uS, the other device at 50 uS; R_f = 2 / 175 uS."""
    net = PredictiveCodingNetwork([[[2.0]]], activation="identity")
    exact = replace(CMOS, programming_spread=())
    (row,) = signal_budget(
        compile_network(net, exact, [[1.0], [-0.5]], options=CompileOptions(volts_per_unit=0.1))
    )
    gain = 1.0 + 2.0 / 175e-6 * 275e-6
    assert (row.stage, row.layer, row.unit) == ("mu", 1, 0.1)
    assert row.peak == pytest.approx(0.2)
    assert row.rms == pytest.approx(0.1 * np.sqrt(2.5))
    assert row.noise_gain == pytest.approx((gain, gain))
    assert row.offset == pytest.approx(gain * offset_spread(CMOS))
    assert row.noise == pytest.approx(1e-8 * np.sqrt(0.5 * np.pi * 200e6 * gain))
    assert row.used == pytest.approx(0.2 / 0.3)


def test_offsets_are_those_of_the_circuit() -> None:
    """The offset of predictions over many chips, with offsets alone and amplifiers of large gain."""
    t = replace(with_only(CMOS, "offset"), opamp_gain=CMOS.opamp_gain, auto_zero_capacitance=0.0)
    t = replace(t, opamp_gain=1e6)
    net = random_network((6, 4), "tanh", seed=1, biases=False)
    found = []
    for seed in range(200):
        compiled = compile_network(net, t, np.zeros((1, 6)), seed=seed)
        solution = Native(check_stability=False).simulate(compiled.circuit, compiled.operating_point())
        found.append(solution.voltage(compiled.probes.predictions[1])[0])
    (row,) = signal_budget(compiled)
    # Drivers add theirs, sqrt(1 + 4) offsets through weights up to 0.8: |W row| / NG of the amplifiers' own.
    own = np.sqrt(np.mean(np.square(found)))
    drivers = np.sqrt(np.mean((net.W[0] ** 2).sum(axis=1))) * 2.3 / row.noise_gain[0]
    assert 0.9 * row.offset < own < 1.1 * row.offset * np.hypot(1.0, drivers)


def test_feedback_has_rows_where_there_is_feedback() -> None:
    net = random_network((3, 4, 2), "tanh", seed=0)
    learn = signal_budget(compile_network(net, CMOS, np.ones((2, 3)), np.ones((2, 2))))
    assert [(row.stage, row.layer) for row in learn] == [("mu", 1), ("mu", 2), ("back", 1)]
    assert learn[-1].rms > 0.0
    predict = signal_budget(compile_network(net, CMOS, np.ones((2, 3))))
    assert predict[-1].rms == 0.0
    text = budget_text(predict)
    assert text.count("\n") == 2
    assert text.count("smallest signal over offset") == 1


def test_ideal_parts_add_nothing() -> None:
    rows = signal_budget(compile_network(random_network((3, 4, 2), "tanh"), IDEAL, np.ones((1, 3))))
    assert [row.offset for row in rows] == [0.0] * 3
    assert all(row.signal_to_offset == np.inf for row in rows)
    assert "smallest" not in budget_text(rows)

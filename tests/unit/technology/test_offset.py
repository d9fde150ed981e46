"""Offsets of op-amps, raw and auto-zeroed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.technology import TECHNOLOGIES, offset_left, offset_spread, sampled_spread, technology
from analog_pc.technology.non_idealities import with_only, without

CMOS = technology("cmos65-rram")


def test_without_auto_zero_all_of_the_offset_stays() -> None:
    raw = technology("breadboard")
    assert not raw.auto_zeroed
    assert (offset_left(raw), sampled_spread(raw), offset_spread(raw)) == (1.0, 0.0, 3e-3)


def test_a_long_phase_leaves_what_finite_gain_leaves() -> None:
    long = replace(CMOS, auto_zero_time=1.0)
    assert offset_left(long) == pytest.approx(1.0 / (1.0 + 0.1 * 1000.0), rel=1e-12)
    assert offset_left(replace(CMOS, auto_zero_time=0.0)) == 1.0
    assert offset_left(replace(CMOS, auto_zero_time=1e-12)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("seconds", [1e-9, 1e-8, 3e-8])
def test_a_short_phase_is_that_of_the_op_amp_with_one_pole(seconds: float) -> None:
    """dp/dt = 2 pi GBW (V_os - k p - p / A0) from 0; V_os - k p is left."""
    k, a0, rate = CMOS.auto_zero_coupling, CMOS.opamp_gain, 2.0 * np.pi * CMOS.opamp_gain_bandwidth
    run = solve_ivp(lambda _, p: rate * (1.0 - k * p - p / a0), (0.0, seconds), [0.0], rtol=1e-10, atol=1e-12)
    left = 1.0 - k * run.y[0, -1]
    assert offset_left(replace(CMOS, auto_zero_time=seconds)) == pytest.approx(left, rel=1e-7)


def test_sampled_noise_and_charge() -> None:
    """sqrt(kT/C) of 1 pF at 300.15 K is 64.4 uV."""
    quiet = replace(CMOS, auto_zero_capacitance=1e-12, auto_zero_injection=0.0, auto_zero_coupling=1.0)
    assert sampled_spread(quiet) == pytest.approx(64.4e-6, rel=1e-3)
    both = replace(quiet, auto_zero_injection=100e-6, auto_zero_coupling=0.1)
    assert sampled_spread(both) == pytest.approx(0.1 * np.hypot(64.4e-6, 100e-6), rel=1e-3)


def test_offsets_alone_and_without() -> None:
    assert offset_spread(without(CMOS, "offset")) == 0.0
    assert sampled_spread(with_only(CMOS, "offset")) == sampled_spread(CMOS)


@pytest.mark.parametrize("name", [name for name, t in TECHNOLOGIES.items() if t.auto_zeroed])
def test_the_phase_settles_and_leaves_little(name: str) -> None:
    t = technology(name)
    finite_gain = 1.0 / (1.0 + t.auto_zero_coupling * t.opamp_gain)
    assert offset_left(t) < 1.01 * finite_gain  # longer would not help
    assert offset_spread(t) < 0.05 * t.opamp_offset
    assert sampled_spread(t) < 5.0 * finite_gain * t.opamp_offset  # a larger capacitor would help little

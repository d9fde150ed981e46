"""Synapses: what they read, what a circuit sees of them, and where they are symmetric."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc import technology
from analog_pc.devices.pulsed import PRESETS, Constant, DeviceArray, Linear, PulsedDevice, SoftBounds
from analog_pc.training.in_situ import DRIVES, WeightDevice, weight_device
from analog_pc.training.in_situ.synapses import PairedSynapses, ReferencedSynapses, make_synapses
from analog_pc.training.in_situ.synapses.calibration import mean_step, refer_to_symmetry

SHAPE = (6, 4)
W = np.random.default_rng(0).uniform(-0.3, 0.3, SHAPE)
PLAIN = WeightDevice("plain", PulsedDevice(Constant(), step=0.01))
ONE_WAY = WeightDevice("one way", PulsedDevice(Constant(), step=0.01, w_min=0.0, one_sided=True))
TECHNOLOGY = technology("cmos65-rram")


def test_one_sided_devices_come_in_pairs() -> None:
    assert isinstance(make_synapses(PLAIN, SHAPE, 0, 0), ReferencedSynapses)
    assert isinstance(make_synapses(ONE_WAY, SHAPE, 0, 0), PairedSynapses)


@pytest.mark.parametrize("device", [PLAIN, ONE_WAY])
def test_written_is_read(device: WeightDevice) -> None:
    synapses = make_synapses(device, SHAPE, 0, 0)
    synapses.assign(W)
    np.testing.assert_allclose(synapses.weights, W, rtol=0.0, atol=1e-15)
    np.testing.assert_array_equal(synapses.read_row(2), synapses.weights[2])
    assert synapses.write_count.row_reads == 1


@pytest.mark.parametrize("device", [PLAIN, ONE_WAY])
def test_a_pulse_is_a_step_in_its_direction(device: WeightDevice) -> None:
    synapses = make_synapses(device, SHAPE, 0, 0)
    counts = np.random.default_rng(1).integers(-3, 4, SHAPE)
    synapses.pulse(counts)
    np.testing.assert_allclose(synapses.weights, 0.01 * counts, rtol=0.0, atol=1e-15)
    assert synapses.write_count.periods == np.abs(counts).sum()  # one device after the other
    synapses.pulse(-counts)
    # A pair comes back to its weight with both devices higher than before.
    np.testing.assert_allclose(synapses.weights, 0.0, rtol=0.0, atol=1e-15)
    assert sum(int(a.wear.sum()) for a in synapses.arrays) == 2 * np.abs(counts).sum()


@pytest.mark.parametrize("name", PRESETS)
def test_circuits_see_what_is_read(name: str) -> None:
    synapses = make_synapses(weight_device(name), SHAPE, 3, 4)
    synapses.assign(W)
    synapses.outer(np.ones((1, 6)), np.ones((1, 4)), 0.02, 31, True)
    plus, minus, slope = synapses.conductances(TECHNOLOGY)
    np.testing.assert_allclose((plus - minus) / slope, synapses.weights, rtol=0.0, atol=1e-12)
    for g in (plus, minus):
        assert g.min() >= TECHNOLOGY.g_min * (1.0 - 1e-12)
        assert g.max() <= TECHNOLOGY.g_max * (1.0 + 1e-12)


def test_the_reference_does_not_move() -> None:
    synapses = make_synapses(weight_device("ecram"), SHAPE, 3, 4)
    before = synapses.conductances(TECHNOLOGY)
    synapses.pulse(np.full(SHAPE, 5))
    after = synapses.conductances(TECHNOLOGY)
    np.testing.assert_array_equal(before.minus, after.minus)
    assert (after.plus > before.plus).all()


# --- symmetry


@pytest.mark.parametrize("characteristic", [SoftBounds(0.2, 0.3), Linear(0.3, 0.6, 0.1, 0.1)])
def test_symmetry_points_are_those_of_the_closed_form(characteristic: SoftBounds | Linear) -> None:
    spec = PulsedDevice(characteristic, step=0.01, step_d2d=0.2, up_down=0.1, up_down_d2d=0.05, w_max_d2d=0.1)
    searched, known = (
        DeviceArray(spec, (20, 30), 5),
        DeviceArray(replace(spec, at_symmetry=True), (20, 30), 5),
    )
    refer_to_symmetry(searched)
    # Between its bounds: devices whose two steps are nowhere equal within them end at a bound.
    point = np.clip(known.retention.reference, known.parameters.lower, known.parameters.upper)
    np.testing.assert_allclose(searched.retention.reference, point, rtol=0.0, atol=1e-12)
    assert np.std(point) > 0.01


@pytest.mark.parametrize("name", ["reram-es", "ecram-mo"])
def test_pulses_in_turn_do_not_leave_the_symmetry_point(name: str) -> None:
    """A pair of pulses moves a device by D^2 f'f near it, and by much more elsewhere."""
    quiet = replace(PRESETS[name], step_c2c=0.0, write_noise=0.0)
    array = DeviceArray(quiet, (20, 30), 1)
    refer_to_symmetry(array)
    inside = (array.hidden > array.parameters.lower + 0.1) & (array.hidden < array.parameters.upper - 0.1)
    away = []
    for offset in (0.0, 0.1):
        array.assign(np.full(array.shape, offset))
        before = array.hidden.copy()
        for _ in range(10):
            array.pulse(np.ones(array.shape, dtype=int))
            array.pulse(-np.ones(array.shape, dtype=int))
        away.append(np.abs(array.hidden - before)[inside].mean())
    assert inside.mean() > 0.9
    assert away[0] < 0.1 * away[1]


def test_what_is_symmetric_already_is_left_alone() -> None:
    for name in ("reram-array-om", "gokmen-vlasov"):
        array = DeviceArray(PRESETS[name], SHAPE, 0)
        reference = array.retention.reference.copy()
        refer_to_symmetry(array)
        np.testing.assert_array_equal(array.retention.reference, reference)


def test_mean_step_of_a_constant_law_is_the_step() -> None:
    # 4096 devices of 30 % spread: the mean is off by 0.5 %.
    assert mean_step(PRESETS["gokmen-vlasov"]) == pytest.approx(0.0016, rel=0.02)
    # Of soft bounds at w = 0, f = 1.
    assert mean_step(PulsedDevice(SoftBounds(), step=0.01)) == pytest.approx(0.01, rel=1e-12)


# --- lines that arrays share


def test_arrays_on_the_same_lines_get_the_same_trains() -> None:
    first, second = (make_synapses(PLAIN, SHAPE, seed, 7) for seed in (1, 2))
    other = make_synapses(PLAIN, SHAPE, 1, 8)
    for synapses in (first, second, other):
        synapses.outer(np.linspace(-1, 1, 6)[None], np.linspace(0.2, 1, 4)[None], 0.05, 31, True)
    np.testing.assert_array_equal(first.arrays[0].wear, second.arrays[0].wear)
    assert (first.arrays[0].wear != other.arrays[0].wear).any()
    assert first.write_count.periods == 31


def test_a_pair_shares_its_lines() -> None:
    """Where the coincidences go up the plus device moves, elsewhere the minus device: never both."""
    pair = make_synapses(ONE_WAY, SHAPE, 1, 7)
    x, d = np.linspace(-1, 1, 6), np.linspace(-0.5, 1, 4)
    pair.outer(x[None], d[None], 0.05, 31, True)
    plus, minus = (a.hidden > a.retention.reference for a in pair.arrays)
    assert not (plus & minus).any()
    assert not (plus & (np.outer(x, d) < 0.0)).any()
    assert not (minus & (np.outer(x, d) > 0.0)).any()
    assert plus.any()
    assert minus.any()


# --- refresh


def test_refresh_keeps_the_weight_and_frees_the_range() -> None:
    pair = PairedSynapses(ONE_WAY, SHAPE, 1, 7, every=2)
    pair.assign(W)
    both = np.zeros(SHAPE, dtype=np.int64)
    both[:, 0] = 60
    pair.pulse(both)
    pair.pulse(-both)  # the first column: w+ and w- both 0.6 higher
    pair.elapse(1.0)
    assert pair.write_count.resets == 0
    pair.elapse(1.0)  # due
    full = np.maximum(np.maximum(W, 0.0), np.maximum(-W, 0.0))[:, 0] + 0.6 > 0.75
    assert 0 < full.sum() < 6
    assert pair.write_count.resets == 2 * full.sum()
    np.testing.assert_allclose(pair.weights[~full], W[~full], rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(pair.weights, W, rtol=0.0, atol=0.01 + 1e-12)  # verified to a step
    low = np.minimum(*(a.hidden for a in pair.arrays))
    assert (low[full, 0] == 0.0).all()  # one of the two takes all of the difference
    assert (low[~full, 0] > 0.5).all()
    assert pair.write_count.row_reads >= SHAPE[0]


def test_a_rewritten_difference_is_verified() -> None:
    pair = PairedSynapses(weight_device("pcm"), SHAPE, 1, 7)
    pair.assign(3.0 * W)
    before = pair.weights
    pair.refresh(np.ones(SHAPE, dtype=bool))
    assert (
        np.abs(pair.weights - before).max() < 0.4
    )  # the first step of the device is 0.28 with a noise of 0.19
    assert np.corrcoef(pair.weights.ravel(), before.ravel())[0, 1] > 0.9


def test_full_on_one_side_alone_is_not_refreshed() -> None:
    pair = PairedSynapses(ONE_WAY, SHAPE, 1, 7, every=1)
    pair.assign(np.full(SHAPE, 0.9))
    pair.elapse(1.0)
    assert pair.write_count.resets == 0


def test_time_wears_a_capacitor_down() -> None:
    spec = replace(PRESETS["capacitor"], lifetime=10.0, lifetime_d2d=0.0)
    synapses = make_synapses(WeightDevice("leaky", spec, DRIVES["capacitor"].energy), SHAPE, 0, 0)
    assert synapses.time_dependent
    synapses.assign(W)
    synapses.elapse(10.0)
    np.testing.assert_allclose(synapses.weights, W * np.exp(-1.0), rtol=1e-12)
    assert not make_synapses(PLAIN, SHAPE, 0, 0).time_dependent

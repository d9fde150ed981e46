"""Populations: spreads, noise, outer products, age, faults, energy, and what is saved of them.

A mean of N draws is allowed six standard errors (2e-9 of being beyond), a deviation six of its own, which for
normal draws is sigma / sqrt(2 N).
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from analog_pc.devices.pulsed import (
    PRESETS,
    Constant,
    DeviceArray,
    Linear,
    Power,
    Pulse,
    PulsedDevice,
    SoftBounds,
    WriteEnergy,
)
from analog_pc.errors import BadInput

SIDE = 200
N = SIDE * SIDE


def array(device: PulsedDevice, shape: tuple[int, int] = (SIDE, SIDE), seed: int = 1, **more) -> DeviceArray:
    return DeviceArray(device, shape, seed, **more)


def has(values: np.ndarray, mean: float, sigma: float) -> None:
    n = values.size
    assert abs(values.mean() - mean) <= 6.0 * sigma / math.sqrt(n)
    assert abs(values.std() - sigma) <= 6.0 * sigma / math.sqrt(2 * n)


def test_spreads_of_steps_and_asymmetry() -> None:
    """(up + down) / 2 has the spread of the step, (up - down) / 2 that of the asymmetry."""
    cells = array(PulsedDevice(step=0.01, step_d2d=0.1, up_down=0.2, up_down_d2d=0.05)).parameters
    has((cells.up + cells.down) / 0.02, 1.0, 0.1)
    has((cells.up - cells.down) / 0.02, 0.2, 0.05)


def test_spreads_of_bounds_are_relative() -> None:
    cells = array(PulsedDevice(w_max=1.25, w_min=-0.75, w_max_d2d=0.1, w_min_d2d=0.15)).parameters
    has(cells.upper, 1.25, 0.125)
    has(-cells.lower, 0.75, 0.75 * 0.15)


def test_a_large_spread_is_folded_and_not_reversed() -> None:
    """|1 + 0.9 n|: mean 2 s phi(1 / s) + 1 - 2 Phi(-1 / s)."""
    cells = array(PulsedDevice(step_d2d=0.9, w_max_d2d=0.9, w_min_d2d=0.9)).parameters
    assert (cells.up > 0.0).all()
    assert (cells.lower < 0.0).all()
    assert (cells.upper > 0.0).all()
    density = math.exp(-0.5 / 0.81) / math.sqrt(2.0 * math.pi)
    mean = 2.0 * 0.9 * density + 1.0 - math.erfc(1.0 / 0.9 / math.sqrt(2.0))
    assert abs(cells.upper.mean() - mean) <= 6.0 * math.sqrt((1.81 - mean**2) / N)


def test_log_normal_steps_have_the_median_of_the_kind() -> None:
    cells = array(PulsedDevice(step=0.1, step_d2d=0.8, lognormal=True)).parameters
    has(np.log(cells.up / 0.1), 0.0, 0.8)


def test_spreads_of_slopes() -> None:
    cells = array(PulsedDevice(Linear(0.5, 0.6, 0.05, 0.04), w_max=2.0, w_min=-3.0)).parameters
    has(cells.up_slope * 2.0, 0.5, 0.05)
    has(cells.down_slope * 3.0, 0.6, 0.04)
    powers = array(PulsedDevice(Power(2.0, 0.1, 0.2, 0.03))).parameters
    has((powers.up_slope + powers.down_slope) / 4.0, 1.0, 0.1)
    has((powers.up_slope - powers.down_slope) / 4.0, 0.2, 0.03)


def test_one_seed_one_array() -> None:
    device = PRESETS["reram-array-om"]
    one, same, other = (array(device, seed=seed) for seed in (7, 7, 8))
    for each in (one, same, other):
        each.outer(np.linspace(-1, 1, SIDE), np.linspace(1, -0.5, SIDE), 0.3)
    np.testing.assert_array_equal(one.weights, same.weights)
    assert (one.hidden != other.hidden).mean() > 0.99


@pytest.mark.parametrize("additive", [True, False])
def test_cycle_noise_of_a_constant_step(additive: bool) -> None:
    """n pulses: mean n D, deviation D c sqrt(n)."""
    a = array(PulsedDevice(step=0.001, step_c2c=0.3, additive=additive))
    a.pulse(np.full(a.shape, -16))
    has(a.hidden / 0.001, -16.0, 0.3 * 4.0)


def test_summed_bursts_have_the_moments_of_the_recursion() -> None:
    """w <- a w + D + D c n, a = 1 - D s: normal, mean a^n w + D S_n(a), variance (D c)^2 S_n(a^2)."""
    a = array(PulsedDevice(SoftBounds(), step=0.02, step_c2c=0.5, additive=True))
    a.assign(np.full(a.shape, -0.2))
    a.pulse(np.full(a.shape, 12))
    keep = 1.0 - 0.02
    mean = keep**12 * -0.2 + 0.02 * (1 - keep**12) / (1 - keep)
    has(a.hidden, mean, 0.01 * math.sqrt((1 - keep**24) / (1 - keep**2)))


@pytest.mark.parametrize("characteristic", [SoftBounds(), Constant()])
@pytest.mark.parametrize("start", [0.0, 0.93])
def test_summed_bursts_are_as_pulse_by_pulse(start: float, characteristic: SoftBounds | Constant) -> None:
    """The two kernels on the same devices; at 0.93 the bounds cut, and bursts are not summed."""
    device = PulsedDevice(characteristic, step=0.05, step_c2c=0.5, additive=True, step_d2d=0.2)
    found = []
    for summed, key in ((True, 5), (False, 6)):
        a = array(device)
        assert a.model.burst
        a.model, a.rng = a.model._replace(burst=summed), np.random.default_rng(key)
        a.assign(np.full(a.shape, start))
        a.pulse(np.full(a.shape, 9))
        assert a.statistics().pulses == 9 * N
        found.append(a.hidden)
    assert (found[0] == 1.0).mean() == pytest.approx((found[1] == 1.0).mean(), abs=6.0 * math.sqrt(0.5 / N))
    for moment in (1, 2, 3):
        one, two = (f**moment for f in found)
        assert abs(one.mean() - two.mean()) <= 6.0 * math.hypot(one.std(), two.std()) / math.sqrt(N)


def test_noise_in_proportion_to_the_weight() -> None:
    """One pulse at w = 0.5: s = c (offset + D + slope w)."""
    a = array(PulsedDevice(step=0.01, step_c2c=0.6, c2c_offset=0.002, c2c_slope=0.01))
    a.assign(np.full(a.shape, 0.5))
    a.pulse(np.ones(a.shape, dtype=int))
    has(a.hidden, 0.51, 0.6 * (0.002 + 0.01 + 0.005))


def test_write_noise_is_seen_and_not_kept() -> None:
    a = array(PulsedDevice(step=0.001, write_noise=20.0))
    a.pulse(np.eye(SIDE, dtype=int))
    assert (a.weights[~np.eye(SIDE, dtype=bool)] == 0.0).all()  # not touched, not noisy
    for _ in range(2):
        a.pulse(np.ones(a.shape, dtype=int))
    hidden = np.where(np.eye(SIDE, dtype=bool), 0.003, 0.002)
    np.testing.assert_allclose(a.hidden, hidden, rtol=1e-14)
    has(a.weights - a.hidden, 0.0, 0.02)


def test_the_reference_is_subtracted_and_may_be_the_symmetry_point() -> None:
    a = array(PulsedDevice(SoftBounds(), step=0.01, up_down=0.1, w_max_d2d=0.2, at_symmetry=True))
    np.testing.assert_allclose(a.weights, 0.0, atol=1e-15)
    cells, w = a.parameters, a.hidden
    assert w.std() > 0.005
    # Both steps are of size 0.01 and computed to a few roundings of 1.
    up, down = cells.up * (1 - w / cells.upper), cells.down * (1 - w / cells.lower)
    np.testing.assert_allclose(up, down, rtol=1e-13)
    has(array(PulsedDevice(reference=0.1, reference_d2d=0.05)).retention.reference, 0.1, 0.05)


X, D = np.array([0.9, -0.3, 0.0, 0.05, -1.0]), np.array([0.4, -0.2, 0.7, 0.0])


@pytest.mark.parametrize(("rate", "management"), [(0.004, True), (-0.004, True), (0.004, False)])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_an_outer_product_is_right_on_average(rate: float, management: bool, noise: float) -> None:
    """R updates of 31 slots: count R 31 p q on average; a slot adds D (1 + c n) with probability
    P = rate x d / (31 D), so its variance is D^2 (P (1 + c^2) - P^2)."""
    repeats, step, slots = 4000, 0.001, 31
    a = array(PulsedDevice(step=step, step_c2c=noise, w_max=50.0, w_min=-50.0), (5, 4))
    for _ in range(repeats):
        a.outer(X, D, rate, slots, management=management)
    wanted = rate * np.outer(X, D)
    p = np.abs(wanted) / (slots * step)
    assert p.max() < 1.0
    error = step * np.sqrt(slots * (p * (1 + noise**2) - p**2) / repeats)
    assert (np.abs(a.weights / repeats - wanted) <= 6.0 * error + 1e-16).all()
    assert a.statistics().clipped == 0


def test_coincidences_share_their_trains() -> None:
    """Rows with p = 1 copy the train of a column: all devices of the column agree in every update."""
    a = array(PulsedDevice(step=0.001), (3, 40))
    x, d = np.ones(3), np.linspace(0.0, 1.0, 40)
    a.outer(x, d, 0.031, 31)  # scale 1: p = 1, q = d
    np.testing.assert_array_equal(a.weights[0], a.weights[1])
    np.testing.assert_array_equal(a.weights[0], a.weights[2])
    assert a.weights[0, -1] == pytest.approx(0.031)
    assert 0.0 < a.weights[0, 20] < 0.031


def test_probabilities_above_one_are_counted() -> None:
    a = array(PulsedDevice(step=0.001), (2, 2))
    a.outer([1.0, 0.1], [1.0, 1.0], 1.0)
    assert a.statistics().clipped == 3
    assert a.statistics().pulses >= 2 * 31


def test_threads_and_a_generator_of_ones_own_change_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    x, d = np.linspace(-1, 1, SIDE), np.linspace(1, -0.5, SIDE)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr("numba.get_num_threads", lambda threads=threads: threads)
        a = array(PRESETS["ecram"])
        a.outer(x, d, 0.01, rng=np.random.default_rng(4))
        found.append(a.weights)
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("name", ["ecram", "reram-es", "pcm"])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
def test_samples_at_once_are_samples_one_by_one(
    name: str, shared: bool, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit, samples that drive nothing among them; joules to the rounding of a sum."""
    monkeypatch.setattr("numba.get_num_threads", lambda: threads)
    monkeypatch.setattr("analog_pc.devices.pulsed.array.WORTH_THREADS", 1)
    draw = np.random.default_rng(3)
    x = draw.normal(size=(7, 6))
    d = draw.normal(size=(7, 4))
    x[2] = 0.0
    d[4] = 0.0
    x[5, [1, 3]] = 0.0
    energy = WriteEnergy(Pulse(1.0, 1e-7), 1e-7, 1e-6, 1e-15)
    one, other = (DeviceArray(PRESETS[name], (6, 4), 5, energy) for _ in range(2))
    first, second = ((np.random.default_rng(4) if shared else None) for _ in range(2))
    one.outer(x, d, 0.05, rng=first)
    for own_x, own_d in zip(x, d, strict=True):
        other.outer(own_x, own_d, 0.05, rng=second)
    for key, value in one.state().items():
        if key == "totals":
            np.testing.assert_allclose(value, other.state()[key], rtol=1e-13)
        else:
            np.testing.assert_array_equal(value, other.state()[key])
    assert one.statistics().pulses > 0


def test_arrays_on_the_same_lines_get_the_same_pulses_and_have_their_own_noise() -> None:
    first, second = (DeviceArray(PRESETS["ecram"], (5, 4), seed) for seed in (1, 2))
    for a in (first, second):
        a.outer(X, D, 0.05, rng=np.random.default_rng(4))
    np.testing.assert_array_equal(first.wear, second.wear)
    moved = first.wear > 0
    assert moved.any()
    assert (first.weights[moved] != second.weights[moved]).all()
    # A device of the same population differs as well: its noise comes from its own generator.
    twin = DeviceArray(PRESETS["ecram"], (5, 4), 1)
    twin.rng = np.random.default_rng(9)
    twin.outer(X, D, 0.05, rng=np.random.default_rng(4))
    np.testing.assert_array_equal(first.wear, twin.wear)
    assert (first.weights[moved] != twin.weights[moved]).all()


@pytest.mark.parametrize("name", ["ecram", "reram-es", "pcm"])
def test_rows_without_pulses_change_nothing_for_the_others(name: str) -> None:
    """Rows have their own streams: what a row draws does not depend on rows that have nothing to do."""
    x, d = np.linspace(0.2, 1.0, 6), np.linspace(0.5, 1.0, 4)
    rng = np.random.default_rng(2)
    dense, sparse = (DeviceArray(PRESETS[name], (6, 4), 3) for _ in range(2))
    counts = rng.integers(0, 4, (6, 4))
    dense.pulse(counts)
    counts[[1, 4]] = 0
    sparse.pulse(counts)
    kept = [0, 2, 3, 5]
    np.testing.assert_array_equal(dense.weights[kept], sparse.weights[kept])
    assert not sparse.wear[[1, 4]].any()
    x[[1, 4]] = 0.0
    before = sparse.weights
    sparse.outer(x, d, 0.1)
    np.testing.assert_array_equal(sparse.weights[[1, 4]], before[[1, 4]])
    assert (sparse.weights[kept] != before[kept]).any()


def test_nothing_to_change_is_no_pulse() -> None:
    a = array(PRESETS["gokmen-vlasov"], (5, 4))
    a.outer(X, np.zeros(4), 0.1)
    a.outer(X, D, 0.0)
    a.pulse(np.zeros((5, 4), dtype=int))
    assert a.statistics().pulses == a.statistics().half_selects == 0


def test_a_one_sided_device_goes_up_only() -> None:
    a = array(PRESETS["pcm"], (5, 4))
    a.outer(X, D, 0.3)
    assert (a.wear[np.outer(X, D) <= 0.0] == 0).all()
    assert a.wear.sum() > 0
    with pytest.raises(BadInput, match="20 counts are negative, the device is one-sided"):
        a.pulse(np.full((5, 4), -1))


def test_stuck_cells_have_their_share_and_never_move() -> None:
    a = array(PulsedDevice(step=0.01, stuck=0.1, stuck_range=0.3))
    stuck = a.retention.stuck
    assert abs(stuck.mean() - 0.1) <= 6.0 * math.sqrt(0.09 / N)
    before = a.hidden.copy()
    has(
        before[stuck], 0.0, 0.3 / math.sqrt(3.0)
    )  # even on +-0.3; its own deviation is below the normal one's
    a.pulse(np.full(a.shape, 3))
    a.assign(np.full(a.shape, 0.9))
    a.reset()
    np.testing.assert_array_equal(a.hidden[stuck], before[stuck])
    assert (a.hidden[~stuck] == 0.0).all()
    assert a.statistics().failed == 0


def test_a_worn_out_device_keeps_its_value() -> None:
    a = array(PulsedDevice(step=0.01, endurance=25), (2, 2))
    a.pulse([[10, 25], [-30, 0]])
    a.pulse([[10, 5], [5, 1]])
    np.testing.assert_allclose(a.weights, [[0.2, 0.25], [-0.25, 0.01]], rtol=1e-14)
    got = a.statistics()
    assert (got.failed, got.most_wear, got.pulses) == (2, 35, 86)
    assert got.mean_wear == 86 / 4


def test_endurance_is_log_normal() -> None:
    a = array(PulsedDevice(endurance=1e6, endurance_d2d=0.5))
    has(np.log(a.parameters.endurance / 1e6), 0.0, 0.5)


def test_decay_is_exponential_and_drift_a_power_of_time() -> None:
    a = array(PulsedDevice(lifetime=50.0), (1, 1))
    a.assign([[0.8]])
    a.elapse(20.0)
    a.elapse(30.0)
    assert a.weights[0, 0] == pytest.approx(0.8 / math.e, rel=1e-14)
    b = array(PulsedDevice(step=0.1, w_max=2.0, w_min=0.0, drift=0.05, drift_start=20.0), (1, 2))
    b.assign([[1.0, 1.5]])
    b.elapse(80.0)
    b.elapse(100.0)  # 200 s after the write, t_0 = 20 s
    np.testing.assert_allclose(b.weights, [[10.0**-0.05, 1.5 * 10.0**-0.05]], rtol=1e-14)
    b.pulse([[1, 0]])  # a write starts the clock anew
    b.elapse(20.0)
    np.testing.assert_allclose(b.weights, [[(10.0**-0.05 + 0.1) * 2.0**-0.05, 1.5 * 11.0**-0.05]], rtol=1e-14)


def test_a_reset_has_its_own_place_for_each_device() -> None:
    a = array(PulsedDevice(reset=0.2, reset_d2d=0.02))
    a.reset(np.tri(SIDE, dtype=bool))
    has(a.hidden[np.tri(SIDE, dtype=bool)], 0.2, 0.02)
    assert (a.hidden[~np.tri(SIDE, dtype=bool)] == 0.0).all()


ENERGY = WriteEnergy(Pulse(2.0, 10e-9), 1e-6, 9e-6, 5e-15)


def test_reset_noise_is_drawn_anew_at_each_reset() -> None:
    """Two resets of one device differ by sqrt(2) of the noise; the device's own place is in both."""
    device = PulsedDevice(reset=0.1, reset_d2d=0.05, reset_c2c=0.02)
    devices = array(device)
    devices.reset()
    first = devices.hidden.copy()
    has(first, 0.1, math.hypot(0.05, 0.02))
    devices.reset()
    has(devices.hidden - first, 0.0, math.sqrt(2.0) * 0.02)


def test_reset_noise_stays_within_the_bounds() -> None:
    """The pcm preset resets near its lower bound 0: a tenth of its devices would end below."""
    devices = array(PRESETS["pcm"])
    devices.reset()
    assert devices.hidden.min() == 0.0
    unbounded = devices.hidden > 0.0
    # P(0.01 + sqrt(0.02^2 + 0.01^2) n > 0) = Phi(0.01 / 0.02236) = 0.6726
    assert abs(unbounded.mean() - 0.6726) <= 6.0 * math.sqrt(0.6726 * 0.3274 / N)


SCALARS = pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])


@SCALARS
def test_a_number_of_numpy_is_a_number(kind: type) -> None:
    device = PulsedDevice(Linear(kind(0.5), kind(0.25)), step=kind(0.01), step_c2c=kind(0.5))
    assert type(device.step) is float
    assert device.step == float(kind(0.01))  # rounded as the given one is, and not once more
    plain = PulsedDevice(Linear(0.5, 0.25), step=float(kind(0.01)), step_c2c=0.5)
    assert repr(dataclasses.replace(device, characteristic=plain.characteristic)) == repr(plain)
    found = array(device, (np.int16(3), 4), np.int32(7))
    expected = array(plain, (3, 4), 7)
    for one in (found, expected):
        one.pulse(np.full((3, 4), 5))
        one.elapse(kind(0.5))
        one.outer(np.ones(3), np.ones(4), kind(0.25), slots=np.int8(5))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.weights, expected.weights)


def test_energy_of_pulses_one_after_the_other() -> None:
    """Bounds +-1 at 1 and 9 uS, so 0 at 5 uS and 0.5 at 7 uS; row and column are half-selected."""
    a = array(PulsedDevice(step=0.25), (2, 3), energy=ENERGY)
    a.pulse([[2, 0, 0], [0, 0, 0]])
    full = 4.0 * 2 * (6e-6 * 10e-9 + 5e-15)
    half = 1.0 * 2 * 3 * (5e-6 * 10e-9 + 5e-15)
    got = a.statistics()
    assert (got.pulses, got.half_selects) == (2, 6)
    assert got.joules == pytest.approx(full + half, rel=1e-13)


def test_energy_of_an_outer_product() -> None:
    """p = 1 on row 0 and on columns 0 and 1, 0 elsewhere: 31 pulses on two devices, and half-selected are the
    third device of row 0 and columns 0 and 1 of row 1, 31 times each."""
    a = array(PulsedDevice(step=0.001), (2, 3), energy=ENERGY)
    a.outer([1.0, 0.0], [1.0, 1.0, 0.0], 0.031)
    got = a.statistics()
    assert (got.pulses, got.half_selects) == (62, 93)
    siemens = 5e-6 + 0.5 * 0.031 * 4e-6
    full = 4.0 * 62 * (siemens * 10e-9 + 5e-15)
    half = 1.0 * 93 * (5e-6 * 10e-9 + 5e-15)
    assert got.joules == pytest.approx(full + half, rel=1e-13)


def test_devices_of_three_terminals_cost_the_charge_of_their_lines() -> None:
    a = array(PulsedDevice(step=0.25), (2, 3), energy=WriteEnergy(Pulse(2.0, 10e-9), 0.0, 0.0, 5e-15))
    a.pulse([[2, 0, 0], [0, 0, 0]])
    assert a.statistics().joules == pytest.approx((4.0 * 2 + 1.0 * 6) * 5e-15, rel=1e-13)


def test_without_an_energy_there_is_none() -> None:
    assert array(PulsedDevice(), (2, 2)).statistics().joules is None


@pytest.mark.parametrize("name", ["reram-array-hfo2", "capacitor", "pcm"])
def test_a_restored_array_goes_on_bit_for_bit(name: str) -> None:
    device = dataclasses.replace(PRESETS[name], drift=0.02, stuck=0.05, endurance=200.0)

    def work(a: DeviceArray) -> None:
        for k in range(4):
            a.outer(np.linspace(-1, 1, 30), np.linspace(1, -0.5, 20), 0.1 * (-1) ** k)
            a.elapse(3.0)
            a.reset(np.eye(30, 20, dtype=bool))
        a.pulse(np.ones((30, 20), dtype=int))

    first = array(device, (30, 20), seed=3, energy=ENERGY)
    work(first)
    kept = first.state()
    work(first)
    second = array(device, (30, 20), seed=99, energy=ENERGY)
    second.restore(kept)
    work(second)
    for key, value in first.state().items():
        assert value.dtype != object
        np.testing.assert_array_equal(second.state()[key], value)
    assert first.statistics() == second.statistics()


def test_a_state_of_another_array_is_refused_whole() -> None:
    a, b = array(PulsedDevice(), (2, 3)), array(PulsedDevice(), (3, 2))
    with pytest.raises(BadInput, match=r"'hidden' of the state is float64\[3, 2\], must be float64\[2, 3\]"):
        a.restore(b.state())
    kept = a.state() | {"hidden": np.ones((2, 3))}
    del kept["generator"]
    with pytest.raises(BadInput, match="no 'generator'"):
        a.restore(kept)
    assert (a.hidden == 0.0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: a.outer([1.0], D, 0.1), r"x of shape \(1,\), the array needs \(5,\)"),
        (lambda a: a.outer(X, [np.nan] * 4, 0.1), "d must be finite"),
        (lambda a: a.outer([X, X], D, 0.1), "x has 2 vectors, d 1"),
        (lambda a: a.outer(X, D, "0.1"), "rate = '0.1', must be a finite number"),
        (lambda a: a.outer(X, D, 0.1, rng=3), "rng = 3, must be a numpy.random.Generator"),
        (lambda a: a.outer(X, D, math.inf), "rate = inf"),
        (lambda a: a.outer(X, D, 0.1, 32), "slots = 32"),
        (lambda a: a.outer(X, D, 0.1, 0), "slots = 0"),
        (lambda a: a.outer(X, D, 0.1, 2.5), "slots = 2.5"),
        (lambda a: a.pulse(np.full((5, 4), 0.5)), "whole numbers"),
        (lambda a: a.pulse(np.full((5, 4), 2**31)), "below 2"),
        (lambda a: a.pulse([[1]]), "shape"),
        (lambda a: a.elapse(-1.0), "time = -1.0"),
        (lambda a: a.assign("w"), "not an array of numbers"),
        (lambda a: DeviceArray(a.spec, (0, 3), 1), r"shape = \(0, 3\)"),
        (lambda a: DeviceArray(a.spec, (2,), 1), r"shape = \(2,\)"),
        (lambda a: Pulse(0.0, 1e-9), "volts = 0.0"),
        (lambda a: Pulse(1.0, math.nan), "seconds = nan"),
        (lambda a: WriteEnergy(Pulse(1.0, 1.0), 2.0, 1.0), "range 2.0 ... 1.0 S"),
        (lambda a: WriteEnergy(Pulse(1.0, 1.0), 0.0, 1.0, -1.0), "line_farads = -1.0"),
    ],
)
def test_refused(call, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call(array(PulsedDevice(), (5, 4)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"step": 0.0}, "step = 0.0, must be > 0"),
        ({"step": math.nan}, "step = nan, must be a number"),
        ({"step": True}, "step = True, must be a number"),
        ({"step": np.True_}, "step = np.True_, must be a number"),
        ({"step": "0.1"}, "step = '0.1', must be a number"),
        ({"step": np.float32("nan")}, r"step = np\.float32\(nan\), must be a number"),
        ({"step": np.array([0.1])}, "must be a number"),
        ({"reset_c2c": -1.0}, "reset_c2c = -1.0, must be >= 0"),
        ({"step": math.inf}, "step = inf, must be finite"),
        ({"characteristic": "linear"}, "characteristic = 'linear', must be an update characteristic"),
        ({"step_c2c": -0.1}, "step_c2c = -0.1, must be >= 0"),
        ({"w_max": -0.1}, "bounds -1.0 ... -0.1"),
        ({"w_max": 0.0, "w_min": 0.0}, "bounds"),
        ({"characteristic": SoftBounds(), "w_min": 0.0}, "both sides of 0"),
        ({"up_down": 1.0}, "up_down = 1.0"),
        ({"stuck": 1.1}, "stuck = 1.1"),
        ({"characteristic": Power(1.0), "at_symmetry": True}, "not known for power steps"),
        ({"lifetime": 0.0}, "lifetime = 0.0"),
    ],
)
def test_devices_refused(fields: dict, message: str) -> None:
    with pytest.raises(BadInput, match=f"pulsed device: .*{message}"):
        PulsedDevice(**fields)

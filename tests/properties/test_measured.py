"""A device made of a curve that is known goes where the curve goes, noise or none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed import DeviceArray, MeasuredDevice, measured_device

FEW = settings(max_examples=30, deadline=None, derandomize=True)
LOW, HIGH = 1e-6, 1e-5
NOISE = st.sampled_from([0.0, 0.005, 0.01, 0.02, 0.05])
PULSES = st.integers(50, 2000)
SEEDS = st.integers(0, 10**6)


def made_of(up: Floats, down: Floats) -> MeasuredDevice:
    lines = ["direction,pulse,siemens"]
    for name, curve in (("up", up), ("down", down)):
        lines += [f"{name},{k},{g!r}" for k, g in enumerate(curve.tolist())]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "curve.csv"
        path.write_text("\n".join(lines) + "\n")
        return measured_device(path)


def after(measured: MeasuredDevice, start: float, pulses: int) -> float:
    """Conductance in S of a device that starts at `start` S."""
    width = measured.g_max - measured.g_min
    array = DeviceArray(measured.device, (1, 1), seed=0)
    array.assign([[2.0 * (start - measured.g_min) / width - 1.0]])
    array.pulse([[pulses]])
    return float(measured.g_min + 0.5 * (array.weights[0, 0] + 1.0) * width)


def end_error(noise: float, freedom: float, n: int) -> float:
    """Six standard errors of the end of a curve of f parameters fitted to n readings.

    f / sqrt(n) of the noise: the leverage of the last reading is f^2 / n for a polynomial of f coefficients,
    and a spline with its penalty has less.  Its bias is about as large as its error, for which six is enough.
    """
    return 6.0 * noise * freedom / float(np.sqrt(n))


@FEW
@given(st.sampled_from([0.0, 1.0, 3.0, 6.0]), PULSES, NOISE, SEEDS)
def test_straight_and_saturating_curves(rate: float, n: int, noise: float, seed: int) -> None:
    """Up as 1 - exp(-rate x), down as its mirror image; noise in parts of the range.

    Without noise: an interval of the spline is at most 2/64 of the pulses and of the level, which leaves
    (6 * 2/64)^4 / 384 = 3e-6.
    """
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 1.0, n + 1)
    rise = x if rate == 0.0 else np.expm1(-rate * x) / np.expm1(-rate)
    width = HIGH - LOW
    truth = LOW + width * rise
    read = truth + noise * width * rng.normal(size=n + 1)
    back = HIGH - width * rise + noise * width * rng.normal(size=n + 1)
    got = made_of(np.where(read > 0.0, read, truth), np.where(back > 0.0, back, LOW))
    allowed = width * (1e-5 + end_error(noise, max(got.up.freedom, got.down.freedom), n))
    assert abs(after(got, LOW, n) - HIGH) <= allowed
    assert abs(after(got, HIGH, -n) - LOW) <= allowed
    assert abs(after(got, LOW, n // 2) - truth[n // 2]) <= allowed
    assert got.up.followed
    assert got.down.followed


@FEW
@given(st.sampled_from([1, 2, 3, 4]), PULSES, NOISE, SEEDS)
def test_curves_over_decades(decades: int, n: int, noise: float, seed: int) -> None:
    """Each pulse multiplies by the same factor; noise in parts of the reading.

    In the logarithm it is a straight line, so that the error is one of ln G, all along.
    """
    rng = np.random.default_rng(seed)
    truth = LOW * 10.0 ** (decades * np.linspace(0.0, 1.0, n + 1))
    got = made_of(
        truth * np.abs(1.0 + noise * rng.normal(size=n + 1)),
        truth[::-1] * np.abs(1.0 + noise * rng.normal(size=n + 1)),
    )
    # A device from the true start keeps the error of that end of the line and gets that of the other.
    # Between nodes steps are interpolated linearly, as they are.  Each pulse rounds the weight by eps of the
    # range, which is 10^decades eps of the lowest conductance: 1e-12 at most, times 2000.
    allowed = 2.0 * end_error(noise, max(got.up.freedom, got.down.freedom), n) + 1e-5
    for pulses in (n // 4, n // 2, n):
        assert abs(np.log(after(got, truth[0], pulses) / truth[pulses])) <= allowed
        assert abs(np.log(after(got, truth[-1], -pulses) / truth[-1 - pulses])) <= allowed
    assert got.up.followed
    assert got.down.followed

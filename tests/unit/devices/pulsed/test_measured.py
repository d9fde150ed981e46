"""Measured curves: read back from devices of a known characteristic, and refused when they cannot be used."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from analog_pc.devices.pulsed import (
    PRESETS,
    DeviceArray,
    MeasuredDevice,
    Piecewise,
    PulsedDevice,
    SoftBounds,
    measured_device,
)
from analog_pc.errors import BadInput

HEADER = "direction,pulse,siemens\n"
REFERENCE = Path(__file__).parents[3] / "reference_data"


def text(up: np.ndarray, down: np.ndarray) -> str:
    lines = [
        f"{name},{k},{g!r}"
        for name, curve in (("up", up), ("down", down))
        for k, g in enumerate(curve.tolist())
    ]
    return HEADER + "\n".join(lines) + "\n"


def pulsed(array: DeviceArray, count: int) -> np.ndarray:
    """What is read of one device before each of `count` pulses in one direction, and after the last."""
    found = [array.weights[0, 0]]
    for _ in range(abs(count)):
        array.pulse([[1 if count > 0 else -1]])
        found.append(array.weights[0, 0])
    return np.array(found)


def from_curves(up: np.ndarray, down: np.ndarray) -> MeasuredDevice:
    with TemporaryDirectory() as folder:
        return load(Path(folder), text(up, down))


def load(folder: Path, content: str) -> MeasuredDevice:
    path = folder / "curve.csv"
    path.write_text(content, encoding="utf-8")
    return measured_device(path)


def curve(device: PulsedDevice, count: int, start: float) -> np.ndarray:
    """Weight before each of `count` pulses in one direction, and after the last."""
    array = DeviceArray(device, (1, 1), seed=0)
    array.assign([[start]])
    return pulsed(array, count)


def characteristic_of(measured: MeasuredDevice) -> Piecewise:
    assert isinstance(measured.device.characteristic, Piecewise)
    return measured.device.characteristic


def ends(measured: MeasuredDevice, start: float, *pulses: int) -> list[float]:
    """Conductances in S of a device that starts at `start` S, after each of so many pulses."""
    width = measured.g_max - measured.g_min
    found = []
    for count in pulses:
        array = DeviceArray(measured.device, (1, 1), seed=0)
        array.assign([[2.0 * (start - measured.g_min) / width - 1.0]])
        array.pulse([[count]])
        found.append(float(measured.g_min + 0.5 * (array.weights[0, 0] + 1.0) * width))
    return found


def test_a_line_is_a_constant_step(tmp_path: Path) -> None:
    got = load(tmp_path, text(np.linspace(1e-6, 9e-6, 81), np.linspace(9e-6, 1e-6, 41)))
    assert got.g_min == pytest.approx(1e-6, rel=1e-12)
    assert got.g_max == pytest.approx(9e-6, rel=1e-12)
    # 2 / 80 up and 2 / 40 down.  A spline of some tens of coefficients is right to some hundred eps, and a
    # step is a difference of 1/80 of it.
    characteristic = characteristic_of(got)
    np.testing.assert_allclose(np.array(characteristic.up) * got.device.step, 1 / 40, rtol=1e-10)
    np.testing.assert_allclose(np.array(characteristic.down) * got.device.step, 1 / 20, rtol=1e-10)


def test_read_noise_does_not_hold_a_device_back() -> None:
    """256 conductances evenly from 1 to 10 uS, up and down, with noise of 2 % of the range.

    The end of a straight line through n readings has a standard error of 2 sigma / sqrt(n): 0.25 % of the
    range; a fit of f parameters has f / sqrt(n) of sigma there, and f was found to be 2 to 4.
    """
    got = measured_device(REFERENCE / "curve_noisy_linear.csv")
    (up,), (down,) = ends(got, 1e-6, 255), ends(got, 10e-6, -255)
    allowed = 6.0 * 0.02 * 4.0 / 16.0 * 9e-6
    assert up == pytest.approx(10e-6, abs=allowed)
    assert down == pytest.approx(1e-6, abs=allowed)
    for fit in (got.up, got.down):
        assert 2.0 <= fit.freedom <= 4.0
        assert fit.noise == pytest.approx(0.02, abs=6.0 * 0.02 / np.sqrt(2 * 256))
        assert not fit.proportional
        assert fit.followed


def test_three_decades() -> None:
    """64 pulses from 1 uS to 1 mS, each 1.116 times the last; the file has seven digits."""
    got = measured_device(REFERENCE / "curve_geometric.csv")
    expected = [1e-6 * 1000.0 ** (k / 63.0) for k in (31, 49, 63)]
    np.testing.assert_allclose(ends(got, 1e-6, 31, 49, 63), expected, rtol=1e-5)
    np.testing.assert_allclose(ends(got, 1e-3, -14, -32, -63), [*expected[1::-1], 1e-6], rtol=1e-5)
    assert got.up.proportional


def test_a_published_noisy_device_goes_where_it_goes() -> None:
    """reram-es: write noise of 75 steps, noise of each pulse of 5, 1000 pulses from the lower bound.

    Without noise it ends at 0.9997.  The walk of its own noise ends elsewhere, by sqrt(1000) * 5 * 0.00135 =
    0.21 were there no bounds, which pull it back; five devices on average are allowed that.
    """
    kind = dataclasses.replace(
        PRESETS["reram-es"], step_d2d=0.0, up_down_d2d=0.0, w_max_d2d=0.0, w_min_d2d=0.0
    )
    reached = []
    for seed in range(5):
        array = DeviceArray(kind, (1, 1), seed)
        array.assign([[-1.0]])
        up = pulsed(array, 1000)
        down = pulsed(array, -1000)
        width = 1e-6
        got = from_curves(3e-6 + width * up, 3e-6 + width * down)
        reached.append((ends(got, 2e-6, 1000)[0] - 3e-6) / width)
    assert np.mean(reached) == pytest.approx(1.0, abs=0.21)
    assert min(reached) > 0.5


def test_the_curve_of_soft_bounds_comes_back(tmp_path: Path) -> None:
    """Steps D (1 -+ w), and the curve itself, to what a cubic spline on 64 intervals leaves.

    An interval is at most 2/64 of the pulses, 4/64 of the decay time of 1/D pulses: the spline is off by
    (1/16)^4 / 384 < 1e-7, steps by about D of that, and both by a small factor more: it
    is no interpolation.
    """
    device = PulsedDevice(SoftBounds(), step=0.02)
    up = curve(device, 200, -1.0)
    down = curve(device, -200, up[-1])
    got = load(tmp_path, text(5e-6 + 4e-6 * up, 5e-6 + 4e-6 * down))
    characteristic = characteristic_of(got)
    weight = (got.g_min + np.array(characteristic.places) * (got.g_max - got.g_min) - 5e-6) / 4e-6
    scale = (got.g_max - got.g_min) / 8e-6 * got.device.step
    seen_up = weight <= up[-1]
    seen_down = weight >= down[-1]
    assert np.abs(np.array(characteristic.up) * scale - 0.02 * (1.0 - weight))[seen_up].max() < 1e-6
    assert np.abs(np.array(characteristic.down) * scale - 0.02 * (1.0 + weight))[seen_down].max() < 1e-6
    np.testing.assert_allclose(ends(got, 1e-6, 50, 100, 200), 5e-6 + 4e-6 * up[[50, 100, 200]], rtol=1e-6)
    assert (got.up.coverage, got.down.coverage) == pytest.approx((1.0, 0.983), abs=1e-3)


def test_lines_may_be_left_out_and_comments_and_blanks_added(tmp_path: Path) -> None:
    up, down = "up,0,1e-6\nup,10,2e-6\n# half-way\n\nup,20,3e-6\nup,30,4e-6\nup,40,5e-6\n", ""
    down = "".join(
        f"down , {k} , {g}\n" for k, g in zip(range(0, 50, 10), (5e-6, 4e-6, 3e-6, 2e-6, 1e-6), strict=True)
    )
    got = load(tmp_path, "\n# a device\n" + HEADER + up + down)
    np.testing.assert_allclose(np.array(characteristic_of(got).up) * got.device.step, 0.05, rtol=1e-10)


def test_a_long_curve_with_few_lines(tmp_path: Path) -> None:
    """Pulse numbers of 1e12, and readings at ever longer intervals."""
    pulses = [0, *(10**k for k in range(13))]
    level = np.linspace(1e-6, 9e-6, len(pulses))
    lines = [f"{name},{n},{g!r}" for name, curve in (("up", level), ("down", level[::-1]))
             for n, g in zip(pulses, curve.tolist(), strict=True)]  # fmt: skip
    got = load(tmp_path, HEADER + "\n".join(lines) + "\n")
    assert got.up.reached is None
    # Each decade brings one thirteenth of the range; the fit is off by less than a quarter of that.
    assert np.abs(np.array(ends(got, 1e-6, 10, 1000, 100_000)) - level[[2, 4, 6]]).max() < 8e-6 / 13 / 4


def test_a_curve_that_is_not_monotone_is_remarked_upon(tmp_path: Path) -> None:
    up = np.array([1.0, 2.0, 1.9, 3.0, 4.0, 5.0]) * 1e-6
    got = load(tmp_path, text(up, np.linspace(5e-6, 1e-6, 9)))
    assert got.up.wrong_way == 1
    assert got.down.wrong_way == 0
    assert got.remarks[0].startswith("up: 6 readings, fitted from ")
    assert got.remarks[0].endswith("1 of 5 changes run the wrong way")
    assert min(characteristic_of(got).up) >= 0.0


def test_what_one_direction_did_not_cover_is_extrapolated_and_said(tmp_path: Path) -> None:
    got = load(tmp_path, text(np.linspace(1e-6, 5e-6, 41), np.linspace(9e-6, 1e-6, 81)))
    assert got.up.coverage == pytest.approx(0.5)
    ((low, high, step),) = got.up.extrapolated
    assert (low, high, step) == pytest.approx((5e-6, 9e-6, 1e-7))
    assert "50 % of the range covered, from 5e-06 to 9e-06 S the step held at 1e-07 S" in got.remarks[0]
    assert "held" not in got.remarks[1]
    np.testing.assert_allclose(np.array(characteristic_of(got).up) * got.device.step, 0.025, rtol=1e-10)


def test_a_curve_that_stands_and_then_moves_on_is_followed_or_said_not_to_be(tmp_path: Path) -> None:
    """No update characteristic does that.  The rest is left out, so that the device moves at all."""
    up = np.concatenate([np.linspace(1e-6, 4e-6, 20), np.full(40, 4e-6), np.linspace(4e-6, 9e-6, 30)])
    got = load(tmp_path, text(up, up[::-1]))
    assert got.up.reached is not None
    assert (
        got.up.reached > 8e-6 or "no update characteristic follows it: the device gets to" in got.remarks[0]
    )
    assert got.up.followed == ("no update characteristic" not in got.remarks[0])
    late = load(tmp_path, text(np.where(np.arange(200) < 150, 1e-6, 9e-6), np.linspace(9e-6, 1e-6, 200)))
    assert late.up.reached is not None
    assert late.up.reached > 2e-6 or not late.up.followed


def test_ends_that_noise_alone_parts_are_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rise = np.linspace(1e-6, 9e-6, 200)
    got = load(tmp_path, text(rise + 1e-7 * rng.normal(size=200), rise[::-1] + 1e-7 * rng.normal(size=200)))
    assert got.up.coverage == pytest.approx(1.0, abs=1e-12)
    assert got.down.coverage == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("unit", "factor"), [("S", 1.0), ("mS", 1e3), ("uS", 1e6), ("nS", 1e9)])
def test_units_of_conductance(tmp_path: Path, unit: str, factor: float) -> None:
    g = np.linspace(1e-6, 9e-6, 20)
    got = load(tmp_path, text(factor * g, factor * g[::-1]).replace("siemens", unit))
    assert (got.g_min, got.g_max) == pytest.approx((1e-6, 9e-6))


@pytest.mark.parametrize(("unit", "factor"), [("ohm", 1.0), ("kohm", 1e-3), ("Mohm", 1e-6)])
def test_units_of_resistance(tmp_path: Path, unit: str, factor: float) -> None:
    g = np.linspace(1e-6, 9e-6, 20)
    got = load(tmp_path, text(factor / g, factor / g[::-1]).replace("siemens", unit))
    assert (got.g_min, got.g_max) == pytest.approx((1e-6, 9e-6))


def test_siemens_that_no_device_has_may_be_confirmed(tmp_path: Path) -> None:
    content = text(np.linspace(1.0, 9.0, 20), np.linspace(9.0, 1.0, 20))
    with pytest.raises(BadInput, match=r"of 1 to 9 S, no memory device has more than 0\.1 S: name the unit"):
        load(tmp_path, content)
    assert load(tmp_path, content.replace("siemens", "S")).g_max == pytest.approx(9.0)
    assert load(tmp_path, content.replace("siemens", "uS")).g_max == pytest.approx(9e-6)


def test_noise_and_spread_may_be_added(tmp_path: Path) -> None:
    got = load(tmp_path, text(np.linspace(1e-6, 9e-6, 81), np.linspace(9e-6, 1e-6, 41)))
    noisy = dataclasses.replace(got.device, step_d2d=0.1, step_c2c=0.2)
    array = DeviceArray(noisy, (50, 50), seed=0)
    array.pulse(np.ones((50, 50), dtype=int))
    assert array.weights.std() > 0.0


UP = "".join(f"up,{k},{k + 1}e-6\n" for k in range(6))
DOWN = "".join(f"down,{k},{6 - k}e-6\n" for k in range(6))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"the first line must be direction,pulse,siemens \(or nS, uS, .*\), got 'nothing'"),
        (UP + DOWN, "the first line must be .*, got 'up,0,1e-6'"),
        (HEADER.replace("siemens", "volt") + UP + DOWN, "the first line must be .*, got '.*,volt'"),
        (HEADER + UP + "x" * 200_000 + "\n" + DOWN, "line 8: is longer than 1000 characters"),
        (HEADER.replace("siemens", "nS") + UP + "up,6,1e-320\n" + DOWN,
         "line 8: 1e-320 nS is not within 1e-30 .* 1e30 S"),
        (HEADER.replace("siemens", "ohm") + UP + "up,6,1e-310\n" + DOWN,
         "line 8: 1e-310 ohm is not within 1e-30 .* 1e30 S"),
        (HEADER + UP + "up,6,nan\n" + DOWN, "line 8: siemens must be finite and > 0, got 'nan'"),
        (HEADER + UP + "up,6,inf\n" + DOWN, "line 8: siemens must be finite"),
        (HEADER + UP + "up,6,-1e-6\n" + DOWN, "line 8: siemens must be finite and > 0"),
        (HEADER + UP + "up,6,many\n" + DOWN, "line 8: siemens must be a number, got 'many'"),
        (HEADER + UP + "up,6.5,7e-6\n" + DOWN, "line 8: pulse must be a whole number >= 0, got '6.5'"),
        (HEADER + UP + "up,5,7e-6\n" + DOWN, "line 8: pulse 5 up does not come after 5"),
        (HEADER + UP + "sideways,6,7e-6\n" + DOWN, "line 8: must be up or down"),
        (HEADER + UP + "up,6\n" + DOWN, "line 8: must be up or down, a pulse number and siemens, got 'up,6'"),
        (HEADER + UP, "0 lines down, at least 5"),
        (HEADER + "up,0,1e-6\nup,1,2e-6\n" + DOWN, "2 lines up, at least 5"),
        (HEADER + "".join(f"{d},{k},1e-6\n" for d in ("up", "down") for k in range(6)),
         "does not rise on pulses up by more than its noise: it runs from 1e-06 to 1e-06 S"),
        (HEADER + UP + DOWN.replace("e-6", "e-9"), "up covers 1e-06 to .* and down 1e-09 to .*, which"),
        (HEADER + UP.replace("e-6", "e5") + DOWN.replace("e-6", "e5"), "of 1e.05 to 6e.05 S, no"),
        (HEADER + UP.replace("up", "x").replace("down", "up").replace("x", "down")
         + DOWN.replace("down", "up"), "runs from 5.5e-06 to 1.5e-06 S; resistances are headed ohm"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        load(tmp_path, content)
    assert "curve.csv" in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        measured_device(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        measured_device(tmp_path)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(BadInput, match="not text in UTF-8"):
        measured_device(tmp_path / "binary.csv")

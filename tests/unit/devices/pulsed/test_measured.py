"""Measured curves: read back from devices of a known law, and refused when they cannot be used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from analog_pc.devices.pulsed import (
    DeviceArray,
    MeasuredDevice,
    Piecewise,
    PulsedDevice,
    SoftBounds,
    measured_device,
)
from analog_pc.errors import BadInput

HEADER = "direction,pulse,siemens\n"


def text(up: np.ndarray, down: np.ndarray) -> str:
    lines = [
        f"{name},{k},{g!r}"
        for name, curve in (("up", up), ("down", down))
        for k, g in enumerate(curve.tolist())
    ]
    return HEADER + "\n".join(lines) + "\n"


def load(folder: Path, content: str) -> MeasuredDevice:
    path = folder / "curve.csv"
    path.write_text(content, encoding="utf-8")
    return measured_device(path)


def curve(device: PulsedDevice, count: int, start: float) -> np.ndarray:
    """Weight before each of `count` pulses in one direction, and after the last."""
    array = DeviceArray(device, (1, 1), seed=0)
    array.assign([[start]])
    found = [array.weights[0, 0]]
    for _ in range(abs(count)):
        array.pulse([[1 if count > 0 else -1]])
        found.append(array.weights[0, 0])
    return np.array(found)


def test_a_line_is_a_constant_step(tmp_path: Path) -> None:
    got = load(tmp_path, text(np.linspace(1e-6, 9e-6, 81), np.linspace(9e-6, 1e-6, 41)))
    assert (got.g_min, got.g_max, got.remarks) == (1e-6, 9e-6, ())
    assert isinstance(got.device.law, Piecewise)
    # 2 / 80 up and 2 / 40 down; the differences of conductances of 1e-5 +- eps are 1e-7: 100 eps or less.
    np.testing.assert_allclose(np.array(got.device.law.up) * got.device.step, 1 / 40, rtol=1e-12)
    np.testing.assert_allclose(np.array(got.device.law.down) * got.device.step, 1 / 20, rtol=1e-12)


def test_the_curve_of_soft_bounds_comes_back(tmp_path: Path) -> None:
    """Steps D (1 -+ w), averaged over parts of 0.1: off by less than half a part, 0.05 D, at a weight."""
    device = PulsedDevice(SoftBounds(), step=0.02)
    up = curve(device, 200, -1.0)
    down = curve(device, -200, up[-1])
    got = load(tmp_path, text(5e-6 + 4e-6 * up, 5e-6 + 4e-6 * down))
    nodes = np.linspace(-1.0, 1.0, 21)
    law = got.device.law
    assert isinstance(law, Piecewise)
    assert np.abs(np.array(law.up) * got.device.step - 0.02 * (1.0 - nodes)).max() < 0.0015
    assert np.abs(np.array(law.down) * got.device.step - 0.02 * (1.0 + nodes)).max() < 0.0015
    again = curve(got.device, 200, -1.0)
    assert np.abs(again - up).max() < 0.05  # half a part


def test_lines_may_be_left_out_and_comments_and_blanks_added(tmp_path: Path) -> None:
    up, down = "up,0,1e-6\nup,10,2e-6\n# half-way\n\nup,20,3e-6\nup,30,4e-6\nup,40,5e-6\n", ""
    down = "".join(
        f"down , {k} , {g}\n" for k, g in zip(range(0, 50, 10), (5e-6, 4e-6, 3e-6, 2e-6, 1e-6), strict=True)
    )
    got = load(tmp_path, "\n# a device\n" + HEADER + up + down)
    law = got.device.law
    assert isinstance(law, Piecewise)
    np.testing.assert_allclose(np.array(law.up) * got.device.step, 0.05, rtol=1e-12)


def test_a_curve_that_is_not_monotone_is_remarked_upon(tmp_path: Path) -> None:
    up = np.array([1.0, 2.0, 1.9, 3.0, 4.0, 5.0]) * 1e-6
    got = load(tmp_path, text(up, np.linspace(5e-6, 1e-6, 9)))
    assert len(got.remarks) == 1
    assert got.remarks[0].endswith("curve.csv: 1 of 5 changes up run the wrong way")
    assert min(got.device.law.up) >= 0.0  # type: ignore[union-attr]


def test_noise_and_spread_may_be_added(tmp_path: Path) -> None:
    got = load(tmp_path, text(np.linspace(1e-6, 9e-6, 81), np.linspace(9e-6, 1e-6, 41)))
    noisy = dataclasses.replace(got.device, step_spread=0.1, cycle_noise=0.2)
    array = DeviceArray(noisy, (50, 50), seed=0)
    array.pulse(np.ones((50, 50), dtype=int))
    assert array.weights.std() > 0.0


UP = "".join(f"up,{k},{k + 1}e-6\n" for k in range(6))
DOWN = "".join(f"down,{k},{6 - k}e-6\n" for k in range(6))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the first line must be direction,pulse,siemens, got 'nothing'"),
        (UP + DOWN, "the first line must be direction,pulse,siemens, got 'up,0,1e-6'"),
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
        (HEADER + "".join(f"{d},{k},1e-6\n" for d in ("up", "down") for k in range(6)), "does not move"),
        (HEADER + UP.replace("up", "x").replace("down", "up").replace("x", "down")
         + DOWN.replace("down", "up"), "does not rise on pulses up, nor fall"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        load(tmp_path, content)
    assert "curve.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        measured_device(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        measured_device(tmp_path)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(BadInput, match="not text in UTF-8"):
        measured_device(tmp_path / "binary.csv")

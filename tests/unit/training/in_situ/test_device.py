"""What weights are made of: presets, measured curves, exact numbers, and their write pulses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.devices.pulsed import PRESETS, Pulse, WriteEnergy
from analog_pc.errors import BadInput
from analog_pc.training.in_situ import DRIVES, WeightDevice, weight_device


def curve(folder: Path) -> Path:
    rows = ["direction,pulse,siemens"]
    rows += [f"up,{k},{1e-6 + 1e-7 * k}" for k in range(11)] + [
        f"down,{k},{2e-6 - 1e-7 * k}" for k in range(11)
    ]
    (folder / "mine.csv").write_text("\n".join(rows) + "\n")
    return folder / "mine.csv"


def test_every_preset_has_a_pulse_with_its_source() -> None:
    assert set(DRIVES) == set(PRESETS)
    assert all(len(drive.source) > 20 for drive in DRIVES.values())
    # What nobody published is said to be assumed.
    assert all("assumed" in drive.source for drive in DRIVES.values() if not drive.verified)


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str) -> None:
    device = weight_device(name)
    assert (device.name, device.pulsed, device.energy) == (name, PRESETS[name], DRIVES[name].energy)


@pytest.mark.parametrize("name", ["capacitor", "ecram", "ecram-mo"])
def test_a_pulse_on_three_terminals_costs_1_fj_at_every_weight(name: str) -> None:
    energy = DRIVES[name].energy
    for weight in (-1.0, 0.0, 1.0):
        assert energy.full(1.0, energy.siemens(1.0, weight, -1.0, 1.0)) == 1e-15


def test_a_pulse_of_ones_own_keeps_the_conductances() -> None:
    energy = weight_device("pcm", Pulse(3.0, 1e-6)).energy
    assert energy == WriteEnergy(Pulse(3.0, 1e-6), 0.25e-6, 25e-6)


def test_measured_curve(tmp_path: Path) -> None:
    path = curve(tmp_path)
    device = weight_device(str(path))
    assert device.name == "mine.csv"
    assert device.energy is None
    assert device.pulsed.step == pytest.approx(0.2)  # 10 even steps from -1 to 1
    energy = weight_device(str(path), Pulse(1.0, 1e-8)).energy
    assert energy is not None
    np.testing.assert_allclose([energy.g_min, energy.g_max], [1e-6, 2e-6])


def test_ideal_takes_no_pulses() -> None:
    device = weight_device("ideal")
    assert device.spec is None
    with pytest.raises(
        BadInput, match="'ideal' is exact numbers: it takes no pulses, use the scheme 'exact'"
    ):
        _ = device.pulsed
    with pytest.raises(BadInput, match="no write energy"):
        WeightDevice("mine", None, DRIVES["pcm"].energy)


def test_unknown_devices(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"device 'flash': neither ideal, a file CURVE\.csv, nor one of reram-es"
    ):
        weight_device("flash")
    with pytest.raises(BadInput, match=r"gone\.csv: cannot be read"):
        weight_device(str(tmp_path / "gone.csv"))

"""Presets against the published values, one by one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from analog_pc.devices.pulsed import PRESETS, Constant, DeviceArray, Exponential, Linear, SoftBounds

DATA = json.loads((Path(__file__).parents[3] / "reference_data" / "pulsed_presets.json").read_text())
NAMES = [name for name in DATA if name != "source"]
FIELDS = {
    "dw_min": "step", "up_down": "up_down", "up_down_dtod": "up_down_d2d", "w_max": "w_max",
    "w_min": "w_min", "dw_min_dtod": "step_d2d", "w_max_dtod": "w_max_d2d",
    "w_min_dtod": "w_min_d2d", "dw_min_std": "step_c2c", "write_noise_std": "write_noise",
    "dw_min_dtod_log_normal": "lognormal", "dw_min_std_add": "c2c_offset",
    "dw_min_std_slope": "c2c_slope", "lifetime": "lifetime", "lifetime_dtod": "lifetime_d2d",
    "corrupt_devices_range": "stuck_range", "corrupt_devices_prob": "stuck",
    "subtract_symmetry_point": "at_symmetry", "reference_std": "reference_d2d", "reset": "reset",
    "reset_dtod": "reset_d2d", "reset_std": "reset_c2c",
}  # fmt: skip
EXPONENTIAL = {"A_up": "up", "A_down": "down", "gamma_up": "up_rate", "gamma_down": "down_rate", "a": "slope",
               "b": "offset"}  # fmt: skip
LINEAR = {
    "gamma_up": "up",
    "gamma_down": "down",
    "gamma_up_dtod": "up_d2d",
    "gamma_down_dtod": "down_d2d",
}


def test_all_presets_are_there() -> None:
    assert set(PRESETS) == set(NAMES)
    assert all(len(device.source) > 40 for device in PRESETS.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_the_published_one(name: str) -> None:
    device = PRESETS[name]
    attribute_of = EXPONENTIAL if isinstance(device.characteristic, Exponential) else LINEAR
    for key, value in DATA[name].items():
        if key == "mult_noise":
            assert device.additive is not value
        elif key in FIELDS:
            assert getattr(device, FIELDS[key]) == pytest.approx(value, rel=1e-15), key  # 0.3 / 1.25
        else:
            assert getattr(device.characteristic, attribute_of[key]) == value, key


@pytest.mark.parametrize(
    ("name", "characteristic", "states"),
    [
        ("reram-es", Exponential, 1481), ("reram-sb", SoftBounds, 1000), ("capacitor", Linear, 400),
        ("ecram", Linear, 1000), ("ecram-mo", Linear, 7089), ("idealized", Constant, 10000),
        ("gokmen-vlasov", Constant, 1250), ("pcm", Exponential, 200), ("reram-array-om", SoftBounds, 21),
        ("reram-array-hfo2", SoftBounds, 4),
    ],
)  # fmt: skip
def test_characteristic_and_number_of_states(name: str, characteristic: type, states: int) -> None:
    assert isinstance(PRESETS[name].characteristic, characteristic)
    assert round(PRESETS[name].states) == states


@pytest.mark.parametrize("name", NAMES)
def test_what_a_preset_does_not_say_is_off(name: str) -> None:
    device = PRESETS[name]
    assert device.endurance == math.inf
    assert device.drift == device.stuck == device.reference == 0.0
    assert device.one_sided is (name == "pcm")


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_makes_an_array_that_pulses_move(name: str) -> None:
    array = DeviceArray(PRESETS[name], (40, 50), seed=3)
    before = array.hidden.copy()
    assert np.isfinite(array.weights).all()
    array.pulse(np.full((40, 50), 3))
    # Noise of 3.75 steps a pulse takes some down and the bounds stop some; the mean rises by far.
    assert (array.hidden - before).mean() > 0.0
    assert (array.hidden != before).mean() > 0.7


def test_a_preset_cannot_be_replaced() -> None:
    with pytest.raises(TypeError):
        PRESETS["pcm"] = PRESETS["ecram"]  # type: ignore[index]

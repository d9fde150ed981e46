"""aihwkit's side of pulsed_update.py, run there by the interpreter of an environment that has aihwkit.

The first line of standard input is a JSON object: x, d, step, noise, spreads, bounds, rate, slots, threads.
Each further line, "device<tab>updates", is answered by the seconds that each of these updates took.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import aihwkit  # type: ignore[import-not-found, unused-ignore]
import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from aihwkit.simulator.configs import (  # type: ignore[import-not-found, unused-ignore]
    SingleRPUConfig,
    UpdateParameters,
)
from aihwkit.simulator.configs import devices as kinds
from aihwkit.simulator.tiles import AnalogTile  # type: ignore[import-not-found, unused-ignore]

KINDS = {
    "constant step": (kinds.ConstantStepDevice, {}),
    "soft bounds, additive noise": (kinds.SoftBoundsDevice, {"mult_noise": False}),
    "soft bounds, noise in proportion": (kinds.SoftBoundsDevice, {"mult_noise": True}),
}
COUNTED = 20


def device(name: str, ask: dict[str, Any]) -> Any:
    kind, more = KINDS[name]
    return kind(
        dw_min=ask["step"],
        dw_min_std=ask["noise"],
        dw_min_dtod=ask["step_d2d"],
        up_down_dtod=ask["up_down_d2d"],
        w_max=ask["bound"],
        w_min=-ask["bound"],
        w_max_dtod=ask["bound_d2d"],
        w_min_dtod=ask["bound_d2d"],
        **more,
    )


def tile(kind: Any, ask: dict[str, Any]) -> Any:
    """An array of such devices, whose trains are exactly as long as ours."""
    update = UpdateParameters(desired_bl=ask["slots"], update_management=True, update_bl_management=False)
    found = AnalogTile(len(ask["x"]), len(ask["d"]), SingleRPUConfig(device=kind, update=update))
    found.set_learning_rate(ask["rate"])
    return found


def pulses_per_device(ask: dict[str, Any], x: Any, d: Any) -> float:
    """Counted on devices without spread or noise, far from their bounds: |change| / step."""
    bare = ask | {"noise": 0.0, "step_d2d": 0.0, "up_down_d2d": 0.0, "bound": 50.0, "bound_d2d": 0.0}
    array = tile(device("constant step", bare), bare)
    array.set_weights(torch.zeros(len(ask["d"]), len(ask["x"])))
    for _ in range(COUNTED):
        array.update(x, d)
    return float(array.get_weights()[0].abs().mean()) / ask["step"] / COUNTED


def main() -> None:
    ask = json.loads(sys.stdin.readline())
    torch.set_num_threads(ask["threads"])
    x, down, up = (torch.tensor(np.array([v]), dtype=torch.float32) for v in
                   (ask["x"], ask["d"], [-v for v in ask["d"]]))  # fmt: skip
    arrays = {name: tile(device(name, ask), ask) for name in KINDS}
    versions = {"aihwkit": aihwkit.__version__, "torch": torch.__version__}
    counted = pulses_per_device(ask, x, up)
    print(
        json.dumps({"versions": versions, "threads": torch.get_num_threads(), "pulses": counted}), flush=True
    )
    for line in sys.stdin:
        name, updates = line.rstrip("\n").split("\t")
        array, count = arrays[name], int(updates)
        stamps = [time.perf_counter()]
        for k in range(count):
            array.update(x, up if k % 2 else down)
            stamps.append(time.perf_counter())
        print(json.dumps(np.diff(stamps).tolist()), flush=True)


if __name__ == "__main__":
    main()

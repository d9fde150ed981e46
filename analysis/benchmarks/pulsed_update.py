"""Rank-one updates of pulsed devices by stochastic trains of 31 slots, beside others, in one run.

256 x 256 devices with their own steps, bounds and asymmetry, and noise in every pulse; x, d ~ U(-1, 1), rate
+-0.01 in turn, mean step 0.001: 2.5 pulses a device and update.  The other is aihwkit 1.1.0 where it can be
imported (it needs torch 2.10.0; its trains are as long as its own management makes them), else the same
update in plain numpy: slot by slot, every device that has a coincidence.

    python analysis/benchmarks/pulsed_update.py

Prints a table and writes results/pulsed_update.json next to this file.  They and we alternate, so that both
see the same machine; a ratio is of best times, the least ratio their best over our median.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from analog_pc.devices.pulsed import DeviceArray, PulsedDevice, SoftBounds
from analog_pc.devices.pulsed.trains import probabilities

RESULTS = Path(__file__).parent / "results" / "pulsed_update.json"
SIDE, SLOTS, RATE, STEP, NOISE = 256, 31, 0.01, 0.001, 0.3
ROUNDS, UPDATES, FEW = 15, 40, 3
KIND = PulsedDevice(
    step=STEP,
    w_max=0.6,
    w_min=-0.6,
    step_spread=0.3,
    up_down_spread=0.01,
    w_max_spread=0.3,
    w_min_spread=0.3,
    cycle_noise=NOISE,
)
DEVICES = {
    "constant step": KIND,
    "soft bounds, additive noise": dataclasses.replace(KIND, law=SoftBounds(), additive=True),
    "soft bounds, noise in proportion": dataclasses.replace(KIND, law=SoftBounds()),
}


def in_numpy(array: DeviceArray, x: np.ndarray, d: np.ndarray, rate: float, rng: np.random.Generator) -> None:
    """The update of `DeviceArray.outer` with numpy alone."""
    found, cells, w = probabilities(x, d, rate, SLOTS, STEP, True), array.cells, array.hidden
    assert found is not None
    rows = rng.random((SLOTS, x.size)) < found.rows
    columns = rng.random((SLOTS, d.size)) < found.columns
    up = np.outer(np.sign(x) * np.sign(rate), np.sign(d)) > 0.0
    step, sign = np.where(up, cells.up, cells.down), np.where(up, 1.0, -1.0)
    linear = isinstance(array.spec.law, SoftBounds)
    slope = sign * np.where(up, cells.up_slope, cells.down_slope) if linear else None
    for k in range(SLOTS):
        at = np.ix_(np.flatnonzero(rows[k]), np.flatnonzero(columns[k]))
        now, size = w[at], step[at]
        move = size if slope is None else size * np.maximum(1.0 - slope[at] * now, 0.0)
        move = move + NOISE * (size if array.spec.additive else move) * rng.standard_normal(now.shape)
        w[at] = np.clip(now + sign[at] * move, cells.lower[at], cells.upper[at])
        array.wear[at] += 1


def aihwkit(name: str) -> Callable[[np.ndarray, np.ndarray, float], None] | None:
    """Their update of such a device; None where aihwkit cannot be imported or has none."""
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
        from aihwkit.simulator.configs import SingleRPUConfig  # type: ignore[import-not-found, unused-ignore]
        from aihwkit.simulator.configs import devices as kinds
        from aihwkit.simulator.tiles import AnalogTile  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    kind = kinds.ConstantStepDevice if name == "constant step" else kinds.SoftBoundsDevice
    more = {} if name == "constant step" else {"mult_noise": "proportion" in name}
    tile = AnalogTile(SIDE, SIDE, SingleRPUConfig(device=kind(dw_min=STEP, dw_min_std=NOISE, **more)))

    def update(x: np.ndarray, d: np.ndarray, rate: float) -> None:
        tile.set_learning_rate(abs(rate))
        sign = float(np.sign(rate))
        tile.update(
            torch.tensor(x[None], dtype=torch.float32), torch.tensor(-sign * d[None], dtype=torch.float32)
        )

    return update


def timed(call: Callable[[float], None], updates: int) -> float:
    """Seconds per update."""
    start = time.perf_counter()
    for k in range(updates):
        call(RATE if k % 2 else -RATE)
    return (time.perf_counter() - start) / updates


def case(name: str, device: PulsedDevice) -> dict[str, Any]:
    """One kind of device: they and we in turn."""
    rng = np.random.default_rng(0)
    x, d = rng.uniform(-1.0, 1.0, (2, SIDE))
    mine, plain = (DeviceArray(device, (SIDE, SIDE), seed=1) for _ in range(2))
    theirs = aihwkit(name)
    other = "numpy" if theirs is None else "aihwkit"

    def ours(rate: float) -> None:
        mine.outer(x, d, rate, SLOTS)

    def beside(rate: float) -> None:
        if theirs is None:
            in_numpy(plain, x, d, rate, rng)
        else:
            theirs(x, d, rate)

    for call in (ours, beside):
        timed(call, 2)  # compiled, and warm
    times = [(timed(beside, FEW), timed(ours, UPDATES)) for _ in range(ROUNDS)]
    slow, fast = np.array(times).T
    return {
        "device": name,
        "other": other,
        "pulses_per_device": mine.statistics().pulses / SIDE**2 / (ROUNDS * UPDATES + 2),
        "ours": {"best": fast.min(), "median": float(np.median(fast)), "worst": fast.max()},
        "theirs": {"best": slow.min(), "median": float(np.median(slow)), "worst": slow.max()},
        "updates_per_second": 1.0 / fast.min(),
        "ratio": slow.min() / fast.min(),
        "least_ratio": float(slow.min() / np.median(fast)),
    }


def machine() -> dict[str, Any]:
    versions = {}
    for name in ("numpy", "numba", "aihwkit", "torch"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "cores": len(os.sched_getaffinity(0)),
        "threads": numba.get_num_threads(),
        "load": os.getloadavg()[0],
        "processor": platform.machine(),
        "versions": versions,
    }


def main() -> None:
    report: dict[str, Any] = {"machine": machine(), "size": SIDE, "slots": SLOTS}
    report["cases"] = [case(name, device) for name, device in DEVICES.items()]
    print(f"load {report['machine']['load']:.1f} on {report['machine']['cores']} cores")
    print(f"{'device':<34} {'best us':>8} {'median':>7} {'per s':>6} {'other':>8} {'us':>7} "
          f"{'ratio':>6} {'least':>6}")  # fmt: skip
    for row in report["cases"]:
        print(f"{row['device']:<34} {1e6 * row['ours']['best']:>8.0f} {1e6 * row['ours']['median']:>7.0f} "
              f"{row['updates_per_second']:>6.0f} {row['other']:>8} {1e6 * row['theirs']['best']:>7.0f} "
              f"{row['ratio']:>6.1f} {row['least_ratio']:>6.1f}")  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten: {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


if __name__ == "__main__":
    main()

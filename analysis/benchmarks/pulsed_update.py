"""Rank-one updates of pulsed devices by stochastic trains of 31 slots, beside others, in one run.

256 x 256 devices with their own steps, bounds and asymmetry, and noise in every pulse; x, d ~ U(-1, 1), rate
+-0.01 in turn, mean step 0.001: 2.5 pulses a device and update.  The other is aihwkit, in a process of the
interpreter that --peer-python names (aihwkit 1.1.0 needs torch 2.10.0; it is no dependency of this project),
with the same x, d, trains, spreads, noise and number of threads; without that option it is the same update in
plain numpy: slot by slot, every device that has a coincidence.

    python analysis/benchmarks/pulsed_update.py
    python analysis/benchmarks/pulsed_update.py --peer-python ENVIRONMENT/bin/python

Prints a table and writes results/pulsed_update.json next to this file.  They and we alternate, so that both
see the same machine; each update is timed, rates and the ratio are of medians, the best stand beside them.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from pulsed_numpy import in_numpy  # type: ignore[import-not-found, unused-ignore]

from analog_pc.devices.pulsed import DeviceArray, PulsedDevice, SoftBounds

RESULTS = Path(__file__).parent / "results" / "pulsed_update.json"
PEER = Path(__file__).with_name("pulsed_peer.py")
SIDE, SLOTS, RATE, STEP, NOISE = 256, 31, 0.01, 0.001, 0.3
ROUNDS, UPDATES, FEW = 31, 40, 10  # of theirs FEW a round
BOUND, SPREAD, UNEVEN = 0.6, 0.3, 0.01
KIND = PulsedDevice(
    step=STEP,
    w_max=BOUND,
    w_min=-BOUND,
    step_d2d=SPREAD,
    up_down_d2d=UNEVEN,
    w_max_d2d=SPREAD,
    w_min_d2d=SPREAD,
    step_c2c=NOISE,
)
DEVICES = {
    "constant step": KIND,
    "soft bounds, additive noise": dataclasses.replace(KIND, characteristic=SoftBounds(), additive=True),
    "soft bounds, noise in proportion": dataclasses.replace(KIND, characteristic=SoftBounds()),
}


class Numpy:
    """The same update in plain numpy, as the other."""

    name = "numpy"
    versions: dict[str, str] = {}  # noqa: RUF012 - never written

    def __init__(self, x: np.ndarray, d: np.ndarray) -> None:
        self.x, self.d, self.rng = x, d, np.random.default_rng(0)
        self.arrays = {name: DeviceArray(kind, (SIDE, SIDE), seed=1) for name, kind in DEVICES.items()}

    def seconds(self, name: str, updates: int) -> list[float]:
        return timed(lambda rate: in_numpy(self.arrays[name], self.x, self.d, rate, SLOTS, self.rng), updates)


class Aihwkit:
    """A process of another interpreter that updates the same vectors with aihwkit; see pulsed_peer.py."""

    name = "aihwkit"

    def __init__(self, python: str, x: np.ndarray, d: np.ndarray) -> None:
        threads = numba.get_num_threads()
        self.process = subprocess.Popen(
            [python, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        )  # fmt: skip
        told = self._ask(json.dumps({
            "x": x.tolist(), "d": d.tolist(), "rate": RATE, "slots": SLOTS, "step": STEP, "noise": NOISE,
            "step_d2d": SPREAD, "up_down_d2d": UNEVEN, "bound": BOUND, "bound_d2d": SPREAD,
            "threads": threads,
        }))  # fmt: skip
        self.told = json.loads(told)
        self.versions = self.told["versions"]

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"pulsed_update: {PEER.name} ended with code {self.process.wait()}, see above")
        return answer

    def seconds(self, name: str, updates: int) -> list[float]:
        return list(json.loads(self._ask(f"{name}\t{updates}")))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def timed(call: Callable[[float], None], updates: int) -> list[float]:
    """Seconds of each update."""
    stamps = [time.perf_counter()]
    for k in range(updates):
        call(RATE if k % 2 else -RATE)
        stamps.append(time.perf_counter())
    return list(np.diff(stamps))


def spread(seconds: np.ndarray) -> dict[str, float]:
    return {"best": float(seconds.min()), "median": float(np.median(seconds)), "worst": float(seconds.max())}


def case(
    name: str, device: PulsedDevice, x: np.ndarray, d: np.ndarray, other: Numpy | Aihwkit
) -> dict[str, Any]:
    """One kind of device: they and we in turn."""
    mine = DeviceArray(device, (SIDE, SIDE), seed=1)

    def ours(rate: float) -> None:
        mine.outer(x, d, rate, SLOTS)

    timed(ours, 2)  # compiled, and warm
    other.seconds(name, 2)
    times = [(other.seconds(name, FEW), timed(ours, UPDATES)) for _ in range(ROUNDS)]
    slow, fast = (np.concatenate(side) for side in zip(*times, strict=True))
    return {
        "device": name,
        "other": other.name,
        "pulses_per_device": mine.statistics().pulses / SIDE**2 / (ROUNDS * UPDATES + 2),
        "ours": spread(fast),
        "theirs": spread(slow),
        "updates_per_second": 1.0 / float(np.median(fast)),
        "their_updates_per_second": 1.0 / float(np.median(slow)),
        "ratio": float(np.median(slow) / np.median(fast)),
        "ratio_of_best": float(slow.min() / fast.min()),
    }


def machine(other: Numpy | Aihwkit) -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "threads": numba.get_num_threads(),
        "load": os.getloadavg()[0],
        "processor": platform.machine(),
        "versions": {name: importlib.metadata.version(name) for name in ("numpy", "numba")} | other.versions,
    }


def table(report: dict[str, Any], other: str) -> None:
    print(f"load {report['machine']['load']:.1f} on {report['machine']['cores']} cores, beside {other}")
    heads = ("median us", "best us", "per s", "theirs us", "best us", "per s", "ratio", "of best")
    print(f"{'device':<34}" + "".join(f"{head:>10}" for head in heads))
    for row in report["cases"]:
        cells = []
        for side, rate in (("ours", "updates_per_second"), ("theirs", "their_updates_per_second")):
            cells += [1e6 * row[side]["median"], 1e6 * row[side]["best"], row[rate]]
        cells += [row["ratio"], row["ratio_of_best"]]
        print(f"{row['device']:<34}" + "".join(f"{cell:>10.4g}" for cell in cells))


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--peer-python", help="interpreter of an environment that has aihwkit")
    python = options.parse_args().peer_python
    x, d = np.random.default_rng(0).uniform(-1.0, 1.0, (2, SIDE))
    other = Aihwkit(python, x, d) if python else Numpy(x, d)
    report: dict[str, Any] = {"machine": machine(other), "size": SIDE, "slots": SLOTS}
    report["cases"] = [case(name, device, x, d, other) for name, device in DEVICES.items()]
    if isinstance(other, Aihwkit):
        report["their_pulses_per_device"], report["their_threads"] = (
            other.told["pulses"],
            other.told["threads"],
        )
        other.close()
    table(report, other.name)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten: {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


if __name__ == "__main__":
    main()

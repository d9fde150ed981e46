"""`analog_pc.crossbar` beside badcrossbar, in one run on one machine.

Problem: N x N devices, R ~ U(1 k, 100 k) Ohm, 1 Ohm in every segment, V ~ U(0, 1) V, seed 0.  Both solve the
same circuit, from the arrays to the output currents, nothing kept between calls, and their currents are
compared.  badcrossbar 1.1.0 is optional (`apt-get install libcairo2-dev; pip install badcrossbar==1.1.0`).

    python analysis/benchmarks/crossbar.py              everything, some minutes
    python analysis/benchmarks/crossbar.py --no-other   without badcrossbar

Prints tables and writes results/crossbar.json next to this file.  A ratio is best time over best time; the
least ratio is their best over our worst.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.crossbar import solve_crossbar

RESULTS = Path(__file__).parent / "results" / "crossbar.json"
WIRE = 1.0  # Ohm per segment
BESIDE = [(128, 1), (256, 1), (512, 1), (256, 100)]  # N, inputs
ALONE = [256, 512, 1024, 2048]
TARGETS = {(256, 1): 300.0, (512, 1): 300.0, (256, 100): 12.0}


def problem(size: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Resistances [N, N] in Ohm and voltages [inputs, N] in V."""
    rng = np.random.default_rng(0)
    return rng.uniform(1e3, 1e5, (size, size)), rng.uniform(0.0, 1.0, (inputs, size))


def timed(call: Callable[[], Any], repeats: int) -> tuple[dict[str, float], Any]:
    """Best, median and worst of the repeats in seconds, and the last answer."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        answer = call()
        times.append(time.perf_counter() - start)
    spread = {"best": min(times), "median": float(np.median(times)), "worst": max(times)}
    return spread | {"repeats": repeats}, answer


def ours(size: int, inputs: int, repeats: int, full: bool = False) -> tuple[dict[str, Any], Any]:
    """Times of solve_crossbar from resistances to currents, compiled beforehand."""
    r, v = problem(size, inputs)
    solve_crossbar(np.eye(2), np.ones(2), WIRE, WIRE)
    times, got = timed(lambda: solve_crossbar(1.0 / r, v, WIRE, WIRE, full=full), repeats)
    details = {"method": got.method, "iterations": got.iterations, "residual": got.residual}
    return times | details | {"status": got.status.name}, got


def other(size: int, inputs: int, repeats: int, full: bool = False) -> tuple[dict[str, Any], Any]:
    """The same from badcrossbar, output currents only unless `full`."""
    import badcrossbar  # type: ignore[import-not-found, unused-ignore]

    logging.disable(logging.INFO)
    r, v = problem(size, inputs)
    options = {"node_voltages": full, "all_currents": full}
    times, got = timed(lambda: badcrossbar.compute(v.T, r, WIRE, **options), repeats)
    return times, got.currents.output


def beside(size: int, inputs: int) -> dict[str, Any]:
    """One case: they and we, before and after, so that both see the same machine."""
    few = 3 if size <= 256 and inputs == 1 else 2
    many = 5 if inputs > 1 else 30
    first, _ = ours(size, inputs, many)
    theirs, expected = other(size, inputs, few)
    second, got = ours(size, inputs, many)
    row: dict[str, Any] = {
        "size": size,
        "inputs": inputs,
        "badcrossbar": theirs,
        "ours": second | {"best": min(first["best"], second["best"])},
        "relative_difference": float(np.abs(got.currents - expected).max() / np.abs(expected).max()),
    }
    row["ours"]["worst"] = max(first["worst"], second["worst"])
    row["ratio"] = theirs["best"] / row["ours"]["best"]
    row["ratio_of_medians"] = theirs["median"] / row["ours"]["median"]
    row["least_ratio"] = theirs["best"] / row["ours"]["worst"]
    row["target"] = TARGETS.get((size, inputs))
    if inputs == 1:
        row["badcrossbar_full"], _ = other(size, inputs, 1, full=True)
        row["ours_full"], _ = ours(size, inputs, 10, full=True)
        row["ratio_full"] = row["badcrossbar_full"]["best"] / row["ours_full"]["best"]
    return row


def alone(size: int) -> dict[str, Any]:
    """One input in a process of its own, with its peak memory."""
    command = [sys.executable, __file__, "--size", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def in_this_process(size: int) -> dict[str, Any]:
    """Times and peak resident memory in MB; `idle_mb` is what the process had before the problem."""
    solve_crossbar(np.eye(2), np.ones(2), WIRE, WIRE)
    idle = peak_memory()
    times, _ = ours(size, 1, 5)
    return {"size": size, "ours": times, "peak_mb": peak_memory(), "idle_mb": idle}


def peak_memory() -> float:
    """Peak resident memory of this process in MB (Linux; getrusage would include the parent's)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmHWM"))


def per_doubling(rows: list[dict[str, Any]], key: str) -> dict[str, float]:
    """Cost of N over cost of N / 2."""
    best = {row["size"]: row[key]["best"] for row in rows}
    return {f"{n // 2} -> {n}": best[n] / best[n // 2] for n in sorted(best) if n // 2 in best}


def machine() -> dict[str, Any]:
    versions = {}
    for name in ("numpy", "scipy", "numba", "badcrossbar"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    cores = len(os.sched_getaffinity(0))
    return {
        "cores": cores,
        "load": os.getloadavg()[0],
        "processor": platform.machine(),
        "versions": versions,
    }


def show(report: dict[str, Any]) -> None:
    """The tables."""
    print(f"{'N':>5} {'inputs':>6} {'theirs ms':>10} {'ours ms':>9} {'worst':>8} {'ratio':>7} "
          f"{'least':>7} {'all nodes':>9} {'target':>6}  method, iterations, difference")  # fmt: skip
    for row in report["beside"]:
        mine, theirs = row["ours"], row["badcrossbar"]
        nodes = f"{row['ratio_full']:.0f}" if "ratio_full" in row else ""
        print(f"{row['size']:>5} {row['inputs']:>6} {1e3 * theirs['best']:>10.0f} {1e3 * mine['best']:>9.2f} "
              f"{1e3 * mine['worst']:>8.2f} {row['ratio']:>7.0f} {row['least_ratio']:>7.0f} {nodes:>9} "
              f"{row['target'] or '':>6}  {mine['method']}, {mine['iterations']}, "
              f"{row['relative_difference']:.0e}")  # fmt: skip
    print(f"\n{'N':>5} {'best ms':>9} {'median':>9} {'worst':>9} {'peak MB':>8} {'idle MB':>8}  iterations")
    for row in report["alone"]:
        t = row["ours"]
        print(f"{row['size']:>5} {1e3 * t['best']:>9.1f} {1e3 * t['median']:>9.1f} {1e3 * t['worst']:>9.1f} "
              f"{row['peak_mb']:>8.0f} {row['idle_mb']:>8.0f}  {t['iterations']}, {t['status']}")  # fmt: skip
    print()
    for who, costs in report["per_doubling"].items():
        print(f"cost per doubling of N, {who}: " + ", ".join(f"{k} {v:.1f}x" for k, v in costs.items()))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--no-other", action="store_true", help="without badcrossbar")
    options.add_argument("--size", type=int, help="one size in this process, as JSON (used internally)")
    given = options.parse_args()
    if given.size:
        print(json.dumps(in_this_process(given.size)))
        return
    report: dict[str, Any] = {"machine": machine(), "alone": [alone(size) for size in ALONE], "beside": []}
    if not given.no_other:
        report["beside"] = [beside(*case) for case in BESIDE]
    single = [row for row in report["beside"] if row["inputs"] == 1]
    report["per_doubling"] = {
        "ours": per_doubling(report["alone"], "ours"),
        "badcrossbar": per_doubling(single, "badcrossbar"),
    }
    show(report)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten: {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


if __name__ == "__main__":
    main()

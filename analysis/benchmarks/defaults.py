"""How much less time than ngspice does the native simulator take as a user calls it, with its defaults?

The 64-32-10 network with random weights, digits, both phases, stock technologies: ``Native()`` and
``Ngspice()`` without a setting, the same circuit.  Native gets `--samples` samples and checks the stability
of each; "again" is the second call, which finds the circuit's equations made.  ngspice gets the first
`--judged` samples, its start included.  "without eigenvalues" counts the samples whose stability was
certified by other means.  One BLAS thread.  What `--technologies` leaves out stays as it is stored.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from analog_pc import Native, Ngspice, compile_network, random_network, technology
from analog_pc.circuit import Solution
from analog_pc.errors import SimulationFailed
from analog_pc.simulators.native.analyses import operating_point
from analog_pc.simulators.native.analyses.eigenmodes import Modes, eigenmodes
from analog_pc.training import load_dataset
from analog_pc.verification import PHASES

RESULTS = Path(__file__).parent / "results" / "defaults.json"
ACTIVATIONS = ("sigmoid", "relu")
TECHNOLOGIES = ("ideal", "cmos65-rram", "breadboard")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--judged", type=int, default=20, help="samples that ngspice gets")
    parser.add_argument("--timeout", type=float, default=200.0, help="seconds of one ngspice run")
    parser.add_argument("--technologies", nargs="+", choices=TECHNOLOGIES, default=TECHNOLOGIES)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    data = load_dataset("digits", 0)
    chosen = np.arange(given.samples) % len(data.test_inputs)
    inputs = data.test_inputs[chosen]
    targets = data.one_hot(data.test_labels)[chosen]
    rows = []
    for activation in ACTIVATIONS:
        network = random_network((64, 32, 10), activation, seed=1)
        for name in given.technologies:
            for phase in PHASES:
                given_targets = targets if phase == "learn" else None
                compiled = compile_network(network, technology(name), inputs, given_targets, seed=1)
                points = compiled.operating_point()
                native = Native()
                _, first = timed(native, compiled.circuit, points)
                solution, again = timed(native, compiled.circuit, points)
                judged = compiled.operating_point(list(range(given.judged)))
                row: dict[str, Any] = {
                    "activation": activation,
                    "technology": name,
                    "phase": phase,
                    "samples": given.samples,
                    "native_first_seconds_per_sample": first / given.samples,
                    "native_again_seconds_per_sample": again / given.samples,
                    "status": str(solution.status),
                    "without_eigenvalues": given.samples - eigenvalues_of(native, compiled.circuit, points),
                }
                try:
                    answer, spice = timed(Ngspice(timeout=given.timeout), compiled.circuit, judged)
                except SimulationFailed as failure:
                    row["ngspice"] = str(failure)[:100]
                else:
                    row["ngspice"] = str(answer.status)
                    row["ngspice_seconds_per_sample"] = spice / given.judged
                    row["ratio"] = spice / given.judged / (again / given.samples)
                rows.append(row)
                print(line(row), flush=True)
    about = {"python": platform.python_version(), "machine": platform.machine(), "judged": given.judged}
    stored = json.loads(given.out.read_text())["rows"] if given.out.exists() else []
    kept = [row for row in stored if row["technology"] not in given.technologies]
    given.out.write_text(json.dumps({"about": about, "rows": kept + rows}, indent=1) + "\n")


def timed(simulator: Native | Ngspice, circuit: Any, points: Any) -> tuple[Solution, float]:
    """The answer, and the seconds that it took."""
    began = time.perf_counter()
    solution = simulator.simulate(circuit, points)
    return solution, time.perf_counter() - began


def eigenvalues_of(native: Native, circuit: Any, points: Any) -> int:
    """Samples whose eigenvalues are computed."""
    count = 0

    def counting(maps: Any, form: Any, y: Any) -> Iterator[Modes]:
        nonlocal count
        count += len(y)
        return eigenmodes(maps, form, y)

    with mock.patch.object(operating_point, "eigenmodes", counting):
        native.simulate(circuit, points)
    return count


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    return (
        f"{row['activation']:>8} {row['technology']:<12} {row['phase']:>8}: native first "
        f"{1e3 * row['native_first_seconds_per_sample']:7.3f} ms, again "
        f"{1e3 * row['native_again_seconds_per_sample']:7.3f} ms a sample, ngspice "
        f"{1e3 * row.get('ngspice_seconds_per_sample', np.nan):8.2f} ms: {row.get('ratio', np.nan):7.0f}x; "
        f"{row['without_eigenvalues']} of {row['samples']} without eigenvalues; {row['status']}"
    )


if __name__ == "__main__":
    main()

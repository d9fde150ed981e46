"""How long do 100 digits x 2 phases take through ngspice's operating point?

The 64-32-10 sigmoid network of `analog-pc verify` (trained on digits, seed 0), 100 test digits.  "driver":
the deck, one ngspice process, its raw file read.  "verify": compilation, reference, driver, decoding,
curvature, comparison.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np

from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Ngspice
from analog_pc.technology import IDEAL
from analog_pc.training import TrainingConfig, load_dataset, train
from analog_pc.verification import PHASES, verify_phase

SAMPLES = 100
RESULTS = Path(__file__).parent / "results" / "operating_points.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), lambda epoch, energy: None)
    inputs, targets = data.test_inputs[:SAMPLES], data.one_hot(data.test_labels[:SAMPLES])
    simulator, rows = Ngspice(), []
    print(f"{SAMPLES} digits, medians of {rounds} rounds, {simulator.version()}")
    print(f"{'phase':>8} {'driver':>9} {'verify':>9} {'largest residual':>17}")
    for phase in PHASES:
        driver, whole = [], []
        for _ in range(rounds):
            compiled = compile_network(net, IDEAL, inputs, targets if phase == "learn" else None)
            began = time.perf_counter()
            simulator.simulate(compiled.circuit, compiled.operating_point())
            driver.append(time.perf_counter() - began)
            found = verify_phase(net, IDEAL, phase, inputs, targets, simulator)
            whole.append(found.seconds)
        worst = max(c.residual for c in found.comparisons)
        row = {
            "phase": phase, "samples": SAMPLES, "rounds": rounds, "passed": found.passed,
            "driver_seconds": float(np.median(driver)), "verify_seconds": float(np.median(whole)),
            "largest_residual": worst,
        }  # fmt: skip
        rows.append(row)
        print(f"{phase:>8} {row['driver_seconds']:>7.2f} s {row['verify_seconds']:>7.2f} s {worst:>17.1e}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "python": platform.python_version(), "simulator": simulator.version(), "network": "64-32-10 sigmoid",
        "machine": platform.machine(),
    }  # fmt: skip
    RESULTS.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")
    print(f"stored in {RESULTS.name}")


if __name__ == "__main__":
    main()

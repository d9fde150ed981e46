"""Does native answer for any network of about 100 units on any stock technology, and in what processor time?

Random networks of 70 to 120 units, two to four weight layers, weights of Xavier's rule times a gain of 1 and
2.7, every activation, every technology, predict and learn.  Each gets the defaults of `Native`, whose time
limit ends what takes longer.  "found" are samples with an operating point.

    python analysis/benchmarks/stock_technologies.py               # 84 networks: half an hour
    python analysis/benchmarks/stock_technologies.py --networks 5
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.activations import ACTIVATIONS
from analog_pc.compiler import compile_network
from analog_pc.files import write_text
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Native
from analog_pc.technology import TECHNOLOGIES, technology

RESULTS = Path(__file__).parent / "results" / "stock_technologies.json"
GAINS = (1.0, 2.7)
SIZES = ((30, 40, 20, 10), (60, 30, 10), (25, 25, 25, 25), (20, 20, 20, 20, 20))
SAMPLES = 4
PREDICT = 4  # every fourth network has its outputs free


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, help="the first so many")
    parser.add_argument("--seed", type=int, default=20261130)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    cases = list(product(GAINS, ACTIVATIONS, TECHNOLOGIES))[: asked.networks]
    rows: list[dict[str, Any]] = []
    try:
        for number, case in enumerate(cases):
            rows.append(measured(asked.seed, number, *case))
            print(f"{number + 1}/{len(cases)} " + ", ".join(map(str, rows[-1].values())), flush=True)
    except KeyboardInterrupt:
        print(f"stopped after {len(rows)} of {len(cases)}")
    if not rows:
        return
    found = sum(row["found"] for row in rows)
    longest = max(row["seconds"] for row in rows)
    print(f"{found} of {SAMPLES * len(rows)} samples found; longest {longest:.1f} s")
    write_text(asked.out, json.dumps({"seed": asked.seed, "rows": rows}, indent=1) + "\n")


def measured(seed: int, number: int, gain: float, activation: str, name: str) -> dict[str, Any]:
    """One network on one technology."""
    rng = np.random.default_rng([seed, number])
    sizes = SIZES[rng.integers(len(SIZES))]
    weights = [gain * rng.uniform(-1.0, 1.0, (b, a)) * np.sqrt(6.0 / (a + b)) for a, b in pairwise(sizes)]
    biases = [rng.normal(0.0, 0.3, post) for post in sizes[1:]]
    network = PredictiveCodingNetwork(weights, biases, activation)
    inputs = rng.normal(size=(SAMPLES, sizes[0]))
    targets = None if number % PREDICT == PREDICT - 1 else rng.normal(size=(SAMPLES, sizes[-1]))
    ready = compile_network(network, technology(name), inputs, targets, seed=1)
    began = time.process_time()
    solution = Native().simulate(ready.circuit, ready.operating_point())
    seconds = time.process_time() - began
    return {
        "activation": activation,
        "technology": name,
        "gain": gain,
        "sizes": "-".join(map(str, sizes)),
        "phase": "predict" if targets is None else "learn",
        "seconds": seconds,
        "found": int(solution.status.converged(SAMPLES).sum()),
        "status": str(solution.status),
    }


if __name__ == "__main__":
    main()

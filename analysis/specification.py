"""Is a specification right?  500 chips at every limit that chance is in, against the interval stated.

    python analysis/specification.py results/specification.json

Two networks trained on digits, on `cmos65-rram`, 1 point of accuracy allowed; the chips are of seeds that
`specify` has not used.  Takes some minutes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from analog_pc import random_network, technology, train
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.evaluation import Bench, load_test_data
from analog_pc.reporting.json_report import plain
from analog_pc.study.specification import FieldLimit, Specification, Target, specify
from analog_pc.study.specification.report.write import specification_dict
from analog_pc.study.specification.search import SOURCE
from analog_pc.study.specification.trial import lost
from analog_pc.training import TrainingConfig, load_dataset

CHIPS = 500
FIRST = 10_000_000  # seed; those of `specify` follow from hashes
NETWORKS = ((64, 32, 10), (64, 40, 20, 10))


def specified(sizes: tuple[int, ...]) -> Specification:
    """Train a network and specify it."""
    network = train(random_network(sizes, "tanh"), load_dataset("digits"), TrainingConfig(epochs=15))
    data = load_test_data("digits", network, 500, 0)
    target = Target(bench=Bench(network, technology("cmos65-rram"), data, (0,)), budget=0.01)
    found = Specification(target=target)
    began = time.monotonic()
    specify(target, found, workers=1, tell=lambda one: print(one.bound.field.name, one.limit, flush=True))
    found.seconds = time.monotonic() - began
    return found


def brute_force(found: Specification, one: FieldLimit) -> dict[str, object]:
    """The mean accuracy of `CHIPS` other chips at a limit, and whether the stated interval holds it."""
    bench = found.target.bench
    assert one.limit is not None
    assert one.confirmed is not None
    chip = one.bound.field.apply(one.bound.alone(bench.technology), one.bound.rounded(one.limit), SOURCE)
    loss = lost(bench, chip, range(FIRST, FIRST + CHIPS))
    accuracy = bench.ideal_accuracy - loss.mean
    return {
        "name": one.bound.field.name,
        "limit": one.limit,
        "accuracy": accuracy,
        "standard_deviation_of_mean": float(loss.each.std(ddof=1)) / np.sqrt(CHIPS),
        "low": one.confirmed.low,
        "high": one.confirmed.high,
        "inside": bool(one.confirmed.low <= accuracy <= one.confirmed.high),
        "within_budget": bool(loss.mean <= found.target.budget),
    }


def main(path: Path) -> None:
    """Write specifications and checks."""
    results = []
    for sizes in NETWORKS:
        found = specified(sizes)
        with single_threaded_blas():
            checks = [brute_force(found, one) for one in found.ordered if one.bounded and one.bound.random]
        results.append({"specification": specification_dict(found), "chips": CHIPS, "checks": plain(checks)})
        for check in checks:
            print(check, flush=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

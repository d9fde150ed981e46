"""Is a specification right?  500 chips at every limit that chance is in, against the interval stated.

    python analysis/specification.py analysis/results/specification.json

Two networks trained on digits, on `cmos65-rram`, 1 point of accuracy allowed; the chips are of seeds that
`specify` has not used.  All fields together, at their joint limits, are checked in the same way.  Takes some
minutes.

`seconds` is the wall time of `specify` on two worker processes, `cpu_seconds` the time that all processes
were on a core: half of it is the least wall time on two cores that do nothing else.  `load` is the mean
number of processes that wanted a core of this machine during the last five minutes.
"""

from __future__ import annotations

import json
import os
import resource
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
from analog_pc.study.specification.trial import ROUNDING, lost
from analog_pc.training import TrainingConfig, load_dataset

CHIPS = 500
WORKERS = 2
FIRST = 10_000_000  # seed; those of `specify` follow from hashes
NETWORKS = ((64, 32, 10), (64, 40, 20, 10))


def cpu_seconds() -> float:
    """Seconds of a core: this process and its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def specified(sizes: tuple[int, ...]) -> tuple[Specification, dict[str, float]]:
    """Train a network and specify it; how long the latter took."""
    network = train(random_network(sizes, "tanh"), load_dataset("digits"), TrainingConfig(epochs=15))
    data = load_test_data("digits", network, 500, 0)
    target = Target(bench=Bench(network, technology("cmos65-rram"), data, (0,)), budget=0.01)
    found = Specification(target=target)
    began = time.monotonic()
    used = cpu_seconds()
    specify(
        target, found, workers=WORKERS, tell=lambda one: print(one.bound.field.name, one.limit, flush=True)
    )
    found.seconds = time.monotonic() - began
    spent = {"seconds": found.seconds, "cpu_seconds": cpu_seconds() - used, "load": os.getloadavg()[1]}
    return found, spent


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


def brute_force_together(found: Specification) -> dict[str, object] | None:
    """The same of the joint chip; None where there is none."""
    joint = found.joint
    if joint is None or joint.technology is None:
        return None
    loss = lost(found.target.bench, joint.technology, range(FIRST, FIRST + CHIPS))
    accuracy = found.target.bench.ideal_accuracy - loss.mean
    return {
        "name": "all together",
        "accuracy": accuracy,
        "standard_deviation_of_mean": float(loss.each.std(ddof=1)) / np.sqrt(CHIPS),
        "low": joint.low,
        "high": joint.high,
        "inside": bool(joint.low <= accuracy <= joint.high),
        "within_budget": bool(loss.mean <= found.target.budget),
        "good": int((loss.each <= found.target.budget + ROUNDING / found.target.bench.data.samples).sum()),
        "yield_low": joint.yield_low,
        "yield_high": joint.yield_high,
    }


def main(path: Path) -> None:
    """Write specifications and checks."""
    results = []
    for sizes in NETWORKS:
        found, spent = specified(sizes)
        print(spent, flush=True)
        with single_threaded_blas():
            checks = [brute_force(found, one) for one in found.ordered if one.bounded and one.bound.random]
            together = brute_force_together(found)
        results.append(
            spent
            | {
                "workers": WORKERS,
                "specification": specification_dict(found),
                "chips": CHIPS,
                "checks": plain(checks),
                "together": plain(together),
            }
        )
        print(together, flush=True)
        for check in checks:
            print(check, flush=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

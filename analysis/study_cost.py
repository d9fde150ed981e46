"""What does a study cost beside its solver?  10,000 points: 100 technologies, 100 chips each, 100 digits.

    python analysis/study_cost.py analysis/results/study_cost.json                 # 10,000 points
    python analysis/study_cost.py analysis/results/study_cost.json --gains 1       # 1,000 of them

A 64-32-10 network on `cmos65-rram` with wires, amplifiers and all else of it; gain and wire resistance vary.
The study is run on two worker processes into a folder, read again, and five random points are solved by
ngspice as whole circuits.

`cpu_seconds` are of all processes, `seconds` wall time on a machine whose load is `load`: half of the former
is the least wall time on two cores that do nothing else.  `ratio` compares, in one process and in turns, the
CPU time of points of the study with that of the solver alone on the same chips: `EffectiveRelaxer.relax` and
the comparison of its outputs with the labels, the scales of each technology given.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc import random_network, technology, train
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.evaluation import load_test_data
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.reporting.json_report import plain
from analog_pc.simulators import Ngspice
from analog_pc.study import Progress, Study, axis, run_study, study_of
from analog_pc.study.confirm import confirm
from analog_pc.study.evaluate import evaluate_chunk
from analog_pc.study.point import Point
from analog_pc.training import TrainingConfig, load_dataset

CHIPS = 100
DIGITS = 100
WORKERS = 2
GAINS = 10
CONFIRMED = 5
COMPARED = 16  # chunks whose time is compared
CHUNK = 10  # points
ROUNDS = 3


def make_study(gains: int) -> Study:
    """1,000 points for each of so many gains."""
    network = train(random_network((64, 32, 10), "tanh"), load_dataset("digits"), TrainingConfig(epochs=15))
    data = load_test_data("digits", network, DIGITS, 0)
    axes = [
        axis("amplifier_gain", np.geomspace(1e4, 1e2, GAINS)[:gains]),
        axis("wire_resistance", {"low": "0.1 Ohm", "high": "1 Ohm", "points": 10, "scale": "log"}),
    ]
    return study_of(network, technology("cmos65-rram"), data, axes, chips=CHIPS, name="study_cost")


def cpu_seconds() -> float:
    """Seconds of a core: this process and its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def bare(study: Study, points: list[Point]) -> float:
    """CPU seconds of the solver alone."""
    spent = 0.0
    for point in points:
        bench = study.bench(point)
        scales = bench.scales
        began = time.process_time()
        relaxer = EffectiveRelaxer(bench.technology, point.chip, volts_per_unit=scales)
        found = relaxer.relax(bench.network, bench.data.inputs)
        _ = int((found.output.argmax(axis=1) == bench.data.labels).sum())
        spent += time.process_time() - began
    return spent


def whole(study: Study, points: list[Point]) -> float:
    """CPU seconds of the same points as a study evaluates them."""
    began = time.process_time()
    evaluate_chunk(study, points)
    return time.process_time() - began


def compared(study: Study) -> dict[str, Any]:
    """The two in turns, on chunks drawn at random."""
    every = list(study.all_points())
    starts = np.random.default_rng(0).choice(len(every) // CHUNK, COMPARED, replace=False) * CHUNK
    chunks = [every[start : start + CHUNK] for start in starts.tolist()]
    with single_threaded_blas():
        bare(study, chunks[0])  # what is compiled and cached at first is nobody's
        whole(study, chunks[0])
        times = np.array(
            [[whole(study, chunk), bare(study, chunk)] for _ in range(ROUNDS) for chunk in chunks]
        )
    per_point = np.median(times.reshape(ROUNDS, COMPARED, 2), axis=0).sum(axis=0) / (COMPARED * CHUNK)
    return {
        "points": COMPARED * CHUNK,
        "rounds": ROUNDS,
        "study_seconds_per_point": float(per_point[0]),
        "bare_seconds_per_point": float(per_point[1]),
        "ratio": float(per_point[0] / per_point[1]),
    }


def told(progress: Progress) -> None:
    """A line now and then."""
    if progress.done % 1000 < 20:
        print(progress.done, "of", progress.total, flush=True)


def main(path: Path, gains: int) -> None:
    """Run, compare, confirm, write."""
    study = make_study(gains)
    ratio = compared(study)
    print(ratio, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        used = cpu_seconds()
        results = run_study(study, Path(folder), workers=WORKERS, tell=told)
        seconds = time.monotonic() - began
        spent = cpu_seconds() - used
        again = time.process_time()
        assert run_study(study, Path(folder)).csv() == results.csv()
        resumed = time.process_time() - again
    confirmations = confirm(results, CONFIRMED, Ngspice())
    found = {
        "points": len(results),
        "failed": len(results.failed),
        "technologies": len(results.combinations),
        "workers": WORKERS,
        "seconds": seconds,
        "cpu_seconds": spent,
        "load": os.getloadavg()[1],
        "cpu_seconds_to_resume": resumed,
        "beside_the_solver": ratio,
        "confirmations": [plain(one) | {"verdict": one.verdict.value} for one in confirmations],
    }
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found["beside_the_solver"]), seconds, spent, [c.verdict.value for c in confirmations])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--gains", type=int, default=GAINS, choices=range(1, GAINS + 1))
    asked = parser.parse_args()
    main(asked.path, asked.gains)

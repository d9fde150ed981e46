"""Has a chain become slower?  Two checkouts of the package, the same work, in turn.

    python analysis/benchmarks/two_versions.py BEFORE AFTER [--rounds N]

A process for each checkout does a round when it is told to, so that both meet the same load; the first rounds
warm it.  Times are of the process's own processor.  The ratio is after over before: above 1 is slower; of the
fastest rounds, which a busy machine disturbs least, and of the medians.

A training step (64-32-10, sigmoid, batch of 64), the effective relaxer and the native simulator (100 samples,
input clamped, and both clamped; parts of `cmos65-rram` for the former, ideal ones for the latter).
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is imported; for both sides
os.environ["NUMBA_NUM_THREADS"] = "1"

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np

WARM = 2
REPEATS = {"training step": 100, "effective": 1, "native": 1}
WORKER = "--worker"


def tasks() -> Mapping[str, Callable[[], object]]:
    """What is timed; the package is imported here, from the checkout of this process."""
    from analog_pc import CircuitRelaxer, EffectiveRelaxer, Native, random_network, technology
    from analog_pc.training import MathematicsBackend, Trainer, TrainingConfig

    rng = np.random.default_rng(0)
    network = random_network((64, 32, 10), "sigmoid", seed=0)
    inputs = rng.uniform(size=(100, 64))
    targets = np.eye(10)[rng.integers(10, size=100)]
    trainer = Trainer(MathematicsBackend(network, 0.9), TrainingConfig(lr=1e-6))
    effective = EffectiveRelaxer(technology("cmos65-rram"), seed=1)
    native = CircuitRelaxer(Native(), technology("ideal"))

    def both(relaxer: EffectiveRelaxer | CircuitRelaxer) -> None:
        relaxer.relax(network, inputs)
        relaxer.relax(network, inputs, targets)

    return {
        "training step": lambda: trainer.step(inputs[:64], targets[:64]),
        "effective": lambda: both(effective),
        "native": lambda: both(native),
    }


def serve() -> None:
    """A line with the name of a task in, its processor seconds out."""
    known = tasks()
    for line in sys.stdin:
        name = line.strip()
        began = time.process_time()
        for _ in range(REPEATS[name]):
            known[name]()
        print((time.process_time() - began) / REPEATS[name], flush=True)


def started(checkout: str) -> subprocess.Popen[str]:
    """A worker of a checkout."""
    return subprocess.Popen(
        [sys.executable, __file__, WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": checkout},
    )


def seconds(worker: subprocess.Popen[str], task: str) -> float:
    """One round of a worker."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    print(task, file=worker.stdin, flush=True)
    return float(worker.stdout.readline())


def main() -> None:
    """Time both checkouts in turn and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    workers = [started(checkout) for checkout in (given.before, given.after)]
    print(f"{'task':>14} {'before':>10} {'after':>10}   ratio of fastest, of medians")
    for task in REPEATS:
        for worker in workers:
            for _ in range(WARM):
                seconds(worker, task)
        times = np.array([[seconds(worker, task) for worker in workers] for _ in range(given.rounds)])
        fastest = times.min(axis=0)
        medians = np.median(times, axis=0)
        print(
            f"{task:>14} {1e3 * fastest[0]:>7.3f} ms {1e3 * fastest[1]:>7.3f} ms   "
            f"{fastest[1] / fastest[0]:.3f}, {medians[1] / medians[0]:.3f}",
            flush=True,
        )
    for worker in workers:
        worker.communicate()


if __name__ == "__main__":
    serve() if sys.argv[1:] == [WORKER] else main()

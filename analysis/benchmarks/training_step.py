"""How long does a training step of predictive coding take, against 64 Euler steps of plain numpy?

Left: `Trainer.step`: relax the batch to |dE/dx| <= 1e-10, then update.  Right: the usual way, 64 explicit
Euler steps of dx/dt = -dE/dx from the forward state with dt = 0.1, W1 x (which does not change) hoisted out
of the loop, then the same update.  The right side stops where 64 steps lead it, which is printed.  Both
sides do the same update with velocities.  They run in turn in one process, with one BLAS thread and a warm
JIT; medians are of the times of all rounds.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is imported; for both sides

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np

from analog_pc.pcn import random_network, relax
from analog_pc.training import Trainer, TrainingConfig
from analog_pc.training.train import both_ends

STEPS, DT = 64, 0.1
CONFIG = TrainingConfig("pc", lr=1e-6)  # so small that every round solves the same problem
RESULTS = Path(__file__).parent / "results" / "training_step.json"


class Euler:
    """A sigmoid network with one hidden layer, trained with numpy alone."""

    def __init__(self, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        self.parameters = [*(w.copy() for w in weights), *(b.copy() for b in biases)]
        self.velocity = [np.zeros_like(p) for p in self.parameters]
        self.residual = np.inf

    def step(self, inputs: np.ndarray, targets: np.ndarray) -> float:
        """Relax by Euler steps, update; returns the energy per sample."""
        w1, w2, b1, b2 = self.parameters
        mu1 = inputs @ w1.T + b1  # hoisted: the input is clamped
        x = mu1.copy()
        for _ in range(STEPS):
            f = 1.0 / (1.0 + np.exp(-x))
            eps2 = targets - f @ w2.T - b2
            x += DT * (mu1 - x + f * (1.0 - f) * (eps2 @ w2))
        f = 1.0 / (1.0 + np.exp(-x))
        eps1, eps2 = x - mu1, targets - f @ w2.T - b2
        changes = (eps1.T @ inputs, eps2.T @ f, eps1.sum(axis=0), eps2.sum(axis=0))
        for p, v, change in zip(self.parameters, self.velocity, changes, strict=True):
            v *= CONFIG.momentum
            v += (CONFIG.lr / len(inputs)) * change
            p += v
        self.last = x
        return 0.5 * float(((eps1**2).sum(axis=1) + (eps2**2).sum(axis=1)).mean())


def compare(sizes: tuple[int, int, int], batch: int, rounds: int) -> dict[str, float | int | str]:
    """Medians in seconds of both sides, in turn."""
    rng = np.random.default_rng(0)
    net = random_network(sizes, seed=0)
    inputs, targets = (
        rng.uniform(size=(batch, sizes[0])),
        np.eye(sizes[-1])[rng.integers(sizes[-1], size=batch)],
    )
    trainer, euler = Trainer(net, CONFIG), Euler(list(net.W), list(net.b))
    for _ in range(10):  # warm: JIT, caches, BLAS
        trainer.step(inputs, targets)
        euler.step(inputs, targets)
    times: dict[str, list[float]] = {"analog_pc": [], "euler": []}
    for _ in range(rounds):
        for name, side in (("analog_pc", trainer), ("euler", euler)):
            began = time.perf_counter()
            side.step(inputs, targets)
            times[name].append(time.perf_counter() - began)
    ours, theirs = (float(np.median(times[name])) for name in ("analog_pc", "euler"))
    current = trainer.network
    held = both_ends(current, inputs, targets)
    rest = relax(current, clamps=held, tolerance=1e-10, follow=False)
    return {
        "network": "-".join(map(str, sizes)), "batch": batch, "rounds": rounds,
        "analog_pc_seconds": ours, "euler_seconds": theirs, "ratio_euler_over_analog_pc": theirs / ours,
        "analog_pc_residual": float(rest.relaxation.residual.max()),
        "analog_pc_iterations": rest.relaxation.iterations,
        "euler_distance_from_rest": float(np.abs(euler.last - rest.activities[1]).max()),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=400, help="at least 200 for a fair median")
    rounds = parser.parse_args().rounds
    print(f"one BLAS thread (OPENBLAS_NUM_THREADS=1) for both sides; medians of {rounds} interleaved rounds")
    heads = f"{'network':>12} {'batch':>5} {'analog_pc':>12} {'64 Euler':>12} {'ratio':>6}"
    print(f"{heads}   rest: |dE/dx|, Euler off by")
    rows = []
    for sizes in ((64, 32, 10), (784, 128, 10)):
        for batch in (1, 64):
            row = compare(sizes, batch, rounds)
            rows.append(row)
            print(
                f"{row['network']:>12} {batch:>5} {1e6 * row['analog_pc_seconds']:>9.1f} us "
                f"{1e6 * row['euler_seconds']:>9.1f} us {row['ratio_euler_over_analog_pc']:>6.2f}   "
                f"{row['analog_pc_residual']:.1e}, {row['euler_distance_from_rest']:.1e}"
            )
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine(),
        "blas_threads": 1, "euler_steps": STEPS, "euler_dt": DT,
    }  # fmt: skip
    RESULTS.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")
    print(f"stored in {RESULTS.name}")


if __name__ == "__main__":
    main()

"""How long does a training step of predictive coding take, against 64 Euler steps of plain numpy?

Left: `Trainer.step`: relax the batch to |dE/dx| <= 1e-11 of each layer's forces, then update.  Right: the
usual way, 64 explicit Euler steps of dx/dt = -dE/dx from the forward state with dt = 0.1, every prediction
computed anew in every step, then the same update.  The right side stops where 64 steps lead it, which is
printed.  Both sides do the same update with velocities.  They run in turn in one process, with one BLAS
thread and a warm JIT; each step has another batch.  Medians are of the times of all rounds.  The ratio of the
fastest steps is beside them: on a machine with other work, steps longer than a time slice are interrupted.

Weights are Xavier-uniform, biases 0.1, inputs U(0, 1), targets random one-hot.
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
from analog_pc.training import MathematicsBackend, Trainer, TrainingConfig

STEPS, DT = 64, 0.1
CONFIG = TrainingConfig(lr=1e-6)  # so small that every round solves the same kind of problem
MOMENTUM = 0.9
BATCHES = 8
NETWORKS = ((64, 32, 10), (784, 128, 10), (64, 32, 16, 10), (784, 128, 64, 10))
RESULTS = Path(__file__).parent / "results" / "training_step.json"


def activate(name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f and f'."""
    if name == "sigmoid":
        f = 1.0 / (1.0 + np.exp(-x))
        return f, f * (1.0 - f)
    if name == "tanh":
        f = np.tanh(x)
        return f, 1.0 - f * f
    return np.maximum(x, 0.0), (x > 0.0).astype(np.float64)


class Euler:
    """A network of any depth, trained with numpy alone."""

    def __init__(self, name: str, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        self.name = name
        self.w, self.b = [w.copy() for w in weights], [b.copy() for b in biases]
        self.velocity = [np.zeros_like(p) for p in (*self.w, *self.b)]

    def forward(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Hidden activities of the forward state."""
        x = []
        f = inputs
        for w, b in zip(self.w[:-1], self.b[:-1], strict=True):
            x.append(f @ w.T + b)
            f = activate(self.name, x[-1])[0]
        return x

    def errors(
        self, inputs: np.ndarray, x: list[np.ndarray], targets: np.ndarray
    ) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
        """eps of layers 1 ... L, what each weight matrix sees, and f' of the hidden layers."""
        fs, slopes = [inputs], []
        for a in x:
            f, slope = activate(self.name, a)
            fs.append(f)
            slopes.append(slope)
        eps = [a - (f @ w.T + b) for a, f, w, b in zip([*x, targets], fs, self.w, self.b, strict=True)]
        return eps, fs, slopes

    def step(self, inputs: np.ndarray, targets: np.ndarray) -> float:
        """Relax by Euler steps, update; returns the energy per sample."""
        x = self.forward(inputs)
        for _ in range(STEPS):
            eps, _, slopes = self.errors(inputs, x, targets)
            for k, slope in enumerate(slopes):
                x[k] = x[k] + DT * (slope * (eps[k + 1] @ self.w[k + 1]) - eps[k])
        eps, fs, _ = self.errors(inputs, x, targets)
        changes = (*(e.T @ f for e, f in zip(eps, fs, strict=True)), *(e.sum(axis=0) for e in eps))
        for p, v, change in zip((*self.w, *self.b), self.velocity, changes, strict=True):
            v *= MOMENTUM
            v += (CONFIG.lr / len(inputs)) * change
            p += v
        self.last = x
        return 0.5 * float(sum((e**2).sum(axis=1) for e in eps).mean())


def compare(name: str, sizes: tuple[int, ...], batch: int, rounds: int) -> dict[str, float | int | str]:
    """Medians in seconds of both sides, in turn."""
    rng = np.random.default_rng(0)
    net = random_network(sizes, name, seed=0)
    net = net.with_parameters(net.W, [np.full(n, 0.1) for n in sizes[1:]])
    stimuli = [
        (rng.uniform(size=(batch, sizes[0])), np.eye(sizes[-1])[rng.integers(sizes[-1], size=batch)])
        for _ in range(BATCHES)
    ]
    trainer = Trainer(MathematicsBackend(net, MOMENTUM), CONFIG)
    euler = Euler(name, list(net.W), list(net.b))
    for k in range(10):  # warm: JIT, caches, BLAS
        trainer.step(*stimuli[k % BATCHES])
        euler.step(*stimuli[k % BATCHES])
    times: dict[str, list[float]] = {"analog_pc": [], "euler": []}
    for k in range(rounds):
        for side_name, side in (("analog_pc", trainer), ("euler", euler)):
            began = time.perf_counter()
            side.step(*stimuli[k % BATCHES])
            times[side_name].append(time.perf_counter() - began)
    ours, theirs = (float(np.median(times[side])) for side in ("analog_pc", "euler"))
    ours_fastest, theirs_fastest = (float(np.min(times[side])) for side in ("analog_pc", "euler"))
    found = [relax(trainer.network, x, t, tolerance=1e-11, follow=False) for x, t in stimuli]
    euler.step(*stimuli[-1])
    apart = [np.abs(a - b).max() for a, b in zip(euler.last, found[-1].activities[1:-1], strict=True)]
    return {
        "activation": name, "network": "-".join(map(str, sizes)), "batch": batch, "rounds": rounds,
        "analog_pc_seconds": ours, "euler_seconds": theirs, "ratio_euler_over_analog_pc": theirs / ours,
        "analog_pc_fastest_seconds": ours_fastest, "euler_fastest_seconds": theirs_fastest,
        "ratio_of_fastest": theirs_fastest / ours_fastest,
        "analog_pc_residual": max(float(r.relaxation.residual.max()) for r in found),
        "analog_pc_iterations": max(r.relaxation.iterations for r in found),
        "euler_distance_from_equilibrium": float(max(apart)),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200, help="at least 200 for a fair median")
    rounds = parser.parse_args().rounds
    print(f"one BLAS thread (OPENBLAS_NUM_THREADS=1) for both sides; medians of {rounds} interleaved rounds")
    heads = f"{'activation':>10} {'network':>13} {'batch':>5} {'analog_pc':>12} {'64 Euler':>12} {'ratio':>6}"
    print(f"{heads} {'fastest':>7}   at rest: |dE/dx|, iterations, Euler off by")
    rows = []
    for sizes in NETWORKS:
        for batch in (1, 64):
            for name in ("sigmoid", "tanh", "relu"):
                row = compare(name, sizes, batch, rounds)
                rows.append(row)
                print(
                    f"{name:>10} {row['network']:>13} {batch:>5} {1e6 * row['analog_pc_seconds']:>9.1f} us "
                    f"{1e6 * row['euler_seconds']:>9.1f} us {row['ratio_euler_over_analog_pc']:>6.2f} "
                    f"{row['ratio_of_fastest']:>7.2f}   "
                    f"{row['analog_pc_residual']:.1e}, {row['analog_pc_iterations']}, "
                    f"{row['euler_distance_from_equilibrium']:.1e}",
                    flush=True,
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

"""The linear demonstration: a 30-20-10 network learns a random linear map, by W^T or by a random B.

::

    y = W h, h = W_0 x, e = t - y;    dW = rate e h^T,  dW_0 = rate (B e) x^T       online, x ~ N(0, 1)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.result import Array

SIZES = (30, 20, 10)
RATE = 1e-3
TESTS = 500  # samples that angle and error are averaged over


def learn_map(random: bool, iterations: int, every: int, seed: int) -> Mapping[str, Array]:
    """Angle between B e and W^T e in degrees, and normalised squared error, every so many iterations.

    Parameters
    ----------
    random
        Whether errors travel back by B, or by W^T.
    iterations, every
        Samples seen, and the distance of tests.
    seed
        Of map, weights and samples.
    """
    inputs, hidden, outputs = SIZES
    rng = np.random.default_rng(seed)
    target = rng.uniform(-1.0, 1.0, (outputs, inputs))
    low = rng.uniform(-0.01, 0.01, (hidden, inputs))
    high = rng.uniform(-0.01, 0.01, (outputs, hidden))
    back = rng.uniform(-0.5, 0.5, (hidden, outputs))
    tests = rng.normal(size=(TESTS, inputs))
    angles = []
    errors = []
    for iteration in range(iterations + 1):
        if iteration % every == 0:
            e = tests @ (target - high @ low).T
            angles.append(_angle(e @ back.T, e @ high))
            errors.append(float((e**2).sum() / ((tests @ target.T) ** 2).sum()))
        x = rng.normal(size=inputs)
        h = low @ x
        e = target @ x - high @ h
        delta = back @ e if random else high.T @ e
        high = high + RATE * np.outer(e, h)
        low = low + RATE * np.outer(delta, x)
    return {
        "angles": np.array(angles),
        "errors": np.array(errors),
        "low": low,
        "high": high,
        "back": back,
        "target": target,
    }


def _angle(a: Floats, b: Floats) -> float:
    """Mean angle between rows, degrees."""
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.degrees(np.arccos(np.clip((a * b).sum(axis=1) / sizes, -1.0, 1.0))).mean())

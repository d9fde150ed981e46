"""Of several minima of E, `relax` finds the one that the gradient flow from the forward state ends in.

The judge shares no code with the package: its own energy gradient, integrated by LSODA.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_pc.pcn import PredictiveCodingNetwork, relax

FUNCTIONS = {
    "tanh": (np.tanh, lambda x: 1.0 - np.tanh(x) ** 2),
    "sigmoid": (lambda x: 0.5 + 0.5 * np.tanh(0.5 * x), lambda x: 0.25 - 0.25 * np.tanh(0.5 * x) ** 2),
    "identity": (lambda x: x, np.ones_like),
    "relu": (lambda x: np.maximum(x, 0.0), lambda x: 1.0 * (x > 0.0)),
}


def draw(rng: np.random.Generator, name: str) -> tuple[PredictiveCodingNetwork, np.ndarray, np.ndarray]:
    """1 to 6 wide, 2 to 4 deep, weight gain 1 to 5, targets of 2 units."""
    sizes = rng.integers(1, 7, rng.integers(3, 6))
    gain = rng.uniform(1.0, 5.0)
    weights = [gain * rng.normal(size=(post, pre)) / np.sqrt(pre) for pre, post in pairwise(sizes)]
    net = PredictiveCodingNetwork(weights, [rng.normal(size=n) for n in sizes[1:]], activation=name)
    return net, rng.normal(size=sizes[0]), 2.0 * rng.normal(size=sizes[-1])


def judged(
    net: PredictiveCodingNetwork, x0: np.ndarray, target: np.ndarray, start: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Where dx/dt = -dE/dx goes from the forward state (or `start`), hidden layers side by side, and the last
    |dE/dx|."""
    f, slope = FUNCTIONS[net.activation]
    hidden = net.sizes[1:-1]
    cuts = np.cumsum(hidden)[:-1]

    def rate(_t: float, y: np.ndarray) -> np.ndarray:
        x = [x0, *np.split(y, cuts), target]
        seen = [x0, *(f(a) for a in x[1:-1])]
        eps = [x[k + 1] - net.W[k] @ seen[k] - net.b[k] for k in range(net.depth)]
        return np.concatenate([slope(x[k]) * (net.W[k].T @ eps[k]) - eps[k - 1] for k in range(1, net.depth)])

    forward, a = [], x0
    for w, b in zip(net.W[:-1], net.b[:-1], strict=True):
        forward.append(w @ a + b)
        a = f(forward[-1])
    y, total = np.concatenate(forward) if start is None else start, 0.0
    while total < 1e6:
        duration = max(100.0, total)
        y = solve_ivp(rate, (0.0, duration), y, method="LSODA", rtol=1e-10, atol=1e-12).y[:, -1]
        total += duration
        if np.abs(rate(0.0, y)).max() < 1e-8:
            break
    return y, float(np.abs(rate(0.0, y)).max())


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@pytest.mark.parametrize("seed", range(4))
def test_the_minimum_of_the_flow(name: str, seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    several = 0
    for _ in range(25):
        net, x0, target = draw(rng, name)
        want, left = judged(net, x0, target)
        got = relax(net, x0[None], target[None])
        assert left < 1e-8
        assert got.relaxation.all_converged, got.relaxation.message
        found = np.concatenate([a[0] for a in got.activities[1:-1]])
        # LSODA keeps 1e-10 of the path, and 1e-8 of |dE/dx| over the smallest eigenvalue.
        np.testing.assert_allclose(found, want, rtol=0.0, atol=1e-4)
        other, left = judged(net, x0, target, start=5.0 * rng.normal(size=len(want)))
        several += left < 1e-8 and np.abs(other - want).max() > 1e-2
    # The networks do have several minima, or this test shows nothing; of sigmoid ones few have.
    assert name == "sigmoid" or several > 2

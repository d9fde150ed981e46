"""Writes tests/reference_data/multistable.json: small networks with several minima, and where they relax to.

The first networks are chosen by hand, with answers that can be worked out on paper; the others are the first
two of each activation that `flow_reference.draw` gives and whose energy has at least two minima in every
sample, and three in which a search went astray.  `x` is where the flow from the forward state rests, `other`
another minimum, found from random starts; both hold the activities of layers 1 ... L one after the other,
[samples, n].

    python analysis/multistable_cases.py
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from flow_reference import SEED, Problem, draw, flow_rest, follow, forward_state, free_activities
from flow_reference.networks import ACTIVATIONS

from analog_pc.arrays import Floats
from analog_pc.files import write_text
from analog_pc.pcn import PredictiveCodingNetwork

OUT = Path(__file__).parents[1] / "tests" / "reference_data" / "multistable.json"
SAMPLES = 4  # looked at, of a network
EACH = 2  # drawn networks of an activation
STARTS = 10
APART = 1e-2  # of full scale: two minima


def chosen() -> list[Problem]:
    """1-1-1 chains: E = 1/2 (x - W1 x_0)^2 + pi_2 / 2 (target - W2 f(x))^2.

    tanh, sigmoid: far out f is flat, so that x stays at its prediction, while a second minimum lies where
    W2 f(x) meets the target.  relu, hard_sigmoid: exactly so, as f' is 0 there.  leaky_relu: the flow goes on
    down its leaky side, x* = (a + s W2 y) / (1 + (s W2)^2) with s = 0.01 and prediction a.
    """

    def chain(name: str, activation: str, second: float, start: float, target: float) -> Problem:
        network = PredictiveCodingNetwork([[[1.0]], [[second]]], activation=activation)
        return Problem(name, network, np.array([[start]]), np.array([[target]]))

    return [
        chain("tanh, on the flat side", "tanh", 4.0, 4.0, 0.0),
        chain("sigmoid, on the flat side", "sigmoid", 20.0, 7.0, 10.0),
        chain("relu, dead", "relu", 2.0, -0.5, 3.0),
        chain("hard_sigmoid, saturated", "hard_sigmoid", 8.0, 4.0, 2.0),
        chain("leaky_relu, the leaky side", "leaky_relu", 2.0, -0.5, 3.0),
    ]


def drawn() -> list[Problem]:
    """The first `EACH` of every activation that has several minima; the identity never has."""
    left = dict.fromkeys(ACTIVATIONS, EACH) | {"identity": 0}
    found = []
    for number in count():
        if not any(left.values()):
            return found
        problem = draw(number, SAMPLES)
        if not left[problem.network.activation] or problem.targets is None:
            continue
        several = ~np.isnan(other_minimum(problem)).any(axis=1) & flow_rest(*asked(problem)).decided
        if several.any():
            left[problem.network.activation] -= 1
            found.append(replace(problem, inputs=problem.inputs[several], targets=problem.targets[several]))
    raise AssertionError("unreachable")


def beyond_a_kink() -> Problem:
    """An implicit step over a kink that Newton's method solves elsewhere when it starts from a prediction."""
    problem = draw(393, SAMPLES)
    assert problem.targets is not None
    return replace(problem, inputs=problem.inputs[3:], targets=problem.targets[3:])


def near_a_border() -> Problem:
    """Strong weights; the border of another basin is 1e-4 of full scale away from the forward state.

    Too stiff for ngspice's transient, which ends with "Timestep too small".
    """
    rng = np.random.default_rng(82)
    sizes = (8, 7, 8, 8, 5)
    rng.integers(2, 5)
    rng.integers(4, 9, len(sizes))
    rng.integers(5)
    gain = float(rng.uniform(1.5, 5.0))
    weights = [gain * rng.normal(size=(post, pre)) for pre, post in pairwise(sizes)]
    biases = [0.5 * rng.normal(size=post) for post in sizes[1:]]
    rng.random()
    inputs = rng.normal(size=(12, sizes[0]))[:1]
    targets = 2.0 * rng.normal(size=(12, sizes[-1]))[:1]
    network = PredictiveCodingNetwork(weights, biases, activation="hard_sigmoid")
    return Problem("hard_sigmoid, near a border", network, inputs, targets)


def along_a_kink() -> Problem:
    """A unit slides along its kink, and leaves it shortly before the field of the other side would have it.

    Steps that are coarse because the flow contracts let it leave there.
    """
    weights = [
        [
            [1.0882, 0.7724, 0.6226, -0.4239, 0.6957, -0.9252],
            [-0.1055, -1.4133, -1.4226, 0.3698, -0.0684, 0.0707],
            [0.4941, 0.2921, -0.7398, 0.0613, -0.056, -0.434],
        ],
        [[-0.147, -0.4313, -0.7662], [-0.3946, 0.2774, 2.4354]],
        [[-1.1811, 0.7545], [-2.1126, 2.2986]],
    ]
    biases = [[-0.1667, 0.0694, 0.6387], [0.4938, -0.7459], [0.2776, -0.1137]]
    network = PredictiveCodingNetwork(weights, biases, "leaky_relu", [1.2912, 1.055, 2.3056])
    inputs = np.array([[-1.7004, 0.3, -0.024, -0.2556, -1.5664, -1.235]])
    return Problem("leaky_relu, along a kink", network, inputs, np.array([[0.6041, 2.5931]]))


def asked(problem: Problem) -> tuple[PredictiveCodingNetwork, Floats, Floats | None]:
    return problem.network, problem.inputs, problem.targets


def other_minimum(problem: Problem) -> Floats:
    """A minimum of every sample that is not the one which the flow reaches; NaN where none is found."""
    expected = flow_rest(*asked(problem)).x
    start = forward_state(*asked(problem))
    free = free_activities(problem.network, problem.targets is None)
    full = np.maximum(1.0, np.abs(expected).max(axis=1))
    other = np.full_like(expected, np.nan)
    rng = np.random.default_rng(0)
    for _ in range(STARTS):
        moved = start.copy()
        moved[:, :free] = (1.0 + np.abs(start[:, :free]).max()) * rng.normal(size=(len(start), free))
        ended, rests = follow(problem.network, problem.inputs, moved, problem.targets is None)
        apart = rests & (np.abs(ended - expected).max(axis=1) > APART * full)
        other[apart] = ended[apart]
    return other


def stored(problem: Problem) -> dict[str, Any]:
    network, targets = problem.network, problem.targets
    other = other_minimum(problem)
    answer = flow_rest(*asked(problem))
    assert not np.isnan(other).any(), problem.name
    assert targets is not None, problem.name
    assert answer.decided.all(), problem.name
    return {
        "name": problem.name,
        "activation": network.activation,
        "precision": network.pi.tolist(),
        "weights": [W.tolist() for W in network.W],
        "biases": [b.tolist() for b in network.b],
        "inputs": problem.inputs.tolist(),
        "targets": targets.tolist(),
        "x": answer.x.tolist(),
        "other": other.tolist(),
    }


def main() -> None:
    source = (
        "analysis/multistable_cases.py: gradient flow from the forward state, integrated by "
        f"analysis/flow_reference (smooth: exponential Rosenbrock; kinked: exact between events); seed {SEED}"
    )
    cases = [stored(problem) for problem in (*chosen(), *drawn(), beyond_a_kink(), along_a_kink())]
    stiff = [stored(near_a_border())]
    write_text(OUT, json.dumps({"source": source, "cases": cases, "stiff": stiff}, indent=1) + "\n")
    for case in cases + stiff:
        print(case["name"], case["x"], case["other"])


if __name__ == "__main__":
    main()

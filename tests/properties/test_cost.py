"""What holds for the cost of any network: sums, counts and scaling laws."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.cost import PhaseCost, network_cost, process_of
from analog_pc.pcn import random_network
from analog_pc.technology import technology

sizes = st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple)
names = st.sampled_from(["cmos130-rram", "ecram", "pcm", "sonos"])
activations = st.sampled_from(["tanh", "sigmoid", "relu", "identity"])
few = settings(max_examples=8, deadline=None, derandomize=True)


def count(phase: PhaseCost, name: str) -> int:
    return next((part.count for part in phase.parts if part.part == name), 0)


@few
@given(sizes, names, activations, st.integers(0, 3))
def test_sums_counts_and_scaling(layers: tuple[int, ...], name: str, activation: str, seed: int) -> None:
    network = random_network(layers, activation, seed=seed)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, layers[0]))
    made_of = technology(name)
    cost = network_cost(network, made_of, x, seed=seed, phases=["predict", "write"])
    predict, write = cost.phases["predict"], cost.phases["write"]
    # The sum of the parts is the total, exactly, and a part that takes no time takes no energy.
    assert predict.energy == sum(part.energy for part in predict.parts)
    assert cost.area == sum(part.area for part in predict.parts)
    assert write.energy == sum(part.energy for part in write.parts)
    # Counts: two devices per weight forward; the transposed arrays lead to hidden layers alone.
    forward = sum(a * b for a, b in pairwise(layers))
    transposed = sum(a * b for a, b in pairwise(layers[1:]))
    assert count(predict, "crossbars") == 2 * (forward + transposed) == count(write, "written devices")
    assert count(predict, "prediction amplifiers") == sum(layers[1:])
    assert count(predict, "feedback amplifiers") == sum(layers[1:-1])
    assert count(predict, "input DACs") == layers[0]
    assert count(predict, "output ADCs") == layers[-1]
    # Power scales with the op-amps', and nothing else moves.
    double = replace(made_of, opamp_power=2.0 * made_of.opamp_power)
    other = network_cost(network, double, x, seed=seed, phases=["predict"], catalogue=process_of(made_of))
    assert other.phases["predict"].latency == predict.latency
    amplifiers = sum(count(predict, part) for part in (
        "word line drivers", "prediction amplifiers", "feedback amplifiers", "eps amplifiers",
        "rectifier amplifiers",
    ))  # fmt: skip
    gained = other.phases["predict"].energy - predict.energy
    assert gained == pytest.approx(amplifiers * made_of.opamp_power * predict.latency, rel=1e-9)

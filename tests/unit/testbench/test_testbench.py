"""A trial as data: what it refuses, and that conductances mean the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.devices.compact import YAKOPCIC
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.technology import technology
from analog_pc.testbench import build_testbench

RNG = np.random.default_rng(4)
BIASED = random_network((4, 3, 2), "tanh", seed=1).with_parameters(
    random_network((4, 3, 2), "tanh", seed=1).W, [RNG.normal(size=3), RNG.normal(size=2)]
)
PLAIN = random_network((4, 3, 2), "sigmoid", seed=1, biases=False)
X, T = RNG.normal(size=4), RNG.normal(size=2)


@pytest.mark.parametrize("network", [BIASED, PLAIN], ids=["biases", "none"])
def test_states_are_the_network(network: PredictiveCodingNetwork) -> None:
    bench = build_testbench(network, X, T)
    states = bench.states()
    extra = 1 if network.has_biases else 0
    assert [s.shape for s in states] == [(4 + extra, 3), (3 + extra, 2)]
    assert all((s >= 0.25).all() and (s <= 0.75).all() for s in states)
    back = bench.network_of(states)
    for got, wanted in zip((*back.W, *back.b), (*network.W, *network.b), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0.0, atol=1e-14 * bench.mapping.ohms * 25e-6 * 10)


def test_phases_and_scales() -> None:
    """Rates of both signs need four phases; the largest change of a weight is lr times both scales."""
    bench = build_testbench(BIASED, X, T, lr=0.3)
    assert len(bench.schedule.phases) == 4
    unsigned = build_testbench(PLAIN, np.abs(X), T)
    assert len(unsigned.schedule.phases) == 2
    for phase in bench.schedule.phases:
        moved = phase.seconds * bench.encoding.speed(phase.polarity, 0.5)
        weight = moved * bench.mapping.ohms * float(bench.device.conductance(1.0))
        assert weight == pytest.approx(0.3 * bench.encoding.rate_scale * bench.encoding.eps_scale)


def test_a_slower_network_is_given_more_time() -> None:
    slow = PredictiveCodingNetwork([[[1.0]], [[4.0], [4.0]]], activation="identity")
    fast = PredictiveCodingNetwork([[[1.0]], [[0.1], [0.1]]], activation="identity")
    times = [build_testbench(n, [1.0], [0.0, 1.0], lr=0.01).schedule for n in (slow, fast)]
    assert times[0].predict > 2.0 * times[1].predict


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": 0.0}, "testbench: lr = 0.0"),
        ({"lr": np.nan}, "testbench: lr = nan"),
        ({"inputs": X[:3]}, r"inputs: shape \(1, 3\)"),
        ({"target": T[:1]}, r"targets: shape \(1, 1\)"),
        ({"inputs": np.full(4, np.nan)}, "inputs"),
        ({"device": replace(YAKOPCIC["microsiemens"], eta=-1.0)}, "eta"),
        ({"parts": replace(technology("ideal"), volts_per_unit=0.5)}, "would move devices"),
    ],
)
def test_what_is_refused(arguments: dict[str, object], message: str) -> None:
    example: dict[str, object] = {"network": BIASED, "inputs": X, "target": T} | arguments
    with pytest.raises(BadInput, match=message):
        build_testbench(**example)  # type: ignore[arg-type]


def test_nothing_to_learn() -> None:
    """A target that is predicted already leaves no prediction error."""
    network = PredictiveCodingNetwork([[[1.0]]], activation="identity")
    with pytest.raises(BadInput, match="teaches nothing"):
        build_testbench(network, [1.0], [1.0])

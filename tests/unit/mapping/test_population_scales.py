"""Volts per unit of populations, and arrays that share their amplifiers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.mapping import (
    PopulationRanges,
    PopulationScales,
    choose_population_scales,
    choose_scales,
    decode,
    encode_sum,
    forward_ranges,
    gate_precision,
    only_devices,
    population_ranges,
)
from analog_pc.mapping.scales import HEADROOM
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection, make_clamps, random_network
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.technology import IDEAL, technology

RNG = np.random.default_rng(4)
CHAIN = random_network([3, 4, 2], "tanh", seed=3, precision=[2.0, 0.5])
X = RNG.normal(size=(6, 3))
T = 3.0 * RNG.normal(size=(6, 2))


def ranges(graph: PredictiveCodingGraph, clamps: dict[str, np.ndarray]) -> PopulationRanges:
    landscape = GraphLandscape(graph, make_clamps(graph, clamps=clamps))
    return population_ranges(graph, [landscape.state(landscape.forward())])


@pytest.mark.parametrize("name", ["ideal", "cmos65-rram", "breadboard"])
def test_a_chain_has_the_volts_of_its_layers(name: str) -> None:
    """No biases: a chain's bias line shares its rate's volts, a population's has its own."""
    tech = technology(name)
    layers = choose_scales(CHAIN, tech, forward_ranges(CHAIN, make_clamps(CHAIN, X, T)))
    found = choose_population_scales(CHAIN.graph, tech, ranges(CHAIN.graph, {"0": X, "2": T}))
    np.testing.assert_allclose(found.activity, layers.activity, rtol=1e-12)
    np.testing.assert_allclose(found.rate[:-1], layers.rate, rtol=1e-12)
    assert found.seconds == layers.seconds


def test_every_signal_stays_within_the_swing() -> None:
    graph = PredictiveCodingGraph(
        [
            Population(name="s", size=2, activation="tanh", leak=1.0),
            Population(name="z", size=1, leak=1.0, prior=40.0),
            Population(name="t", size=2, precision=[[2.0, 0.5], [0.5, 1.0]]),
        ],
        [Projection(source="s", target="t", weight=30.0 * np.eye(2), gain=("z", 0))],
    )
    clamps = {"s": RNG.normal(size=(5, 2)), "z": 5.0 + RNG.normal(size=(5, 1)), "t": RNG.normal(size=(5, 2))}
    tech = replace(IDEAL, supply=1.0)
    found = ranges(graph, clamps)
    scales = choose_population_scales(graph, tech, found)
    for volts, peaks in (
        (scales.activity, found.activity),
        (scales.activity, found.eps),
        (scales.rate, found.rate),
        (scales.feedback, found.feedback),
        (scales.part, found.part),
        (scales.part_feedback, found.part_feedback),
    ):
        for unit, peak in zip(volts, peaks, strict=True):
            assert unit * peak <= tech.supply / HEADROOM * (1.0 + 1e-12)
    assert scales.activity[1] * 40.0 <= tech.supply / HEADROOM * (1.0 + 1e-12)  # the source of the prior
    assert scales.activity[0] == tech.volts_per_unit  # and none is lower than it has to be


def test_the_gate_has_the_largest_precision_above() -> None:
    graph = PredictiveCodingGraph(
        [
            Population(name="a", size=1),
            Population(name="b", size=1, precision=3.0),
            Population(name="c", size=1),
        ],
        [Projection(source="a", target=name, weight=[[1.0]]) for name in "bc"],
    )
    assert [gate_precision(graph, k) for k in range(3)] == [3.0, 1.0, 1.0]


def test_what_overflows_is_refused() -> None:
    graph = PredictiveCodingGraph(
        [Population(name="a", size=1), Population(name="b", size=1)],
        [Projection(source="a", target="b", weight=[[1e300]])],
    )
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(BadInput, match="overflow"):
        ranges(graph, {"a": np.array([[1e300]])})


def test_scales_must_be_positive() -> None:
    one = (0.1,)
    with pytest.raises(BadInput, match="volts per unit of bias 0"):
        PopulationScales(
            activity=one, rate=one, feedback=one, bias=(0.0,), part=(), part_feedback=(), seconds=1e-7
        )


def test_arrays_side_by_side_are_one_array() -> None:
    weights = {"a": RNG.normal(size=(3, 4)), "b": 0.01 * RNG.normal(size=(3, 2))}
    pairs = encode_sum(weights, IDEAL)
    largest = np.abs(np.concatenate([weights["a"], weights["b"]], axis=1)).max(axis=1)
    span = IDEAL.g_max - IDEAL.g_min
    for name, pair in pairs.items():
        np.testing.assert_allclose(pair.ohms, largest / span, rtol=1e-15)
        np.testing.assert_allclose(decode(pair), weights[name], rtol=0.0, atol=1e-14)
    assert encode_sum({}, IDEAL) == {}


def test_no_device_no_conductance() -> None:
    pair = encode_sum({"a": np.array([[1.0, 0.0], [0.5, -1.0]])}, IDEAL)["a"]
    devices = np.array([[True, False], [True, True]])
    found = only_devices(pair, devices)
    np.testing.assert_array_equal(found.plus > 0.0, devices.T)
    np.testing.assert_array_equal(found.minus > 0.0, devices.T)
    assert only_devices(pair, None) is pair

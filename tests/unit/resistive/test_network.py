"""Resistive networks: what they refuse, and what they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.resistive import ResistiveNetwork, random_resistive_network


def test_half_of_a_hidden_layer_has_its_diodes_turned_round() -> None:
    network = random_resistive_network((2, 5, 4, 3))
    np.testing.assert_array_equal(network.signs(1), [1, 1, 1, -1, -1])
    np.testing.assert_array_equal(network.signs(2), [1, 1, -1, -1])
    np.testing.assert_array_equal(network.signs(3), [0, 0, 0])
    assert network.sizes == (2, 5, 4, 3)
    assert network.devices == 4 * 5 + 5 * 4 + 4 * 3


def test_inputs_drive_complementary_sources() -> None:
    network = random_resistive_network((2, 3, 1), gain=20.0)
    np.testing.assert_array_equal(network.sources([[0.5, -1.0]]), [[10.0, -20.0, -10.0, 20.0]])


def test_half_of_the_random_conductances_are_zero() -> None:
    network = random_resistive_network((40, 50, 10), seed=3)
    assert min(g.min() for g in network.G) == 0.0
    # 4,500 draws of probability 1/2: five standard deviations are 0.037
    share = sum((g == 0.0).sum() for g in network.G) / network.devices
    assert share == pytest.approx(0.5, abs=0.037)
    assert network.G[0].max() <= 1.0 / np.sqrt(80)


@pytest.mark.parametrize(
    ("conductances", "currents", "gain", "message"),
    [
        ([], None, 1.0, "at least one matrix"),
        ([[[1.0]]], None, 1.0, "two for each input"),
        ([[[1.0, -0.1]]], None, 1.0, "G1: the least conductance is -0.1"),
        ([[[1.0, np.nan]]], None, 1.0, r"G1\[0, 1\] is nan"),
        ([[[1.0, 1.0]], [[1.0, 1.0]]], None, 1.0, r"G2 has shape \(1, 2\), expected \(any, 1\)"),
        ([[["a", "b"]]], None, 1.0, "not an array of numbers"),
        ([[1.0, 1.0]], None, 1.0, "expected a non-empty matrix"),
        ([[[1.0, 1.0]]], [[1.0], [1.0]], 1.0, "2 vectors of currents for 1 layers"),
        ([[[1.0, 1.0]]], [[1.0, 1.0]], 1.0, r"b1 has shape \(2,\)"),
        ([[[1.0, 1.0]]], None, 0.0, "gain = 0.0"),
    ],
)
def test_what_is_no_network_is_refused(
    conductances: list[object], currents: list[object] | None, gain: float, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        ResistiveNetwork(conductances, currents, gain)  # type: ignore[arg-type]


def test_wrong_inputs_and_sizes_are_refused() -> None:
    with pytest.raises(BadInput, match=r"inputs: shape \(1, 3\), expected \(samples, 2\)"):
        random_resistive_network((2, 3, 1)).sources([[1.0, 2.0, 3.0]])
    with pytest.raises(BadInput, match="two or more sizes"):
        random_resistive_network((2,))

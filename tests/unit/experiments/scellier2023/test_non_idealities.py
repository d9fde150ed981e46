"""Non-ideal chips: diodes with a drop against Kirchhoff's law and differences of the cost; conductances."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.experiments.scellier2023.non_idealities import (
    DROP,
    MISMATCH,
    PERFECT,
    RATIO,
    AsMadeBackend,
    DroppedDiodes,
    NonIdeality,
    layered_as_made,
    resistive_as_made,
)
from analog_pc.pcn import random_network
from analog_pc.resistive import (
    ContrastiveRule,
    ResistiveNetwork,
    contrastive_gradient,
    random_resistive_network,
    settle,
)
from analog_pc.training.in_situ import DeviceBackend, weight_device, write_scheme

DROPS = 0.05
RNG = np.random.default_rng(3)
NET = random_resistive_network((4, 8, 5, 3), gain=5.0, seed=1)
NET = NET.with_parameters(list(NET.G), [0.1 * RNG.normal(size=len(b)) for b in NET.b])
X = RNG.normal(size=(6, 4))
T = RNG.normal(size=(6, 3))


def test_diodes_hold_their_nodes_at_the_drop_and_currents_balance_elsewhere() -> None:
    """Kirchhoff's law at the nodes whose diode is open; a diode that conducts pushes its node inwards."""
    found = DroppedDiodes(DROPS)(NET, X)
    held = 0
    for layer in (1, 2, 3):
        v = found.voltages[layer]
        signs = NET.signs(layer)
        g = NET.G[layer - 1]
        out = v * g.sum(axis=1) - found.voltages[layer - 1] @ g.T - NET.b[layer - 1]
        if layer < 3:
            above = NET.G[layer]
            out = out + v * above.sum(axis=0) - found.voltages[layer + 1] @ above
        assert (signs * v >= -DROPS - 1e-14).all()
        at_drop = (signs != 0) & (np.abs(signs * v + DROPS) < 1e-13)
        held += int(at_drop.sum())
        assert np.abs(out[~at_drop]).max() < 1e-13 * 5.0 * g.sum(axis=1).max()
        assert ((signs * out)[at_drop] >= -1e-13).all()
    assert held > 10


def test_without_a_drop_they_are_ideal() -> None:
    for a, b in zip(DroppedDiodes(0.0)(NET, X).voltages, settle(NET, X).voltages, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_estimate_is_the_gradient_of_the_cost_with_such_diodes() -> None:
    """Nudged by currents a network whose diodes do not switch is linear: exact but for rounding / beta."""
    solver = DroppedDiodes(DROPS)
    rule = ContrastiveRule("current", 1e-4, (-1, 1))
    found = contrastive_gradient(NET, X, T, rule, solver)
    assert found.switched == 0.0

    def cost(layer: int, index: tuple[int, int], change: float) -> float:
        g = [a.copy() for a in NET.G]
        g[layer][index] += change
        output = solver(ResistiveNetwork(g, list(NET.b), NET.gain), X).output
        return 0.5 * float(((output - T) ** 2).sum())

    for layer, index in ((0, (2, 3)), (1, (1, 6)), (2, (0, 4))):
        slope = (cost(layer, index, 1e-6) - cost(layer, index, 0.0)) / 1e-6
        assert found.conductances[layer][index] == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_a_finite_ratio_raises_conductances_and_cancels_in_a_pair_without_mismatch() -> None:
    made = resistive_as_made(NET, NonIdeality(RATIO, 10.0), 0)
    for g, wanted in zip(made.G, NET.G, strict=True):
        factor = g / np.maximum(wanted, wanted.max() / 10.0)
        assert 0.03 < np.log(factor).std() < 0.07  # the mismatch that goes with it, 5 %
    network = random_network((4, 6, 3), "sigmoid", seed=2)
    same = layered_as_made(network, PERFECT, 0)
    for a, b in zip(same.W, network.W, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15, atol=0.0)


def test_small_weights_of_a_pair_feel_the_mismatch_of_its_smallest_conductances() -> None:
    network = random_network((40, 60, 30), "sigmoid", seed=2).with_parameters(
        [np.ones((60, 40)), np.zeros((30, 60))], [np.zeros(60), np.ones(30)]
    )
    made = layered_as_made(network, NonIdeality(RATIO, 11.0), 0)
    # k g_min = 1 / 10 twice, 5 % of it each; 1800 draws know a standard deviation to 2 %.
    assert made.W[1].std() == pytest.approx(0.1 * 0.05 * np.sqrt(2.0), rel=0.1)


def test_what_is_written_is_what_is_wanted_and_what_acts_is_the_chip() -> None:
    network = random_network((4, 6, 3), "sigmoid", seed=2)
    backend = DeviceBackend(network, weight_device("ideal"), write_scheme("exact"), seed=7)
    chip = AsMadeBackend(backend, NonIdeality(MISMATCH, 0.3))
    wanted = layered_as_made(network, NonIdeality(MISMATCH, 0.3), 7)
    for a, b in zip(chip.network.W, wanted.W, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_array_equal(chip.feedback[1], chip.network.W[1])
    assert NonIdeality(DROP, 0.3).spread == 0.0

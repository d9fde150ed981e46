"""Units on a kink of f from which E falls to one side: in words, for chains and graphs."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.pcn import Equilibrium, Population, PredictiveCodingGraph, PredictiveCodingNetwork, relax
from analog_pc.pcn import Projection as To
from analog_pc.pcn.graph.kinks import LEAVES

WAYS = pytest.mark.parametrize("method", ["newton", "flow"])
ONES = [[[1.0]], [[1.0]]]


def both(x: float, target: float, method: str) -> list[Equilibrium]:
    """The equilibria of a chain 1-1-1 of weights 1 and of its graph."""
    network = PredictiveCodingNetwork(ONES, activation="relu")
    clamps = {"0": [[x]], "2": [[target]]}
    close = 1e-6 if method == "flow" else 1e-12  # the flow opens gates over 1e-7
    return [
        relax(network, [[x]], [[target]], method=method, tolerance=close),
        relax(network.graph, clamps=clamps, method=method, tolerance=close),
    ]


@WAYS
def test_a_dead_unit_whose_feedback_pulls_it_up_has_not_converged(method: str) -> None:
    """E = x^2/2 + (1 - relu(x))^2/2 is least at 1/2; at 0 it is level to the left and falls to the right."""
    for found in both(0.0, 1.0, method):
        assert not found.relaxation.converged[0]
        assert found.relaxation.message == f"sample 0 {LEAVES}"
    for found in both(0.1, 1.0, method):
        assert found.relaxation.all_converged
        np.testing.assert_allclose(found.activities[1], [[0.55]], atol=1e-5)


@WAYS
def test_a_dead_unit_whose_feedback_pushes_it_down_rests(method: str) -> None:
    for target in (-1.0, 0.0):
        for found in both(0.0, target, method):
            assert found.relaxation.all_converged, found.relaxation.message


def test_a_unit_that_both_sides_push_onto_the_kink_rests() -> None:
    """E = (x - 1)^2/2 + (3 + relu(x))^2/2: slopes -1 to the left of 0 and 2 to the right."""
    for found in both(1.0, -3.0, "newton"):
        assert found.relaxation.all_converged, found.relaxation.message
        np.testing.assert_array_equal(found.activities[1], [[0.0]])


def test_rounding_is_no_fall() -> None:
    """The target is what the network predicts, but for its last bit."""
    network = PredictiveCodingNetwork([[[1.0, 0.0]], [[0.7]]], [[0.0], [0.3]], activation="relu")
    target = np.nextafter(0.3, 1.0)
    clamps = {"0": [[0.0, 1.0]], "2": [[target]]}
    assert relax(network, [[0.0, 1.0]], [[target]]).relaxation.all_converged
    assert relax(network.graph, clamps=clamps).relaxation.all_converged


def test_only_its_sample_is_reported_and_the_road_of_training_does_not_ask() -> None:
    network = PredictiveCodingNetwork(ONES, activation="relu")
    inputs = [[1.0], [0.0]]
    targets = [[2.0], [2.0]]
    found = relax(network, inputs, targets).relaxation
    assert found.converged.tolist() == [True, False]
    assert found.message == f"sample 1 {LEAVES}"
    assert relax(network, inputs, targets, follow=False).relaxation.all_converged


@WAYS
def test_a_leak_may_hold_a_free_cause_on_the_kink(method: str) -> None:
    """E = x^2/2 + (t - w relu(x))^2/2 falls to the right where w t > 0 only."""
    for weight, rests in ((1.0, False), (-1.0, True)):
        cause = Population(name="cause", size=1, activation="relu", leak=1.0)
        data = Population(name="data", size=1)
        graph = PredictiveCodingGraph([cause, data], [To(source="cause", target="data", weight=[[weight]])])
        found = relax(graph, clamps={"data": [[1.0]]}, method=method)
        assert found.relaxation.all_converged == rests
        assert (found.relaxation.message == f"sample 0 {LEAVES}") != rests

"""The unrolled convolution: what its positions share, how it learns, and what a circuit makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate2d

from analog_pc.experiments import collect
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.experiments.pinchetti2025.convolution import CONVOLUTIONAL, Config, digits
from analog_pc.experiments.pinchetti2025.digits import (
    CONVOLUTION,
    COPIES,
    KINDS,
    Learning,
    as_graph,
    error_of,
    initial,
    kernel_positions,
    learned,
    shared,
)
from analog_pc.relaxers import FixedPrediction, IdealRelaxer, Relaxer
from analog_pc.technology import technology

SMALL = Learning(channels=2, hidden=8, epochs=1)


def test_the_first_layer_is_a_convolution_of_its_kernel() -> None:
    network = initial(CONVOLUTION, SMALL, 10, seed=3)
    pattern = kernel_positions(2)[1]
    image = np.random.default_rng(0).normal(size=(8, 8))
    values = np.array([network.W[0][pattern == k][0] for k in range(pattern.max() + 1)]).reshape(2, 3, 3)
    padded = np.pad(image, 1)
    wanted = [correlate2d(padded, kernel, mode="valid")[::2, ::2] for kernel in values]
    np.testing.assert_allclose((network.W[0] @ image.ravel()).reshape(2, 4, 4), wanted, atol=1e-12)


def test_a_shared_update_is_the_gradient_of_the_kernel() -> None:
    """Finite differences of sum(D * W) by one kernel weight: the sum of D over its copies."""
    pattern = np.array([[0, 1, -1], [-1, 0, 1]])
    update = np.array([[1.0, 2.0, 9.0], [9.0, 10.0, 20.0]])
    assert shared(update, pattern).tolist() == [[11.0, 22.0, 0.0], [0.0, 11.0, 22.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_learning_keeps_what_is_no_device_at_0(kind: str) -> None:
    data = digits(0)
    network = learned(kind, SMALL, data, IdealRelaxer(), seed=0)
    before = initial(kind, SMALL, data.classes, 0)
    assert (network.W[0] != before.W[0]).any()
    if kind in (CONVOLUTION, COPIES):
        pattern = kernel_positions(2)[1]
        assert (network.W[0][pattern < 0] == 0.0).all()
        several = len({*network.W[0][pattern == 4].round(12).tolist()})
        assert (several == 1) == (kind == CONVOLUTION)


@pytest.mark.parametrize("kind", KINDS)
def test_every_network_learns(kind: str) -> None:
    """A tenth is right by chance."""
    data = digits(0)
    network = learned(kind, Learning(channels=4, hidden=16, epochs=10), data, IdealRelaxer(), seed=0)
    assert error_of(FixedPrediction().relax(network, data.test_inputs).output, data.test_labels) < 30.0


def test_the_circuit_classifies_as_the_mathematics(relaxers: dict[str, Relaxer]) -> None:
    data = digits(0)
    network = initial(CONVOLUTION, SMALL, data.classes, 1)
    images = data.test_inputs[:5]
    ideal = IdealRelaxer().relax(network, images).output
    circuit = relaxers["native"].relax(as_graph(CONVOLUTION, network, 2), clamps={"input": images}).output
    np.testing.assert_allclose(circuit, ideal, atol=1e-6)


def test_a_small_result_counts_devices() -> None:
    result = collect(CONVOLUTIONAL, Config(seeds=1, learning=SMALL), {"ideal": IdealRelaxer()})
    rows: dict[str, Any] = {row.id: row for row in result.rows}
    # 4 x 4 positions of 3 x 3, of which padding cuts 3 of the top row's and 3 of the left column's
    places = (4 * 3 - 1) ** 2
    assert rows["devices@convolution"].ideal == 2 * 2 * places
    assert rows["devices@kernel-alone"].ideal == 2 * 2 * 9
    assert rows["devices@dense-array"].ideal == 2 * 32 * 64
    assert rows["steps@one-array"].ideal == 16
    assert result.notes[0].startswith("On these small images the ")
    assert len(CONVOLUTIONAL.draw(result).axes) == 2


@pytest.mark.slow
def test_every_network_learns_digits() -> None:
    """With a quarter of the channels, which takes a quarter of the time."""
    learning = replace(CONVOLUTIONAL.reduced.learning, channels=8)
    columns = CONVOLUTIONAL.circuits(technology("ideal"), CONVOLUTIONAL.columns)
    result = collect(CONVOLUTIONAL, replace(CONVOLUTIONAL.reduced, learning=learning), columns)
    assert [row for row in result.rows if row.verdict == DIFFERS] == []
    for row in result.rows:
        if row.id.startswith("error@") and row.rule == "pc":
            assert row.ideal is not None
            assert row.ideal < 15.0

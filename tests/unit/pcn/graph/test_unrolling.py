"""Unrolled convolutions and blocks against the sums that they stand for, and their counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import correlate

from analog_pc.errors import BadInput
from analog_pc.pcn import (
    Population,
    PredictiveCodingGraph,
    Projection,
    WeightCount,
    count_weights,
    unrolled_blocks,
    unrolled_convolution,
)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 2), (3, 1)])
def test_convolution_is_a_correlation(stride: int, padding: int) -> None:
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 2, 3, 2))
    image = rng.normal(size=(2, 6, 5))
    padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
    want = np.stack([correlate(padded, one, mode="valid")[0, ::stride, ::stride] for one in kernel])
    weight, pattern = unrolled_convolution(kernel, (6, 5), stride=stride, padding=padding)
    assert weight.shape == (want.size, image.size)
    np.testing.assert_allclose(weight @ image.ravel(), want.ravel(), rtol=0.0, atol=1e-13)  # rounding
    np.testing.assert_array_equal(weight[pattern >= 0], kernel.ravel()[pattern[pattern >= 0]])
    assert (weight[pattern < 0] == 0.0).all()


def test_blocks() -> None:
    block = np.array([[1.0, 2.0, 3.0], [0.0, 5.0, 6.0]])
    weight, pattern = unrolled_blocks(block, 2)
    np.testing.assert_array_equal(
        weight, [[1, 2, 3, 0, 0, 0], [0, 5, 6, 0, 0, 0], [0, 0, 0, 1, 2, 3], [0, 0, 0, 0, 5, 6]]
    )
    np.testing.assert_array_equal(pattern[2:, 3:], [[0, 1, 2], [3, 4, 5]])
    assert (pattern[:2, 3:] == -1).all()


def test_counts() -> None:
    kernel = np.ones((2, 1, 3, 3))
    convolution = unrolled_convolution(kernel, (4, 4))  # 2 x 2 positions
    graph = PredictiveCodingGraph(
        [Population(name="image", size=16), Population(name="maps", size=8), Population(name="copy", size=8)],
        [
            Projection(source="image", target="maps", kind="convolution", **convolution._asdict()),
            Projection(source="maps", target="copy", kind="identity"),
            Projection(source="copy", target="maps", weight=np.ones((8, 8))),
            Projection(source="copy", target="copy", kind="block", weight=np.diag(np.arange(8.0))),
        ],
    )
    assert count_weights(graph) == {
        "image->maps": WeightCount(2 * 4 * 9, 18),
        "maps->copy": WeightCount(0, 0),
        "copy->maps": WeightCount(64, 64),
        "copy->copy": WeightCount(7, 7),  # without pattern: what is not 0, nothing shared
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: unrolled_convolution(np.ones((3, 3)), (4, 4)),
            r"kernel has shape \(3, 3\)",
        ),
        (lambda: unrolled_convolution("x", (4, 4)), "kernel is not an array of numbers"),
        (
            lambda: unrolled_convolution(np.ones((1, 1, 5, 5)), (4, 4)),
            r"\(5, 5\) does not fit into image",
        ),
        (lambda: unrolled_convolution(np.ones((1, 1, 2, 2)), (4, 4), stride=0), "stride is 0"),
        (lambda: unrolled_convolution(np.ones((1, 1, 2, 2)), (4, 4), padding=-1), "padding is -1"),
        (lambda: unrolled_blocks([[1.0]], 0), "copies is 0"),
        (lambda: unrolled_blocks([1.0], 2), "block has shape"),
    ],
)
def test_refused(call, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()

"""Which activities are held: predict, learn, and partial clamps."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import make_clamps, random_network

NET = random_network([2, 3, 1])
X, T = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [6.0]])


def masked(values: list, mask: list) -> np.ma.MaskedArray:
    return np.ma.array(values, mask=mask, dtype=float)


def test_predict() -> None:
    clamps = make_clamps(NET, X)
    assert clamps.samples == 2
    assert [f.tolist() for f in clamps.free] == [[False] * 2, [True] * 3, [True]]
    assert clamps.input_is_clamped
    assert not clamps.beyond_input
    np.testing.assert_array_equal(clamps.values[0], X)
    np.testing.assert_array_equal(clamps.values[1], np.zeros((2, 3)))


def test_learn() -> None:
    clamps = make_clamps(NET, X, T)
    assert clamps.beyond_input
    np.testing.assert_array_equal(clamps.values[2], T)
    assert not clamps.free[2].any()


def test_targets_alone_leave_the_input_free() -> None:
    clamps = make_clamps(NET, None, T)
    assert not clamps.input_is_clamped
    assert clamps.free[0].all()


def test_partial() -> None:
    hidden = masked([[7.0, 9.0, 8.0], [1.0, 9.0, 2.0]], [[False, True, False]] * 2)
    clamps = make_clamps(NET, X, clamps={1: hidden})
    assert clamps.free[1].tolist() == [False, True, False]
    np.testing.assert_array_equal(clamps.values[1], [[7.0, 0.0, 8.0], [1.0, 0.0, 2.0]])


def test_sample_is_a_batch_of_one() -> None:
    one = make_clamps(NET, X, T).sample(1)
    assert one.samples == 1
    np.testing.assert_array_equal(one.values[0], X[1:])
    np.testing.assert_array_equal(one.values[2], T[1:])


def test_what_is_masked_may_be_nan() -> None:
    clamps = make_clamps(NET, X, clamps={2: masked([[np.nan], [np.nan]], [[True], [True]])})
    assert clamps.free[2].all()
    np.testing.assert_array_equal(clamps.values[2], np.zeros((2, 1)))


ONE = masked([[0.0, 0.0, 0.0]], [[False] * 3])
REFUSED = {
    "nothing": ({}, "got no clamp"),
    "nan": ({"inputs": [[1.0, np.nan]]}, r"inputs\[0, 1\] is nan, every clamped value must be finite"),
    "infinite": ({"inputs": X, "targets": [[0.0], [np.inf]]}, r"targets\[1, 0\] is inf"),
    "width": ({"inputs": np.ones((1, 3))}, r"inputs: shape \(1, 3\), expected \(samples, 2\)"),
    "vector": ({"inputs": [1.0, 2.0]}, r"inputs: shape \(2,\), expected \(samples, 2\)"),
    "target width": ({"inputs": X, "targets": X}, r"targets: shape \(2, 2\), expected \(samples, 1\)"),
    "text": ({"inputs": [["a", "b"]]}, "inputs: not an array of numbers"),
    "samples": ({"inputs": X, "targets": T[:1]}, r"equal, non-zero number of samples.*\{0: 2, 2: 1\}"),
    "no sample": ({"inputs": X[:0]}, r"non-zero number of samples.*\{0: 0\}"),
    "twice": (
        {"inputs": X[:1], "clamps": {0: X[:1]}},
        r"clamps of layer 0: layers 0 \.\.\. 2 may be clamped, once each",
    ),
    "too high": ({"inputs": X[:1], "clamps": {3: ONE}}, "clamps of layer 3"),
    "negative": ({"inputs": X[:1], "clamps": {-1: ONE}}, "clamps of layer -1"),
    "partial nan": (
        {"inputs": X[:1], "clamps": {1: masked([[0.0, np.nan, np.nan]], [[False, True, False]])}},
        r"clamps of layer 1\[0, 2\] is nan",
    ),
    "unequal masks": (
        {"inputs": X, "clamps": {1: masked([[1.0] * 3] * 2, [[True, False, False], [False, True, False]])}},
        "clamps of layer 1: every sample must clamp the same nodes",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(arguments: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        make_clamps(NET, **arguments)

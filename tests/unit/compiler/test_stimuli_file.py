"""Stimuli files: what they may hold, and what is refused with its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.compiler import load_stimuli
from analog_pc.errors import BadInput
from analog_pc.pcn import random_network

NET = random_network((3, 4, 2))
X, T = np.arange(6.0).reshape(2, 3), np.array([[0.0, 1.0], [1.0, -0.5]])


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "s.npz", **arrays)
    return folder / "s.npz"


def test_inputs_and_targets(tmp_path: Path) -> None:
    inputs, targets = load_stimuli(saved(tmp_path, inputs=X, targets=T), NET)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(targets, T)


def test_inputs_alone(tmp_path: Path) -> None:
    inputs, targets = load_stimuli(saved(tmp_path, inputs=X), NET)
    assert inputs.shape == (2, 3)
    assert targets is None


def test_labels_become_one_hot(tmp_path: Path) -> None:
    _, targets = load_stimuli(saved(tmp_path, inputs=X, labels=np.array([1, 0], dtype=np.uint8)), NET)
    np.testing.assert_array_equal(targets, [[0.0, 1.0], [1.0, 0.0]])


def test_targets_come_before_labels(tmp_path: Path) -> None:
    _, targets = load_stimuli(saved(tmp_path, inputs=X, targets=T, labels=np.array([0, 0])), NET)
    np.testing.assert_array_equal(targets, T)


@pytest.mark.parametrize("kind", [np.float32, np.int8, np.uint8, np.bool_])
def test_other_numbers_become_doubles(kind: type, tmp_path: Path) -> None:
    inputs, _ = load_stimuli(saved(tmp_path, inputs=X.astype(kind)), NET)
    assert inputs.dtype == np.float64
    np.testing.assert_array_equal(inputs, X.astype(kind))


def spoilt(array: np.ndarray, value: float) -> np.ndarray:
    copy = array.copy()
    copy[1, 1] = value
    return copy


@pytest.mark.parametrize(("arrays", "words"), [
    ({"targets": T}, r"holds \['targets'\], expected 'inputs'"),
    ({"inputs": X[0]}, r"inputs is float64 of shape \(3,\), expected numbers \(samples, 3\)"),
    ({"inputs": X[:, :2]}, r"inputs is float64 of shape \(2, 2\)"),
    ({"inputs": X[:0]}, "inputs hold no sample"),
    ({"inputs": X.astype(complex)}, "inputs is complex128"),
    ({"inputs": X.astype(str)}, "inputs is <U"),
    ({"inputs": spoilt(X, np.nan)}, r"inputs\[1, 1\] is nan"),
    ({"inputs": spoilt(X, -np.inf)}, r"inputs\[1, 1\] is -inf"),
    ({"inputs": X, "targets": X}, r"targets is float64 of shape \(2, 3\), expected numbers \(samples, 2\)"),
    ({"inputs": X, "targets": spoilt(T, np.inf)}, r"targets\[1, 1\] is inf"),
    ({"inputs": X, "targets": T[:1]}, "1 targets for 2 inputs"),
    ({"inputs": X, "labels": np.array([0, 1, 0])}, "3 labels for 2 inputs"),
    ({"inputs": X, "labels": np.array([0, 2])}, "labels run from 0 to 2, the network has 2 outputs"),
    ({"inputs": X, "labels": np.array([-1, 0])}, "labels run from -1 to 0"),
    ({"inputs": X, "labels": np.array([0.0, 1.0])}, "labels is float64"),
    ({"inputs": X, "labels": T.astype(int)}, r"labels is int64 of shape \(2, 2\)"),
])  # fmt: skip
def test_refusals(arrays: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = saved(tmp_path, **arrays)
    with pytest.raises(BadInput, match=words) as refused:
        load_stimuli(path, NET)
    assert str(refused.value).startswith(f"{path}: ")

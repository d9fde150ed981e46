"""Test data: taken as they are, drawn where there are more, refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.evaluation.data import load_test_data
from analog_pc.pcn import PredictiveCodingNetwork, random_network

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(20, 4))
LABELS = RNG.integers(0, 3, size=20)


@pytest.fixture
def network() -> PredictiveCodingNetwork:
    return random_network((4, 5, 3), "tanh", seed=0)


def stored(folder: Path, **arrays: Any) -> str:
    np.savez(folder / "test.npz", **arrays)
    return str(folder / "test.npz")


def test_a_file_is_taken_as_it_is(tmp_path: Path, network: PredictiveCodingNetwork) -> None:
    found = load_test_data(stored(tmp_path, inputs=INPUTS, labels=LABELS), network, 500, 0)
    np.testing.assert_array_equal(found.inputs, INPUTS)
    np.testing.assert_array_equal(found.labels, LABELS)
    assert found.source == "test.npz, 20 samples"


def test_of_more_samples_some_are_drawn(tmp_path: Path, network: PredictiveCodingNetwork) -> None:
    labels = np.sort(LABELS)  # a sorted file: its first half lacks classes
    found = load_test_data(stored(tmp_path, inputs=INPUTS, labels=labels), network, 10, 7)
    again = load_test_data(str(tmp_path / "test.npz"), network, 10, 7)
    rows = [int(np.flatnonzero((row == INPUTS).all(axis=1))[0]) for row in found.inputs]
    assert len(set(rows)) == 10
    assert rows != list(range(10))
    np.testing.assert_array_equal(found.labels, labels[rows])
    np.testing.assert_array_equal(found.inputs, again.inputs)
    assert found.source == "test.npz, 10 of 20 samples, drawn with seed 7"


def test_a_named_data_set_gives_its_test_part() -> None:
    found = load_test_data("iris", random_network((4, 5, 3), "tanh", seed=0), 500, 0)
    assert found.samples == 30
    assert found.source == "iris, test part, 30 samples"


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"inputs": INPUTS}, "no labels"),
        ({"inputs": INPUTS, "labels": LABELS.astype(str)}, "labels are <U"),
        ({"inputs": INPUTS, "labels": LABELS.astype(float)}, "labels are float64"),
        ({"inputs": INPUTS, "labels": LABELS > 0}, "labels are bool"),
        ({"inputs": INPUTS, "labels": np.eye(3)[LABELS]}, "one-hot"),
        ({"inputs": INPUTS, "labels": LABELS + 1}, "label 3, expected 0 to 2"),
        ({"inputs": INPUTS, "labels": LABELS - 1}, "label -1, expected 0 to 2"),
        ({"inputs": INPUTS, "labels": LABELS[:19]}, "labels have shape (19,), expected (20,)"),
        ({"inputs": INPUTS, "labels": LABELS[:, None]}, "labels have shape (20, 1)"),
        ({"inputs": INPUTS[:, :3], "labels": LABELS}, "inputs have shape (20, 3)"),
        ({"inputs": INPUTS[:, None], "labels": LABELS}, "inputs have shape (20, 1, 4)"),
        ({"inputs": INPUTS[:0], "labels": LABELS[:0]}, "no sample"),
        ({"inputs": INPUTS.astype(str), "labels": LABELS}, "inputs are <U"),
        ({"inputs": INPUTS * 1j, "labels": LABELS}, "inputs are complex128"),
        ({"inputs": np.where(INPUTS > 1.9, np.nan, INPUTS), "labels": LABELS}, "is nan, must be finite"),
        ({"inputs": np.where(INPUTS > 1.9, np.inf, INPUTS), "labels": LABELS}, "is inf, must be finite"),
    ],
)
def test_refused(
    tmp_path: Path, network: PredictiveCodingNetwork, arrays: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput) as refused:
        load_test_data(stored(tmp_path, **arrays), network, 500, 0)
    message = str(refused.value)
    assert words in message
    assert len(message) < 300
    assert "\n" not in message


def test_one_output_has_no_classes(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="one output"):
        load_test_data(stored(tmp_path, inputs=INPUTS, labels=LABELS), random_network((4, 1)), 500, 0)

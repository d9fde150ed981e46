"""Data sets: names, npz, IDX; what is refused; what the split and the scaling may know."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.training import load_dataset, one_hot
from analog_pc.training.datasets import read_idx

RNG = np.random.default_rng(2)
IMAGES = RNG.integers(0, 256, size=(20, 3, 2), dtype=np.uint8)
LABELS = np.arange(20, dtype=np.uint8) % 4


def idx(array: np.ndarray) -> bytes:
    """0 0 8 ndim, big-endian sizes, bytes."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(folder: Path, suffix: str = "", labels: np.ndarray = LABELS) -> Path:
    pack = gzip.compress if suffix else bytes
    path = folder / f"train-images-idx3-ubyte{suffix}"
    path.write_bytes(pack(idx(IMAGES)))
    (folder / f"train-labels-idx1-ubyte{suffix}").write_bytes(pack(idx(labels)))
    return path


@pytest.mark.parametrize(("name", "features", "classes", "samples"), [
    ("digits", 64, 10, 1797), ("iris", 4, 3, 150), ("wine", 13, 3, 178), ("breast_cancer", 30, 2, 569),
])  # fmt: skip
def test_bundled(name: str, features: int, classes: int, samples: int) -> None:
    data = load_dataset(name)
    assert (data.name, data.classes) == (name, classes)
    assert data.train_inputs.shape[1] == data.test_inputs.shape[1] == features
    assert len(data.train_inputs) == len(data.train_labels)
    assert len(data.train_labels) + len(data.test_labels) == samples
    assert len(data.test_labels) == np.ceil(0.2 * samples)
    assert set(data.test_labels) == set(data.train_labels) == set(range(classes))


def test_images_are_scaled_to_one() -> None:
    data = load_dataset("digits")
    assert data.train_inputs.min() == 0.0
    assert max(data.train_inputs.max(), data.test_inputs.max()) == 1.0


def test_tables_are_standardised_by_the_training_part_only() -> None:
    data = load_dataset("wine")
    # Rounding of a mean over 142 numbers of order 1.
    np.testing.assert_allclose(data.train_inputs.mean(axis=0), 0.0, atol=1e-13)
    np.testing.assert_allclose(data.train_inputs.std(axis=0), 1.0, atol=1e-13)
    assert np.abs(data.test_inputs.mean(axis=0)).max() > 0.01  # the test part was not asked


def table(folder: Path, inputs: np.ndarray, labels: np.ndarray = LABELS) -> str:
    np.savez(folder / "table.npz", inputs=inputs, labels=labels)
    return str(folder / "table.npz")


def test_test_samples_do_not_move_the_scaling(tmp_path: Path) -> None:
    inputs = np.column_stack([np.arange(20.0), RNG.normal(size=20)])
    plain = load_dataset(table(tmp_path, inputs))
    every = np.concatenate([plain.test_inputs[:, 0], plain.train_inputs[:, 0]])
    tested = int((every < plain.test_inputs[0, 0]).sum())  # column 0 counts the rows, so its rank is the row
    inputs[tested, 1] = 1e6
    spoilt = load_dataset(table(tmp_path, inputs))
    np.testing.assert_array_equal(spoilt.train_inputs, plain.train_inputs)
    assert spoilt.test_inputs[0, 1] > 1e5


def test_constant_features_stay_zero(tmp_path: Path) -> None:
    data = load_dataset(table(tmp_path, np.column_stack([np.full(20, 7.0), RNG.normal(size=20)])))
    assert not data.train_inputs[:, 0].any()
    assert not data.test_inputs[:, 0].any()


def test_the_split_is_the_seeds() -> None:
    first, again, other = load_dataset("iris", 3), load_dataset("iris", 3), load_dataset("iris", 4)
    np.testing.assert_array_equal(first.train_inputs, again.train_inputs)
    np.testing.assert_array_equal(first.test_labels, again.test_labels)
    assert (first.test_labels != other.test_labels).any()


def test_the_split_keeps_the_shares_of_the_classes() -> None:
    np.testing.assert_array_equal(np.bincount(load_dataset("iris").test_labels), [10, 10, 10])


def test_one_hot() -> None:
    np.testing.assert_array_equal(one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(load_dataset("iris").one_hot(np.array([1])), [[0, 1, 0]])


# --- npz


@pytest.mark.parametrize("key", ["images", "inputs", "data", "x"])
def test_npz_keys(key: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", **{key: IMAGES}, labels=LABELS)
    data = load_dataset(str(tmp_path / "mine.npz"))
    assert (data.name, data.classes) == ("mine", 4)
    assert data.train_inputs.shape == (16, 6)
    # bytes are images
    assert max(data.train_inputs.max(), data.test_inputs.max()) == 1.0


@pytest.mark.parametrize(("arrays", "words"), [
    ({"inputs": IMAGES}, "expected one of images, inputs, data, x, and labels"),
    ({"labels": LABELS}, "expected one of images, inputs, data, x, and labels"),
    ({"inputs": IMAGES, "labels": LABELS[:-1]}, r"\(20, 3, 2\) and labels \(19,\) do not go together"),
    ({"inputs": np.arange(20.0), "labels": LABELS}, "do not go together"),
    ({"inputs": IMAGES, "labels": LABELS / 2}, "whole numbers"),
    ({"inputs": IMAGES, "labels": LABELS.astype(int) - 1}, "whole numbers from 0"),
    ({"inputs": IMAGES * np.nan, "labels": LABELS}, "not finite"),
    ({"inputs": IMAGES[:4], "labels": LABELS[:4]}, "4 samples are too few"),
    ({"inputs": IMAGES[:0], "labels": LABELS[:0]}, r"\(0, 3, 2\)"),
    ({"inputs": np.full((20, 2), "a"), "labels": LABELS}, "inputs is <U1"),
])  # fmt: skip
def test_refused_npz(arrays: dict[str, np.ndarray], words: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(BadInput, match=words):
        load_dataset(str(tmp_path / "bad.npz"))


def test_too_few_samples_to_keep_the_shares(tmp_path: Path) -> None:
    data = load_dataset(table(tmp_path, RNG.normal(size=(5, 2)), np.array([0, 0, 0, 1, 1])))
    assert (len(data.train_labels), len(data.test_labels), data.classes) == (4, 1, 2)


def test_a_class_of_one_sample(tmp_path: Path) -> None:
    """It cannot be in both parts, so that shares of classes are not kept."""
    data = load_dataset(table(tmp_path, RNG.normal(size=(11, 2)), np.array([0] * 10 + [1])))
    assert (len(data.train_labels) + len(data.test_labels), data.classes) == (11, 2)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_impossible_seeds(seed: int) -> None:
    with pytest.raises(BadInput, match=f"seed = {seed}"):
        load_dataset("iris", seed)


def test_unknown_name() -> None:
    with pytest.raises(BadInput, match="data 'mnist': neither a file nor one of digits, iris, wine"):
        load_dataset("mnist")


# --- IDX


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx(suffix: str, tmp_path: Path) -> None:
    path = write_idx(tmp_path, suffix)
    np.testing.assert_array_equal(read_idx(path), IMAGES)
    data = load_dataset(str(path))
    assert data.classes == 4
    both = np.concatenate([data.train_inputs, data.test_inputs])
    labels = np.concatenate([data.train_labels, data.test_labels])
    expected = IMAGES.reshape(20, 6) / IMAGES.max()
    for row, label in zip(both, labels, strict=True):  # every sample kept its label
        source = int(np.abs(expected - row).max(axis=1).argmin())
        np.testing.assert_array_equal(row, expected[source])
        assert label == LABELS[source]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("keep", [0, 3, 8, 15, -1])
def test_truncated_idx(keep: int, suffix: str, tmp_path: Path) -> None:
    path = write_idx(tmp_path, suffix)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadInput, match=path.name):
        load_dataset(str(path))


def test_idx_with_too_many_bytes(tmp_path: Path) -> None:
    path = write_idx(tmp_path)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BadInput, match="announces 120 bytes, the file holds more"):
        read_idx(path)


def test_idx_whose_gzip_is_damaged(tmp_path: Path) -> None:
    path = write_idx(tmp_path, ".gz")
    raw = bytearray(path.read_bytes())
    raw[10:14] = b"\xff\xff\xff\xff"  # the first block of the stream behind the 10 bytes of the header
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=f"{path.name}: cannot be read"):
        read_idx(path)


def test_idx_labels_that_do_not_match(tmp_path: Path) -> None:
    path = write_idx(tmp_path, labels=LABELS[:-1])
    with pytest.raises(BadInput, match=r"20 images but labels of shape \(19,\) beside it"):
        load_dataset(str(path))
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(BadInput, match="no labels file 'train-labels-idx1-ubyte' beside it"):
        load_dataset(str(path))


def test_idx_labels_alone(tmp_path: Path) -> None:
    write_idx(tmp_path)
    with pytest.raises(BadInput, match="holds labels, not images"):
        load_dataset(str(tmp_path / "train-labels-idx1-ubyte"))


def test_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "digits.csv").write_text("1,2,3,4,5,6")
    with pytest.raises(BadInput, match=r"digits\.csv: neither \.npz nor an IDX file"):
        load_dataset(str(tmp_path / "digits.csv"))

"""Data sets: scikit-learn's bundled ones by name, npz and IDX files by path.

Inputs are scaled to be comparable with an activity of 1: images to [0, 1], tables to zero mean and unit
variance over the training part.  Targets are one-hot.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from sklearn import datasets as bundled
from sklearn.model_selection import train_test_split

from analog_pc.arrays import Floats, Ints, is_whole
from analog_pc.errors import BadInput
from analog_pc.files import most_expanded, read_npz
from analog_pc.inputs import note_input

NAMES = {
    "digits": bundled.load_digits,
    "iris": bundled.load_iris,
    "wine": bundled.load_wine,
    "breast_cancer": bundled.load_breast_cancer,
}
TEST_FRACTION = 0.2
MOST_CLASSES = 10_000
_MOST_DIMENSIONS = 32
_INPUTS = ("images", "inputs", "data", "x")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs [samples, n_0] and labels [samples], split; `classes` is the number of labels."""

    name: str
    train_inputs: Floats
    train_labels: Ints
    test_inputs: Floats
    test_labels: Ints
    classes: int

    def one_hot(self, labels: Ints) -> Floats:
        """Targets [samples, classes] with a 1 at the label."""
        return one_hot(labels, self.classes)


def one_hot(labels: Ints, classes: int) -> Floats:
    """[samples, classes] with a 1 at the label."""
    return np.eye(classes)[labels]


def load_dataset(source: str, seed: int = 0) -> Dataset:
    """A data set by name or file, split 80/20 with the seed.

    Raises
    ------
    BadInput
        For an unknown name, or a file that is missing, damaged or not a data set.
    """
    if not isinstance(source, str | Path):
        raise BadInput(f"data {source!r}: give a file or one of {', '.join(NAMES)}")
    if source in NAMES:
        bunch = NAMES[source]()
        inputs = np.asarray(bunch.data, dtype=np.float64)
        labels = np.asarray(bunch.target, dtype=np.int64)
        image = source == "digits"
        name = source
    elif Path(source).exists():
        inputs, labels, image = _read(Path(source))
        name = Path(source).stem
    else:
        raise BadInput(f"data {source!r}: neither a file nor one of {', '.join(NAMES)}")
    return _split(name, inputs, labels, image, seed)


def _split(name: str, inputs: Floats, labels: Ints, image: bool, seed: int) -> Dataset:
    if len(inputs) < 5:
        raise BadInput(f"data {name!r}: {len(inputs)} samples are too few to split 80/20")
    if not is_whole(seed) or not 0 <= seed < 2**32:
        raise BadInput(f"seed = {seed!r}, must be a whole number from 0 to {2**32 - 1}")
    classes = int(labels.max()) + 1
    counts = np.bincount(labels)
    present = counts[counts > 0]
    stratify = labels if present.min() >= 2 and len(inputs) * TEST_FRACTION >= len(present) else None
    train_x, test_x, train_y, test_y = train_test_split(
        inputs, labels, test_size=TEST_FRACTION, random_state=seed, stratify=stratify
    )
    if image:
        top = float(inputs.max()) or 1.0
        train_x = train_x / top
        test_x = test_x / top
    else:
        mean = train_x.mean(axis=0)
        spread = train_x.std(axis=0)
        spread = np.where(spread > 0.0, spread, 1.0)  # a constant feature carries nothing, and stays 0
        train_x = (train_x - mean) / spread
        test_x = (test_x - mean) / spread
    return Dataset(name, train_x, train_y, test_x, test_y, classes)


def _read(path: Path) -> tuple[Floats, Ints, bool]:
    if path.suffix == ".npz":
        return _read_npz(path)
    images = read_idx(path)
    if images.ndim < 2:
        raise BadInput(
            f"{path}: holds labels, not images; give the images file (its labels are found beside it)"
        )
    labels = read_idx(_labels_beside(path))
    if labels.ndim != 1 or len(labels) != len(images):
        raise BadInput(f"{path}: {len(images)} images but labels of shape {labels.shape} beside it")
    return images.reshape(len(images), -1).astype(np.float64), labels.astype(np.int64), True


def _read_npz(path: Path) -> tuple[Floats, Ints, bool]:
    arrays = read_npz(path)
    key = next((k for k in _INPUTS if k in arrays), None)
    if key is None or "labels" not in arrays:
        raise BadInput(f"{path}: holds {sorted(arrays)}, expected one of {', '.join(_INPUTS)}, and labels")
    inputs = arrays[key]
    labels = arrays["labels"]
    if inputs.ndim < 2 or labels.shape != (len(inputs),):
        raise BadInput(f"{path}: {key} {inputs.shape} and labels {labels.shape} do not go together")
    if not np.issubdtype(labels.dtype, np.integer) or (labels.size and labels.min() < 0):
        raise BadInput(f"{path}: labels must be whole numbers from 0")
    if labels.size and int(labels.max()) >= MOST_CLASSES:
        raise BadInput(f"{path}: label {int(labels.max())}, expected 0 to {MOST_CLASSES - 1}")
    if inputs.dtype.kind not in "fiub" or inputs.size == 0:
        raise BadInput(f"{path}: {key} is {inputs.dtype} of shape {inputs.shape}, expected numbers")
    flat = inputs.reshape(len(inputs), -1).astype(np.float64)
    if not np.isfinite(flat).all():
        raise BadInput(f"{path}: {key} holds values that are not finite")
    return (
        flat,
        labels.astype(np.int64),
        key == "images" or inputs.dtype == np.uint8,
    )


def _labels_beside(path: Path) -> Path:
    """MNIST's naming: train-images-idx3-ubyte(.gz) goes with train-labels-idx1-ubyte(.gz)."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    if name == path.name or not (path.parent / name).exists():
        raise BadInput(f"{path}: no labels file {name!r} beside it")
    return path.parent / name


def read_idx(path: Path) -> np.ndarray:
    """An IDX file (the format of MNIST), plain or gzipped: magic 0 0 8 ndim, big-endian sizes, bytes.

    Raises
    ------
    BadInput
        For a file that is missing, damaged or no IDX file, that announces nothing or other sizes than it has.
    """
    note_input(path)
    try:
        with path.open("rb") as stream:
            stored = os.fstat(stream.fileno()).st_size
            zipped = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            return _idx(path, gzip.GzipFile(fileobj=stream) if zipped else stream, stored)
    except (OSError, EOFError, zlib.error) as fault:
        raise BadInput(f"{path}: cannot be read: {fault}") from None


def _idx(path: Path, stream: IO[bytes] | gzip.GzipFile, stored: int) -> np.ndarray:
    start = stream.read(4)
    if len(start) < 4 or start[:3] != b"\x00\x00\x08":
        raise BadInput(f"{path}: neither .npz nor an IDX file of bytes")
    ndim = start[3]
    sizes = stream.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        raise BadInput(f"{path}: truncated IDX header, {4 + len(sizes)} bytes")
    shape = struct.unpack(f">{ndim}I", sizes)
    announced = math.prod(shape)
    if not 0 < announced <= most_expanded(stored) or ndim > _MOST_DIMENSIONS:
        raise BadInput(f"{path}: IDX header announces {announced} bytes in {ndim} dimensions")
    body = stream.read(announced + 1)
    if len(body) != announced:
        more = "more" if len(body) > announced else str(len(body))
        raise BadInput(f"{path}: IDX header announces {announced} bytes, the file holds {more}")
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)

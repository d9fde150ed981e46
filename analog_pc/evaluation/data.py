"""Test data of an evaluation: inputs and labels, read without trust and checked against the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import BadInput
from analog_pc.files import read_npz
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.text import counted
from analog_pc.training import load_dataset


@dataclass(frozen=True, eq=False)
class TestData:
    """Inputs [samples, n_0] as the network takes them, and labels [samples] from 0 to n_L - 1.

    `source` says where they come from, and which of how many samples they are.
    """

    source: str
    inputs: Floats
    labels: Ints

    __test__ = False  # not a test of pytest, whatever its name

    @property
    def samples(self) -> int:
        return len(self.labels)

    @property
    def single_class(self) -> bool:
        """Whether all samples have the same label, so that a constant answer is right."""
        return bool((self.labels == self.labels[0]).all())


def load_test_data(source: str, network: PredictiveCodingNetwork, samples: int, seed: int) -> TestData:
    """Test data for a network.

    An npz that holds `inputs` and `labels` is taken as it is: not scaled, not split.  A named data set, an
    IDX file or an npz of images is read as `analog-pc train` reads it, and its test part is taken.

    Parameters
    ----------
    samples
        At most so many.  Of more, that number is drawn without replacement: a file may be sorted.
    seed
        Of the draw, and of the split where there is one.

    Raises
    ------
    BadInput
        For a file that cannot be read, and for inputs or labels that do not fit the network.
    """
    classes = network.sizes[-1]
    if classes < 2:
        raise BadInput("the network has one output: accuracy needs one output for each class")
    name, inputs, labels = _read(source, seed)
    _check_inputs(name, inputs, network.sizes[0])
    _check_labels(name, labels, len(inputs), classes)
    total = len(labels)
    if total <= samples:
        said = f"{name}, {counted(total, 'sample')}"
        return TestData(said, inputs.astype(np.float64), labels.astype(np.int64))
    chosen = np.sort(np.random.default_rng(seed).choice(total, samples, replace=False))
    said = f"{name}, {samples} of {total} samples, drawn with seed {seed}"
    return TestData(said, inputs[chosen].astype(np.float64), labels[chosen].astype(np.int64))


def _read(source: str, seed: int) -> tuple[str, np.ndarray, np.ndarray]:
    path = Path(source)
    if path.suffix == ".npz" and path.exists():
        arrays = read_npz(path)
        if "inputs" in arrays:
            if "labels" not in arrays:
                raise BadInput(f"{path}: holds {_list(arrays)}, but no labels [samples]")
            return path.name, arrays["inputs"], arrays["labels"]
    dataset = load_dataset(source, seed)
    return f"{dataset.name}, test part", dataset.test_inputs, dataset.test_labels


def _list(arrays: dict[str, np.ndarray]) -> str:
    return ", ".join(sorted(arrays))


def _check_inputs(name: str, inputs: np.ndarray, size: int) -> None:
    if inputs.dtype.kind not in "fiub":
        raise BadInput(f"{name}: inputs are {inputs.dtype}, expected numbers")
    if inputs.ndim != 2 or inputs.shape[1] != size:
        raise BadInput(
            f"{name}: inputs have shape {inputs.shape}, the network takes [samples, {size}]: "
            "reshape them, or choose the data that the network was trained on"
        )
    if len(inputs) == 0:
        raise BadInput(f"{name}: inputs hold no sample")
    finite = np.isfinite(inputs)
    if not finite.all():
        sample, number = (int(k) for k in np.argwhere(~finite)[0])
        raise BadInput(f"{name}: inputs[{sample}, {number}] is {inputs[sample, number]}, must be finite")


def _check_labels(name: str, labels: np.ndarray, samples: int, classes: int) -> None:
    if labels.ndim == 2 and labels.shape == (samples, classes) and labels.dtype.kind in "fiub":
        raise BadInput(
            f"{name}: labels have shape {labels.shape}, as one-hot targets have: "
            "store labels.argmax(axis=1) instead"
        )
    if labels.ndim != 1 or len(labels) != samples:
        raise BadInput(f"{name}: labels have shape {labels.shape}, expected ({samples},), one for each input")
    if labels.dtype.kind not in "iu":
        raise BadInput(
            f"{name}: labels are {labels.dtype}, expected whole numbers from 0 to {classes - 1}, "
            "the number of the output of each class"
        )
    low = int(labels.min())
    high = int(labels.max())
    if low < 0 or high >= classes:
        wrong = low if low < 0 else high
        raise BadInput(
            f"{name}: label {wrong}, expected 0 to {classes - 1}: the network has {classes} outputs"
        )

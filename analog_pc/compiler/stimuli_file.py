"""Stimuli files: `inputs` [samples, n_0], optional `targets` [samples, n_L] or `labels` [samples]."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.files import read_npz
from analog_pc.pcn import PredictiveCodingNetwork


def load_stimuli(path: Path, network: PredictiveCodingNetwork) -> tuple[Floats, Floats | None]:
    """Inputs and targets (None when the file has neither targets nor labels) that fit the network.

    Raises
    ------
    BadInput
        For files that `read_npz` refuses, and arrays that are missing, misshapen, empty or not finite.
    """
    arrays = read_npz(path)
    if "inputs" not in arrays:
        raise BadInput(
            f"{path}: holds {sorted(arrays)}, expected 'inputs' and optionally 'targets' or 'labels'"
        )
    inputs = _matrix(f"{path}: inputs", arrays["inputs"], network.sizes[0])
    if "targets" in arrays:
        name = "targets"
        targets = _matrix(f"{path}: {name}", arrays[name], network.sizes[-1])
    elif "labels" in arrays:
        name = "labels"
        targets = _one_hot(f"{path}: {name}", arrays[name], network.sizes[-1])
    else:
        return inputs, None
    if len(targets) != len(inputs):
        raise BadInput(f"{path}: {len(targets)} {name} for {len(inputs)} inputs")
    return inputs, targets


def _matrix(what: str, values: np.ndarray, width: int) -> Floats:
    if values.ndim and len(values) == 0:
        raise BadInput(f"{what} hold no sample: give at least one row of {width} numbers")
    if values.dtype.kind not in "fiub" or values.ndim != 2 or values.shape[1] != width:
        raise BadInput(
            f"{what} is {values.dtype} of shape {values.shape}, expected numbers (samples, {width})"
        )
    array = values.astype(np.float64)
    if not np.isfinite(array).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise BadInput(f"{what}{where} is {array[tuple(where)]}, every value must be finite")
    return array


def _one_hot(what: str, labels: np.ndarray, classes: int) -> Floats:
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise BadInput(f"{what} is {labels.dtype} of shape {labels.shape}, expected whole numbers (samples,)")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise BadInput(f"{what} run from {labels.min()} to {labels.max()}, the network has {classes} outputs")
    return np.asarray(np.eye(classes)[labels])

"""npz files of weights: scikit-learn's ``coefs_`` and ``intercepts_``, our own, other names with a map.

::

    numpy.savez("mlp.npz", **{f"coefs_{k}": w for k, w in enumerate(mlp.coefs_)},
                **{f"intercepts_{k}": b for k, b in enumerate(mlp.intercepts_)}, activation=mlp.activation)

Layers of equal shapes also stack into one array ``coefs_`` [layers, pre, post].
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from analog_pc.files import read_npz
from analog_pc.importers.layout import POST_PRE, PRE_POST
from analog_pc.importers.tensors import TensorFile

_STACKS = ("coefs_", "intercepts_")
_TEXTS = {"activation": "activation", "out_activation_": "output", "out_activation": "output"}


def open_npz(path: Path) -> TensorFile:
    """The arrays of an npz, with what it says of its activations.

    Raises
    ------
    BadInput
        As `read_npz`: pickled objects are never loaded.
    """
    arrays = read_npz(path)
    facts = {
        meaning: str(arrays[key])
        for key, meaning in _TEXTS.items()
        if key in arrays and arrays[key].shape == () and arrays[key].dtype.kind == "U"
    }
    numbers = _unstacked({name: array for name, array in arrays.items() if array.dtype.kind not in "SU"})
    return TensorFile(
        path=path,
        shapes={name: array.shape for name, array in numbers.items()},
        dtypes={name: str(array.dtype) for name, array in numbers.items()},
        read=numbers.__getitem__,
        facts={**facts, **_naming(numbers)},
    )


def _unstacked(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """``coefs_`` [layers, pre, post] as ``coefs_0``, ``coefs_1``, ..."""
    found: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if name in _STACKS and array.ndim == (3 if name == "coefs_" else 2):
            found |= {f"{name}{k}": layer for k, layer in enumerate(array)}
        else:
            found[name] = array
    return found


def _naming(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Pattern and layout of the names that need no map."""
    if "coefs_0" in arrays:
        return {"map": "coefs_{i}", "layout": PRE_POST}
    if "W1" in arrays:
        return {"map": "W{i}", "layout": POST_PRE}
    return {}

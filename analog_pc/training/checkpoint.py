"""Checkpoints: the state of a run, which continues bit for bit, in one npz without pickles.

::

    version    of this format
    config     JSON: identity of the run, see `description`
    sha256     of all other entries: their names, types, shapes and bytes
    ...        the state

The hash finds damage and changes by hand; it is no protection against forgery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.files import read_npz, write_npz
from analog_pc.inputs import forget_input
from analog_pc.training.datasets import Dataset
from analog_pc.training.trainer import Trainer

VERSION = 3  # 1: the hash covered `config` alone; 2: devices had other parameter names
_HEAD = ("version", "config", "sha256")


def description(trainer: Trainer, data: Dataset) -> dict[str, Any]:
    """Identity of a run for JSON; `epochs` is left out, so that a run may be extended."""
    start = trainer.backend.start
    config = asdict(trainer.config)
    del config["epochs"]
    found = {
        **config,
        "rule": {"name": trainer.rule.name, **asdict(trainer.rule)},  # type: ignore[call-overload]
        **trainer.backend.description(),
        "network": {
            "sizes": start.sizes, "activation": start.activation, "activate_input": start.activate_input,
            "parameters": _fingerprint(*start.W, *start.b, start.pi), "biased": start.biases is not None,
        },
        "data": {
            "name": data.name,
            "samples": _fingerprint(data.train_inputs, data.train_labels, data.test_inputs, data.test_labels),
        },
    }  # fmt: skip
    return json.loads(json.dumps(found, default=_plain))  # type: ignore[no-any-return]


def _plain(value: object) -> Any:
    return value.value if isinstance(value, Enum) else str(value)


def _fingerprint(*arrays: Any) -> str:
    """SHA-256 of arrays, their types and shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def digest_of(entries: Mapping[str, Any]) -> str:
    """SHA-256 of named arrays, whatever their order."""
    digest = hashlib.sha256()
    for name in sorted(entries):
        digest.update(f"{name} {_fingerprint(np.asarray(entries[name]))}\n".encode())
    return digest.hexdigest()


def save(path: Path, found: dict[str, Any], state: dict[str, Any]) -> None:
    """Write a state and the description of its run.

    Raises
    ------
    BadInput
        Where the file cannot be written.
    """
    entries = {"version": np.array(VERSION), "config": json.dumps(found, sort_keys=True), **state}
    write_npz(path, **entries, sha256=digest_of(entries))


def load(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    """The state of a checkpoint of the run with that description.

    Raises
    ------
    BadInput
        For a file that is missing, damaged, changed or no checkpoint, or one of another run: the line says in
        what.
    """
    arrays = read_npz(path)
    if not set(_HEAD) <= arrays.keys():
        raise BadInput(f"{path}: not a checkpoint of training")
    version = arrays["version"]
    if version.shape != () or version.dtype.kind != "i" or version != VERSION:
        raise BadInput(f"{path}: a checkpoint of version {version!s:.20}, this is version {VERSION}")
    written = str(arrays.pop("sha256"))
    if written != digest_of(arrays):
        raise BadInput(f"{path}: its content is not what was written: damaged, or changed by hand")
    there = json.loads(str(arrays["config"]))
    if there != found:
        raise BadInput(f"{path}: a checkpoint of another run: {_difference(there, found)}")
    forget_input(path)  # the run goes on writing it
    return arrays


def _difference(there: dict[str, Any], here: dict[str, Any]) -> str:
    """The first values that differ, for a message."""
    flat_there = _flat(there)
    flat_here = _flat(here)
    names = sorted(n for n in flat_there | flat_here if flat_there.get(n) != flat_here.get(n))
    differences = [
        f"{n} {flat_there.get(n, 'none')!s} there, {flat_here.get(n, 'none')!s} here" for n in names[:3]
    ]
    return "; ".join(differences) + ("" if len(names) <= 3 else f"; and {len(names) - 3} more")


def _flat(found: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in found.items():
        flat |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
    return flat

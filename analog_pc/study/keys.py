"""Content hashes: the name of a result is a hash of all that decides it.

Network and data by the bytes of their arrays, a technology by the values of all its fields and its process
(not by its name, nor by where they come from), the chip by its seed, the measures by name, and the versions
of what computes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from analog_pc.evaluation import TestData
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.technology import Technology, quantities

FORM = 1  # of rows and keys: a measure that changes its meaning makes it one more
LIBRARIES = ("numpy", "scipy", "numba")


def _digest(*arrays: Any) -> str:
    found = hashlib.sha256()
    for array in arrays:
        one = np.ascontiguousarray(array)
        found.update(f"{one.dtype.str}{one.shape}".encode())
        found.update(one.tobytes())
    return found.hexdigest()[:32]


def of_network(network: PredictiveCodingNetwork) -> str:
    """Weights, biases, precisions and activation."""
    kind = f"{network.activation} {network.activate_input} {network.has_biases}"
    return f"{_digest(*network.W, *network.b, network.pi)} {kind}"


def of_data(data: TestData) -> str:
    """Inputs and labels."""
    return _digest(data.inputs, data.labels)


def of_technology(technology: Technology) -> str:
    """Values of all fields, to the last bit, and the process, which decides what a chip costs."""
    values = " ".join(f"{name}={getattr(technology, name)!r}" for name in quantities())
    return f"{technology.process} {values}"


@cache
def versions() -> str:
    """Versions of this package and of what it computes with."""
    return f"form {FORM} " + " ".join(f"{name} {version(name)}" for name in ("analog-pc", *LIBRARIES))


def point_key(decided: str, chip: int, fixed: str) -> str:
    """The key of a point, 32 hexadecimal digits.

    Parameters
    ----------
    decided
        Network and technology, in words.
    chip
        Its seed.
    fixed
        What all points of a study have in common, in words.
    """
    return hashlib.sha256(f"{decided}\n{chip}\n{fixed}".encode()).hexdigest()[:32]

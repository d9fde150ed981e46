"""What differs from chip to chip, and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import Circuit
from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.technology import load_technology
from analog_pc.technology.imperfections import IMPERFECTIONS, RANDOM, alone, present

EVERYTHING = load_technology(Path(__file__).parents[3] / "analysis" / "everything_on.toml")
NET = random_network((12, 20, 8), "tanh", seed=0)


def numbers(circuit: Circuit) -> list[np.ndarray]:
    """All that the elements of a circuit are made of, in order."""
    found = []
    for _, element in circuit.banks():
        for value in vars(element).values():
            if isinstance(value, int | float | np.ndarray):
                found.append(np.asarray(value, dtype=np.float64))
    return found


@pytest.mark.parametrize("name", IMPERFECTIONS)
def test_a_seed_draws_what_is_called_random_and_nothing_else(name: str) -> None:
    assert name in present(EVERYTHING)
    technology = alone(EVERYTHING, name)
    one, two = (
        numbers(compile_network(NET, technology, np.zeros((1, 12)), seed=seed).circuit) for seed in (0, 1)
    )
    same = all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert same != (name in RANDOM)

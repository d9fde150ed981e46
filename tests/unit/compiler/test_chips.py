"""What differs from chip to chip, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import Circuit
from analog_pc.compiler import compile_network, program_arrays
from analog_pc.mapping import column_scales, encode
from analog_pc.pcn import random_network
from analog_pc.technology import IDEAL, load_technology
from analog_pc.technology.non_idealities import NON_IDEALITIES, RANDOM, present, with_only

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


@pytest.mark.parametrize("name", NON_IDEALITIES)
def test_a_seed_draws_what_is_called_random_and_nothing_else(name: str) -> None:
    assert name in present(EVERYTHING)
    technology = with_only(EVERYTHING, name)
    one, two = (
        numbers(compile_network(NET, technology, np.zeros((1, 12)), seed=seed).circuit) for seed in (0, 1)
    )
    same = all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert same != (name in RANDOM)


def test_a_non_ideality_leaves_the_others_as_they_were_drawn() -> None:
    """Programming with read noise is programming without it, times factors of the noise alone."""
    one = replace(with_only(EVERYTHING, "programming spread"), open_cells=0.1)
    noisy, apart = replace(one, read_noise=0.1), replace(one, read_noise=0.1, programming_spread=())
    plain, read, bare = (program_arrays(NET, t, seed=3).forward for t in (one, noisy, apart))
    targets = [encode(w, one, column_scales(w)) for w in NET.W]
    for a, b, c, target in zip(plain, read, bare, targets, strict=True):
        kept = a.plus > 0.0
        np.testing.assert_array_equal(kept, c.plus > 0.0)  # the same cells are open
        np.testing.assert_allclose(b.plus[kept] / a.plus[kept], c.plus[kept] / target.plus[kept], rtol=1e-12)


def test_one_feedback_resistor_for_an_array() -> None:
    arrays = program_arrays(NET, IDEAL, 0, per_column=False)
    for pair, back, w in zip(arrays.forward, arrays.transposed, NET.W, strict=True):
        scale = np.abs(w).max() / (IDEAL.g_max - IDEAL.g_min)
        np.testing.assert_allclose(pair.ohms, scale, rtol=1e-15)
        np.testing.assert_allclose(back.ohms, scale, rtol=1e-15)
        np.testing.assert_array_equal(back.plus, pair.plus.T)


def test_nothing_feeds_back_into_a_clamped_input() -> None:
    some, every = (program_arrays(NET, EVERYTHING, 0, input_free=free) for free in (False, True))
    target = encode(NET.W[0].T, EVERYTHING, column_scales(NET.W[0].T))
    np.testing.assert_array_equal(some.transposed[0].plus, target.plus)
    assert (some.transposed[0].plus != every.transposed[0].plus).any()
    for a, b in zip((*some.forward, some.transposed[1]), (*every.forward, every.transposed[1]), strict=True):
        np.testing.assert_array_equal(a.plus, b.plus)
        np.testing.assert_array_equal(a.minus, b.minus)

"""Whatever is asked of a device, it stays a device."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.devices import Programming, program

EPS = np.finfo(np.float64).eps
FEW = settings(max_examples=100, deadline=None, derandomize=True)
LEVELS = st.one_of(st.just(0), st.integers(2, 4096))


@st.composite
def programmings(draw: st.DrawFn, faults: bool = True) -> Programming:
    low = draw(st.floats(1e-9, 1e-3))
    high = low * draw(st.floats(1.01, 1e4))
    table = draw(
        st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=4, unique_by=lambda p: p[0])
    )
    spread = tuple(sorted((low + a * (high - low), b * high) for a, b in table))
    rising = all(a[0] < b[0] for a, b in pairwise(spread))
    shares = draw(st.tuples(*[st.floats(0.0, 0.3)] * 3)) if faults else (0.0, 0.0, 0.0)
    return Programming(low, high, draw(LEVELS), spread if rising else (), *shares)


def targets(how: Programming, seed: int) -> np.ndarray:
    parts = np.random.default_rng(seed).uniform(size=(7, 5))
    parts[0, :2] = 0.0, 1.0
    return np.clip(how.g_min + (how.g_max - how.g_min) * parts, how.g_min, how.g_max)


@FEW
@given(programmings(), st.integers(0, 2**32 - 1))
def test_a_conductance_is_within_its_range_or_open(how: Programming, seed: int) -> None:
    found = program(targets(how, seed), how, np.random.default_rng(seed))
    connected = found[found != 0.0]
    # Without a spread nothing is cut, and g_min + n step may round beyond g_max by a unit in the last place.
    slack = 2.0 * EPS * how.g_max
    assert (connected >= how.g_min).all()
    assert (connected <= how.g_max + slack).all()
    assert (found != 0.0).all() or how.open_cells > 0.0


@FEW
@given(programmings(faults=False), st.integers(0, 2**32 - 1))
def test_levels_are_kept_when_they_are_written_again(how: Programming, seed: int) -> None:
    exact = dataclasses.replace(how, spread=())
    once = program(targets(how, seed), exact, np.random.default_rng(seed))
    again = program(once, exact, np.random.default_rng(seed + 1))
    np.testing.assert_array_equal(again, once)


@FEW
@given(programmings(faults=False), st.integers(0, 2**32 - 1))
def test_programming_keeps_order_where_nothing_is_random(how: Programming, seed: int) -> None:
    exact = dataclasses.replace(how, spread=())
    target = np.sort(targets(how, seed).ravel())
    assert (np.diff(program(target, exact, np.random.default_rng(seed))) >= 0.0).all()


@FEW
@given(programmings(), st.integers(0, 2**32 - 1))
def test_a_seed_is_a_chip(how: Programming, seed: int) -> None:
    target = targets(how, seed)
    first, second = (program(target, how, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)

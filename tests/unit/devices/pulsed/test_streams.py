"""Random numbers of the kernels."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from analog_pc.arrays import Floats
from analog_pc.compiled import random_streams as streams
from analog_pc.devices.pulsed.trains import Probabilities, PulseTrains, draw_trains, ones

N = 1_000_000


def normals(key: int, count: int = N) -> np.ndarray:
    out = np.empty(count)
    streams.normals(np.uint64(key), out)
    return out


def test_layers_of_the_ziggurat_have_one_area() -> None:
    """R is given to 16 digits, and the recursion of 254 layers multiplies its rounding by less than 1e4."""
    x, f = streams._ziggurat()
    areas = np.append(x[:-1] * np.append(np.exp(-0.5 * streams.TAIL**2), np.diff(f[1:])), [])[1:]
    np.testing.assert_allclose(areas, x[0] * math.exp(-0.5 * streams.TAIL**2), rtol=1e-11)


def test_deviates_are_normal() -> None:
    """Kolmogorov-Smirnov, and the count beyond the first layer, where the tail is its own code."""
    z = normals(1)
    assert stats.kstest(z, "norm").pvalue > 1e-6
    p = 2.0 * stats.norm.sf(streams.TAIL)
    assert abs((np.abs(z) > streams.TAIL).sum() - N * p) <= 6.0 * math.sqrt(N * p)
    beyond = np.abs(normals(2, 10 * N))
    tail = beyond[beyond > streams.TAIL]
    assert stats.kstest(tail, lambda t: 1.0 - stats.norm.sf(t) / stats.norm.sf(streams.TAIL)).pvalue > 1e-6


def test_moments_and_neighbours() -> None:
    z = normals(3)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - moment) <= 6.0 * math.sqrt(variance / N)
    assert abs((z[1:] * z[:-1]).mean()) <= 6.0 / math.sqrt(N)


def test_streams_of_rows_and_keys_differ() -> None:
    seen = {streams.stream(np.uint64(key), np.uint64(row)) for key in range(100) for row in range(100)}
    assert len(seen) == 10_000
    assert abs((normals(4) * normals(5)).mean()) <= 6.0 / math.sqrt(N)


def test_ones_are_counted() -> None:
    for word in (0, 1, 2**31 - 1, 2**32 - 1, 0b1011_0000_1000_0001, 0x80000000):
        assert ones(np.uint32(word)) == word.bit_count()


def trains(key: int, x: Floats, d: Floats, rate: float, slots: int) -> PulseTrains:
    """Of one sample whose probabilities are the sizes of x and d."""
    found = Probabilities(np.abs(x)[None], np.abs(d)[None], 0)
    return draw_trains(np.array([key], dtype=np.uint64), found, x[None], d[None], rate, slots)


def test_slots_have_their_probability() -> None:
    p = np.array([0.0, 1.0] + [0.3] * 20_000)
    words = trains(9, p, p, 1.0, 31).rows[0]
    assert words[0] == 0
    assert words[1] == 2**31 - 1
    bits = (words[2:, None] >> np.arange(31, dtype=np.uint32)) & 1
    error = 6.0 * math.sqrt(0.21 / 20_000)
    assert (np.abs(bits.mean(0) - 0.3) <= error).all()  # each slot, and neighbours do not know each other
    assert np.abs(np.corrcoef(bits.T) - np.eye(31)).max() <= 6.0 / math.sqrt(20_000)


def test_slots_of_extreme_probabilities_are_those_of_53_bits() -> None:
    """All slots but one of 2^53 where p = 1 - 2^-53, and at most one of 2^53 where p <= 2^-53."""
    p = np.array([1.0 - 2.0**-53, 1.0, 2.0**-53, 2.0**-80, 0.0])
    assert trains(3, p, p, 1.0, 5).rows[0].tolist() == [31, 31, 0, 0, 0]


def test_slots_of_a_number_of_few_bits_are_compared_to_its_last_bit() -> None:
    """p = 5/8 is 0.101: decided by three places, of which the last stays open in one slot of eight."""
    p = np.full(20_000, 0.625)
    lines = trains(4, p, -p, -1.0, 7)
    for words in (lines.rows[0], lines.columns[0]):
        bits = (words[:, None] >> np.arange(31, dtype=np.uint32)) & 1
        assert not bits[:, 7:].any()
        assert abs(bits[:, :7].mean() - 0.625) <= 6.0 * math.sqrt(0.625 * 0.375 / bits[:, :7].size)
    assert (lines.row_down == -1).all()
    assert (lines.column_down == -1).all()

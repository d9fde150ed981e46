"""The raw reader: whole files are read to the bit, anything else is refused by what was expected and got."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import SimulationFailed
from analog_pc.simulators.spice.rawfile import read_raw


def raw(
    data: np.ndarray,
    names: tuple[str, ...],
    *,
    flags: str = "real",
    points: str | None = None,
    tail: bytes = b"",
) -> bytes:
    variables = "".join(f"\t{i}\t{name}\tvoltage\n" for i, name in enumerate(names))
    head = (
        f"Title: t\nDate: today\nPlotname: p\nFlags: {flags}\nNo. Variables: {len(names)}\n"
        f"No. Points: {len(data) if points is None else points}       \nVariables:\n{variables}Binary:\n"
    )
    return head.encode() + data.astype("<f8").tobytes() + tail


DATA = np.array([[0.0, 1.0 / 3.0], [1.0, -1e-30], [2.0, np.nan]])
NAMES = ("time", "v(Out)")


def test_one_plot_is_read_to_the_bit() -> None:
    (plot,) = read_raw(raw(DATA, NAMES))
    assert plot.name == "p"
    assert plot.variables == ("time", "v(out)")
    np.testing.assert_array_equal(plot.data, DATA)


def test_two_plots() -> None:
    first, second = read_raw(raw(DATA, NAMES) + raw(DATA[:1], NAMES))
    assert (len(first.data), len(second.data)) == (3, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a header"),
        (b"rubbish", "got b'rubbish'"),
        (b"Title: only\nPlotname: p\n", "without"),
        (raw(DATA[:0], NAMES), "0 points of 2 variables"),
        (raw(DATA, NAMES, points="0"), "0 points"),
        (raw(DATA, NAMES, points="4"), "expected 64 bytes of data, got 48"),
        (raw(DATA, NAMES, points="2"), "expected 32 bytes of data, got 48"),
        (raw(DATA, NAMES)[:-1], "expected 48 bytes of data, got 47"),
        (raw(DATA, NAMES, tail=b"x"), "expected 48 bytes of data, got 49"),
        (raw(DATA, NAMES, points="three"), "expected a number after 'No. Points', got 'three'"),
        (raw(DATA, NAMES, points="-1"), "got '-1'"),
        (raw(DATA, NAMES, flags="complex"), "'complex', expected real data"),
        (
            raw(DATA, NAMES).replace(b"No. Variables: 2", b"No. Variables: 3"),
            "expected 3 named variables, got 2",
        ),
        (raw(DATA, NAMES).replace(b"Variables:\n\t", b"Names:\n\t"), "named variables, got 0"),
    ],
)
def test_anything_else_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(SimulationFailed, match="raw file") as refused:
        read_raw(content)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_truncation_is_refused() -> None:
    whole = raw(DATA, NAMES)
    for size in range(len(whole)):
        with pytest.raises(SimulationFailed):
            read_raw(whole[:size])

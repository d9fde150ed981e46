"""ngspice's binary raw files: a text header, then points x variables float64, little-endian.

::

    Title: ...        Plotname: ...      Flags: real
    No. Variables: 7  No. Points: 3
    Variables:
            0       v(v-sweep)      voltage
    Binary:
    <8 * variables * points bytes>      and the next plot, if there is one

A run that was killed leaves ``No. Points: 0`` and any number of bytes behind; nothing of it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import SimulationFailed

_MARK = b"Binary:\n"


@dataclass(frozen=True, eq=False)
class Plot:
    """One analysis of a raw file: `data` [points, variables], a column for each name."""

    name: str
    variables: tuple[str, ...]
    data: Floats


def read_raw(content: bytes) -> list[Plot]:
    """All plots of a binary raw file.

    Raises
    ------
    SimulationFailed
        If a header is missing or unreadable, a plot is complex or has no points, or the data are shorter
        or longer than announced.
    """
    plots: list[Plot] = []
    while content or not plots:
        plot, content = _read_plot(content)
        plots.append(plot)
    return plots


def _read_plot(content: bytes) -> tuple[Plot, bytes]:
    if not content.startswith(b"Title:"):
        raise SimulationFailed(f"raw file: expected a header that starts with 'Title:', got {content[:20]!r}")
    header, mark, data = content.partition(_MARK)
    if not mark:
        raise SimulationFailed(
            f"raw file: expected 'Binary:' after the header, got {len(content)} bytes without"
        )
    lines = header.decode("ascii", "replace").splitlines()
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = fields.get("Plotname", "")
    flags = fields.get("Flags", "")
    if "real" not in flags.split():
        raise SimulationFailed(f"raw file: plot {name!r} has flags {flags!r}, expected real data")
    points = _count(fields, "No. Points")
    count = _count(fields, "No. Variables")
    if points == 0 or count == 0:
        raise SimulationFailed(f"raw file: plot {name!r} has {points} points of {count} variables")
    variables = _variables(lines, name, count)
    size = 8 * points * count
    if len(data) < size or not (len(data) == size or data[size:].startswith(b"Title:")):
        raise SimulationFailed(
            f"raw file: plot {name!r} announces {points} points of {count} variables, "
            f"expected {size} bytes of data, got {len(data)}"
        )
    values = np.frombuffer(data, dtype="<f8", count=points * count).reshape(points, count)
    return Plot(name, variables, values), data[size:]


def _count(fields: dict[str, str], key: str) -> int:
    text = fields.get(key, "nothing")
    if not (text.isascii() and text.isdigit()):
        raise SimulationFailed(f"raw file: expected a number after {key!r}, got {text[:20]!r}")
    return int(text)


def _variables(lines: list[str], plot: str, count: int) -> tuple[str, ...]:
    start = lines.index("Variables:") + 1 if "Variables:" in lines else len(lines)
    rows = [line.split() for line in lines[start:]]
    if len(rows) != count or any(len(row) < 3 for row in rows):
        raise SimulationFailed(f"raw file: plot {plot!r}: expected {count} named variables, got {len(rows)}")
    return tuple(row[1].lower() for row in rows)

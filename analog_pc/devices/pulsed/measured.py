"""A measured potentiation and depression curve as a kind of device.

The file is text, comma-separated, with this header and one line a pulse::

    direction,pulse,siemens
    up,0,1.0e-6            conductance before the first pulse up
    up,1,1.3e-6            ... after the first pulse up
    ...
    down,0,9.8e-6          conductance before the first pulse down
    down,1,9.1e-6
    ...

`direction` is up or down; `pulse` a whole number that rises within each direction (lines may be left out:
the change is shared among the pulses between two lines); `siemens` is > 0.  Lines that are empty or begin
with # are skipped.  At least five lines a direction.

The weight is the conductance, scaled so that the lowest of the file is -1 and the highest +1.  The step at
a weight is that of the curve nearby: the changes per pulse, averaged over the pulses that started in each of
NODES equal parts of the range, and interpolated over parts in which none did.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.steps import Piecewise
from analog_pc.errors import BadInput
from analog_pc.files import read_bytes
from analog_pc.numeric import DECADES, has_size

HEADER = ["direction", "pulse", "siemens"]
NODES = 21
FEWEST = 5  # lines a direction
MOST_BYTES = 64 * 2**20
MOST_CHARACTERS = 1000  # a line


@dataclass(frozen=True)
class MeasuredDevice:
    """The device, the conductances in S at which its weight is -1 and +1, and what to know of the curve."""

    device: PulsedDevice
    g_min: float
    g_max: float
    remarks: tuple[str, ...]


def measured_device(path: str | Path) -> MeasuredDevice:
    """The device of a measured curve; noise and spreads are 0 and may be added with `dataclasses.replace`.

    A curve that is not monotone is accepted and remarked upon: what is left of a step after the average is
    used, and a part of the range in which the curve on average runs the wrong way gets a step of 0.

    Raises
    ------
    BadInput
        One line that names the file, the line and what was got: a missing header, a number that is none, NaN,
        conductances <= 0, pulses that do not rise, too few lines, a curve that does not move.
    """
    path = Path(path)
    up, down = _curves(path)
    low, high = (float(f(np.concatenate([up[1], down[1]]))) for f in (np.min, np.max))
    if low == high:
        raise BadInput(f"{path}: every conductance is {low:g} S: the device does not move")
    remarks, factors = [], []
    for name, (pulse, g), sign in (("up", up, 1.0), ("down", down, -1.0)):
        weight = 2.0 * (g - low) / (high - low) - 1.0
        rate = sign * np.diff(weight) / np.diff(pulse)
        wrong = int((rate < 0.0).sum())
        if wrong:
            remarks.append(f"{path}: {wrong} of {rate.size} changes {name} run the wrong way")
        factors.append(_factors(weight[:-1], rate))
    step = float(np.mean(factors))
    if not step > 0.0:
        raise BadInput(f"{path}: the curve does not rise on pulses up, nor fall on pulses down")
    law = Piecewise(*(tuple((f / step).tolist()) for f in factors))
    device = PulsedDevice(law, step=step, source=f"measured: {path.name}")
    return MeasuredDevice(device, low, high, tuple(remarks))


def _factors(start: Floats, rate: Floats) -> Floats:
    """Step at NODES weights from -1 to +1."""
    nodes = np.linspace(-1.0, 1.0, NODES)
    part = np.rint((start + 1.0) * 0.5 * (NODES - 1)).astype(np.int64)
    count = np.bincount(part, minlength=NODES)
    total = np.bincount(part, weights=rate, minlength=NODES)
    known = count > 0
    return np.maximum(np.interp(nodes, nodes[known], total[known] / count[known]), 0.0)


def _curves(path: Path) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    found: dict[str, list[tuple[int, float]]] = {"up": [], "down": []}
    for number, row in _rows(path):
        where = f"{path}, line {number}"
        if len(row) != 3 or row[0] not in found:
            raise BadInput(f"{where}: must be up or down, a pulse number and siemens, got {','.join(row)!r}")
        pulse, siemens = _pulse(where, row[1]), _siemens(where, row[2])
        if found[row[0]] and pulse <= found[row[0]][-1][0]:
            raise BadInput(f"{where}: pulse {pulse} {row[0]} does not come after {found[row[0]][-1][0]}")
        found[row[0]].append((pulse, siemens))
    for name, points in found.items():
        if len(points) < FEWEST:
            raise BadInput(f"{path}: {len(points)} lines {name}, at least {FEWEST} are needed")
    up, down = (np.array(found[name], dtype=np.float64).T for name in ("up", "down"))
    return (up[0], up[1]), (down[0], down[1])


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Numbered lines after the header."""
    try:
        lines = read_bytes(path, MOST_BYTES).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not text in UTF-8") from None
    kept = [(k, line) for k, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    split = [(k, _cells(f"{path}, line {k}", line)) for k, line in kept]
    if not split or split[0][1] != HEADER:
        got = ",".join(split[0][1]) if split else "nothing"
        raise BadInput(f"{path}: the first line must be {','.join(HEADER)}, got {got[:60]!r}")
    return split[1:]


def _cells(where: str, line: str) -> list[str]:
    if len(line) > MOST_CHARACTERS:
        raise BadInput(f"{where}: is longer than {MOST_CHARACTERS} characters")
    return [cell.strip() for cell in next(csv.reader([line]))]


def _pulse(where: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput(f"{where}: pulse must be a whole number >= 0, got {text[:40]!r}")
    return int(text)


def _siemens(where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{where}: siemens must be a number, got {text[:40]!r}") from None
    if not (math.isfinite(value) and value > 0.0):
        raise BadInput(f"{where}: siemens must be finite and > 0, got {text[:40]!r}")
    if not has_size(value):
        raise BadInput(f"{where}: siemens must be within 1e-{DECADES} ... 1e{DECADES}, got {text[:40]!r}")
    return value

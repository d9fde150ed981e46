"""The file of a measured potentiation and depression curve, read without trust.

The file is text, comma-separated, with this header and one line a pulse::

    direction,pulse,siemens
    up,0,1.0e-6            conductance before the first pulse up
    up,1,1.3e-6            ... after the first pulse up
    ...
    down,0,9.8e-6          conductance before the first pulse down
    down,1,9.1e-6
    ...

`direction` is up or down; `pulse` a whole number that rises within each direction (lines may be left out);
the third column is > 0, and its name is its unit: siemens, nS, uS or mS, or ohm, kohm or Mohm for
resistances.  Lines that are empty or begin with # are skipped.  At least five lines a direction.

No memory device conducts `MOST_SIEMENS`; a column headed siemens that does was meant in another unit.  The
header S takes the numbers as they are.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.files import read_bytes
from analog_pc.numeric import DECADES, has_size

COLUMNS = ["direction", "pulse"]
SIEMENS = {"siemens": 1.0, "S": 1.0, "mS": 1e-3, "uS": 1e-6, "nS": 1e-9}
OHMS = {"ohm": 1.0, "kohm": 1e3, "Mohm": 1e6}
FEWEST = 5  # lines a direction
MOST_BYTES = 64 * 2**20
MOST_CHARACTERS = 1000  # a line
MOST_SIEMENS = 0.1  # 10 Ohm, what the wires to a device resist
_OTHER_UNITS = "nS, uS, mS, ohm, kohm or Mohm"


@dataclass(frozen=True, eq=False)
class Curve:
    """One direction: pulses given, rising, and the conductance in S that was read after them, both [n]."""

    pulse: Floats
    siemens: Floats


def read_curves(path: Path) -> tuple[Curve, Curve]:
    """The curves up and down of a file.

    Raises
    ------
    BadInput
        One line that names the file, the line and what was got: a missing header, a number that is none, NaN,
        conductances <= 0, pulses that do not rise, too few lines, conductances that no memory device has.
    """
    unit, rows = _rows(path)
    found: dict[str, list[tuple[int, float]]] = {"up": [], "down": []}
    for number, row in rows:
        where = f"{path}, line {number}"
        if len(row) != 3 or row[0] not in found:
            got = ",".join(row)[:60]
            raise BadInput(f"{where}: must be up or down, a pulse number and {unit}, got {got!r}")
        pulse = _pulse(where, row[1])
        siemens = _siemens(where, row[2], unit)
        if found[row[0]] and pulse <= found[row[0]][-1][0]:
            raise BadInput(f"{where}: pulse {pulse} {row[0]} does not come after {found[row[0]][-1][0]}")
        found[row[0]].append((pulse, siemens))
    for name, points in found.items():
        if len(points) < FEWEST:
            raise BadInput(f"{path}: {len(points)} lines {name}, at least {FEWEST} are needed")
    up = Curve(*np.array(found["up"], dtype=np.float64).T)
    down = Curve(*np.array(found["down"], dtype=np.float64).T)
    if unit == "siemens":
        _plausible(path, up, down)
    return up, down


def _plausible(path: Path, up: Curve, down: Curve) -> None:
    """Conductances that a memory device may have."""
    both = np.concatenate([up.siemens, down.siemens])
    if both.max() > MOST_SIEMENS:
        raise BadInput(
            f"{path}: conductances of {both.min():.3g} to {both.max():.3g} S, no memory device has more than"
            f" {MOST_SIEMENS:g} S: name the unit in the header in place of siemens ({_OTHER_UNITS};"
            f" S to keep them)"
        )


def _rows(path: Path) -> tuple[str, list[tuple[int, list[str]]]]:
    """The unit, and the numbered lines after the header."""
    try:
        lines = read_bytes(path, MOST_BYTES).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not text in UTF-8") from None
    kept = [(k, line) for k, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    split = [(k, _cells(f"{path}, line {k}", line)) for k, line in kept]
    header = split[0][1] if split else ["nothing"]
    if len(header) != 3 or header[:2] != COLUMNS or header[2] not in SIEMENS | OHMS:
        got = ",".join(header)
        raise BadInput(
            f"{path}: the first line must be direction,pulse,siemens (or {_OTHER_UNITS}), got {got[:60]!r}"
        )
    return header[2], split[1:]


def _cells(where: str, line: str) -> list[str]:
    if len(line) > MOST_CHARACTERS:
        raise BadInput(f"{where}: is longer than {MOST_CHARACTERS} characters")
    try:
        return [cell.strip() for cell in next(csv.reader([line]))]
    except csv.Error as fault:
        raise BadInput(f"{where}: is not comma-separated text: {fault}") from None


def _pulse(where: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput(f"{where}: pulse must be a whole number >= 0, got {text[:40]!r}")
    return int(text)


def _siemens(where: str, text: str, unit: str) -> float:
    """A conductance in S from a number in the unit."""
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{where}: {unit} must be a number, got {text[:40]!r}") from None
    if not (math.isfinite(value) and value > 0.0):
        raise BadInput(f"{where}: {unit} must be finite and > 0, got {text[:40]!r}")
    siemens = value * SIEMENS[unit] if unit in SIEMENS else 1.0 / (value * OHMS[unit])
    if not has_size(siemens):
        raise BadInput(f"{where}: {text[:40]} {unit} is not within 1e-{DECADES} ... 1e{DECADES} S")
    return siemens

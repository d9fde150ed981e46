"""The result of an experiment: rows of published and measured numbers, and arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.files import npz_content, read_npz, write_together
from analog_pc.reporting.json_report import attributes, json_text

AGREES = "agrees"
DIFFERS = "differs"
NOT_SHOWN = "not shown"
RELAXERS = ("ideal", "native", "ngspice")
COLUMNS = (*RELAXERS, "backprop")

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Row:
    """One quantity: as published, on each relaxer, and under backpropagation; None where it does not apply.

    `tolerance` is on |measured - published|; `verdict` is computed by `classify`, never typed in.
    """

    quantity: str
    published: float | None
    ideal: float | None
    native: float | None
    ngspice: float | None
    backprop: float | None
    tolerance: float | None
    verdict: str


@dataclass(frozen=True, eq=False)
class Result:
    """Rows, arrays ("column/name" -> array), and the notes and facts of the run.

    Parameters
    ----------
    name, title, source
        Of the experiment; the source is where the published numbers stand.
    reduced, seeds
        Whether it is smaller than the published experiment, and over how many seeds it ran.
    notes
        Sentences for a person.
    facts
        Technology, versions, configuration: what is needed to run it again.
    """

    name: str
    title: str
    source: str
    rows: tuple[Row, ...]
    data: Mapping[str, Array]
    notes: tuple[str, ...]
    reduced: bool
    seeds: int
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no row differs."""
        return all(row.verdict != DIFFERS for row in self.rows)

    def columns(self, array: str) -> dict[str, Array]:
        """The columns that hold an array of that name, in the order of `COLUMNS`."""
        return {c: self.data[f"{c}/{array}"] for c in COLUMNS if f"{c}/{array}" in self.data}


def classify(published: float | None, measured: Iterable[float | None], tolerance: float | None) -> str:
    """`AGREES` if every measured number is within `tolerance` of `published`, else `DIFFERS`.

    `NOT_SHOWN` where there is nothing to compare: no reference, no tolerance or no measurement.
    """
    found = [number for number in measured if number is not None]
    if published is None or tolerance is None or not found:
        return NOT_SHOWN
    # Rounding of the difference itself: a tolerance of 0.1 permits 1.1 against 1.0.
    slack = tolerance + 4.0 * np.finfo(float).eps * abs(published)
    return AGREES if all(abs(number - published) <= slack for number in found) else DIFFERS


def result_dict(result: Result) -> dict[str, Any]:
    """Plain numbers and strings for JSON; a number that is not finite becomes None."""
    names = ("name", "title", "source", "passed", "reduced", "seeds", "facts", "notes", "rows")
    return attributes(result, *names)


def save_result(result: Result, folder: Path) -> None:
    """`data.npz` and `result.json` in `folder`, both or none."""
    text = json_text(result_dict(result))
    folder.mkdir(parents=True, exist_ok=True)
    write_together(folder, {"data.npz": npz_content(**dict(result.data)), "result.json": text.encode()})


def load_result(folder: Path) -> Result:
    """The inverse of `save_result`.

    Raises
    ------
    BadInput
        For a folder without a result, or a damaged one.
    """
    path = folder / "result.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(Row(**row) for row in stored["rows"])
        notes = tuple(stored["notes"])
        facts = dict(stored["facts"])
        name, title, source = (str(stored[key]) for key in ("name", "title", "source"))
        reduced = bool(stored["reduced"])
        seeds = int(stored["seeds"])
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file, 'analog-pc run' writes it") from None
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise BadInput(f"{path}: is not the result of an experiment: {fault}") from None
    return Result(name, title, source, rows, read_npz(folder / "data.npz"), notes, reduced, seeds, facts)

"""The result of an experiment: rows of published and measured numbers, and arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.experiments.framework.quantity import Quantity, quantity_dict, read_quantity
from analog_pc.files import npz_content, read_npz, write_together
from analog_pc.reporting.json_report import attributes, json_text

AGREES = "agrees"
DIFFERS = "differs"
NOT_SHOWN = "not shown"
RELAXERS = ("ideal", "native", "ngspice")
COLUMNS = (*RELAXERS, "backprop")
DERIVED = "derived"
VERSION = 2  # of the two files; 1 had texts for quantities

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Row:
    """One quantity: as published, on each relaxer, and under backpropagation; None where it does not apply.

    `tolerance` is on |measured - published|, or on |measured - derived| where nothing was published;
    `verdict` is computed by `classify`, never typed in; `rule`, `id` and `derived` as in the claim.
    """

    quantity: Quantity
    published: float | None
    ideal: float | None
    native: float | None
    ngspice: float | None
    backprop: float | None
    tolerance: float | None
    verdict: str
    rule: str = "pc"
    id: str = ""
    derived: float | None = None

    def __post_init__(self) -> None:
        if not self.id:
            suffix = "/backprop" if self.rule == "bp" else ""
            object.__setattr__(self, "id", self.quantity.id + suffix)

    @property
    def measured(self) -> bool:
        """Whether any column has a number."""
        return any(getattr(self, column) is not None for column in COLUMNS)

    @property
    def label(self) -> str:
        """The quantity as tables show it."""
        return f"{self.quantity}, backpropagation" if self.rule == "bp" else str(self.quantity)


@dataclass(frozen=True, eq=False)
class Result:
    """Rows, arrays, and the notes and facts of the run.

    Parameters
    ----------
    name, title, source
        Of the experiment; the source is where the published numbers stand.
    data
        Column -> quantity -> array.
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
    data: Mapping[str, Mapping[Quantity, Array]]
    notes: tuple[str, ...]
    reduced: bool
    seeds: int
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no row differs."""
        return all(row.verdict != DIFFERS for row in self.rows)

    @property
    def measured_rows(self) -> tuple[Row, ...]:
        """The rows that have a number, which tables show."""
        return tuple(row for row in self.rows if row.measured)

    @property
    def left_out(self) -> str:
        """A sentence on the rows without a number; "" where there is none."""
        missing = len(self.rows) - len(self.measured_rows)
        if not missing:
            return ""
        what = "1 quantity was" if missing == 1 else f"{missing} quantities were"
        return f"{what} not measured with these simulators and parts; result.json names what is missing."

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Whatever any column has an array of."""
        return tuple(dict.fromkeys(quantity for arrays in self.data.values() for quantity in arrays))

    def columns(self, quantity: Quantity) -> dict[str, Array]:
        """The columns that hold an array of that quantity, in the order of `COLUMNS`."""
        return {c: self.data[c][quantity] for c in COLUMNS if quantity in self.data.get(c, {})}


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
    names = ("name", "title", "source", "passed", "reduced", "seeds", "facts", "notes")
    return {"version": VERSION, **attributes(result, *names), "rows": [_row_dict(row) for row in result.rows]}


def _row_dict(row: Row) -> dict[str, Any]:
    """Text for people and for `jq`, and the name and conditions that are read back."""
    numbers = ("rule", "published", "derived", *COLUMNS, "tolerance", "verdict")
    return {"id": row.id, "quantity": row.label, **quantity_dict(row.quantity), **attributes(row, *numbers)}


FILES = ("data.npz", "result.json")


def save_result(result: Result, folder: Path) -> None:
    """`data.npz` and `result.json` in `folder`, both or none.

    The name of an array is JSON, its column, name and conditions: ``["ideal", "hidden", {"lr": 0.2}]``.
    """
    text = json_text(result_dict(result))
    arrays = {
        json.dumps([column, q.name, dict(q.conditions)]): array
        for column, found in result.data.items()
        for q, array in found.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_together(folder, dict(zip(FILES, (npz_content(**arrays), text.encode()), strict=True)))


def load_result(folder: Path) -> Result:
    """The inverse of `save_result`.

    Raises
    ------
    BadInput
        For a folder without a result, a damaged one, or one that an older version wrote.
    """
    path = folder / "result.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found = stored.get("version", 1)
        rows = tuple(_read_row(row) for row in stored["rows"]) if found == VERSION else ()
        notes = tuple(stored["notes"])
        facts = dict(stored["facts"])
        name, title, source = (str(stored[key]) for key in ("name", "title", "source"))
        reduced = bool(stored["reduced"])
        seeds = int(stored["seeds"])
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file, 'analog-pc run' writes it") from None
    except (ValueError, TypeError, LookupError, AttributeError) as fault:
        raise BadInput(f"{path}: is not the result of an experiment: {fault}") from None
    if found != VERSION:
        raise BadInput(f"{path}: version {found} of the file, expected {VERSION}: run it again")
    return Result(name, title, source, rows, _read_data(folder / "data.npz"), notes, reduced, seeds, facts)


def _read_row(stored: Any) -> Row:
    others = {k: v for k, v in stored.items() if k not in ("quantity", "name", "conditions")}
    return Row(read_quantity(stored), **others)


def _read_data(path: Path) -> dict[str, dict[Quantity, Array]]:
    data: dict[str, dict[Quantity, Array]] = {}
    for key, array in read_npz(path).items():
        try:
            column, name, conditions = json.loads(key)
            quantity = read_quantity({"name": name, "conditions": conditions})
            data.setdefault(column, {})[quantity] = array
        except (ValueError, TypeError, LookupError, AttributeError) as fault:
            raise BadInput(f"{path}: array {key!r} is of no experiment: {fault}") from None
    return data

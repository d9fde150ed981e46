"""The results of a study: one line a point, and means over the chips of a combination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.files import write_together
from analog_pc.nonideality.accuracy import Accuracy, ChipAccuracy
from analog_pc.reporting.tables import csv_text
from analog_pc.study.datasets import dataset, netcdf
from analog_pc.study.definition import Study
from analog_pc.study.point import Found
from analog_pc.technology.checks import nearest

PLACES = ("lot", "die_x", "die_y")  # of a chip: columns of a study with a wafer


@dataclass(frozen=True, eq=False)
class Combination:
    """The chips of one combination of the axes' values."""

    values: Mapping[str, Any]
    chips: tuple[Found, ...]

    @property
    def failed(self) -> tuple[Found, ...]:
        """Chips without results."""
        return tuple(chip for chip in self.chips if chip.row.failed)

    @cached_property
    def accuracy(self) -> Accuracy | None:
        """Accuracy over the chips; None where it was not measured, or a chip failed."""
        if self.failed or any("right" not in chip.row.measured for chip in self.chips):
            return None
        return Accuracy(tuple(_chip(chip) for chip in self.chips))

    def mean(self, column: str) -> float | None:
        """Mean of a column over the chips; None where a chip has none."""
        found = [chip.row.measured.get(column) for chip in self.chips]
        numbers = [value for value in found if value is not None]
        if not found or len(numbers) < len(found):
            return None
        return float(np.mean(numbers))


def _chip(found: Found) -> ChipAccuracy:
    m = found.row.measured
    return ChipAccuracy(
        seed=found.point.chip,
        samples=int(m["samples"] or 0),
        right=int(m["right"] or 0),
        unconverged=int(m["unconverged"] or 0),
        changed=int(m["changed"] or 0),
        commonest=float(m["commonest"] or 0.0),
    )


@dataclass(frozen=True, eq=False)
class Results:
    """Points with their rows, in the order of the study; all of them, unless the run was stopped."""

    study: Study
    found: tuple[Found, ...]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Found]:
        return iter(self.found)

    @property
    def failed(self) -> tuple[Found, ...]:
        """Points without results; `row.failed` says why."""
        return tuple(one for one in self.found if one.row.failed)

    @property
    def whole(self) -> bool:
        """Whether every point has a row."""
        return len(self.found) == len(self.study)

    def column(self, name: str) -> Floats:
        """A measured column, an axis of numbers or "chip", [points]; NaN where there is no value.

        Raises
        ------
        BadInput
            For an unknown column, or one that holds no numbers.
        """
        values = [_cell(self.study, one, name) for one in self.found]
        if name not in self.columns:
            raise BadInput(f"results: unknown column {name!r}{nearest(name, self.columns)}")
        try:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        except (TypeError, ValueError):
            raise BadInput(f"results: column {name!r} holds no numbers") from None

    @property
    def columns(self) -> tuple[str, ...]:
        """Axes, "chip", lot and place on the wafer where there is one, what was measured, and "failed"."""
        places = PLACES if self.study.wafer is not None else ()
        return (*(axis.name for axis in self.study.axes), "chip", *places, *self.study.columns, "failed")

    @cached_property
    def combinations(self) -> tuple[Combination, ...]:
        """The points of each combination together."""
        each = self.study.chips_each
        groups: dict[int, list[Found]] = {}
        for one in self.found:
            groups.setdefault(one.point.index // each, []).append(one)
        return tuple(Combination(chips[0].point.values, tuple(chips)) for chips in groups.values())

    def table(self) -> Iterator[Sequence[Any]]:
        """The values of every point, in the order of `columns`."""
        for one in self.found:
            yield [_cell(self.study, one, name) for name in self.columns]

    def csv(self) -> str:
        """The table as CSV, units in its header."""
        units = {axis.name: axis.unit for axis in self.study.axes} | dict(self.study.columns)
        header = [f"{name} ({units[name]})" if units.get(name) else name for name in self.columns]
        return csv_text(header, self.table())

    def to_xarray(self) -> Any:
        """The results as an `xarray.Dataset`; needs the extra ``analog-pc[results]``.

        Dimensions: of a whole grid its axes and "chip", otherwise "point", with axes and chips as
        coordinates.  Axes and measured columns have `units`; `key` and `failed` are text; the attributes hold
        the study's name, sampler, seed and data, and versions.

        Raises
        ------
        BadInput
            Where xarray is not installed.
        """
        return dataset(self)

    def to_netcdf(self, path: Path | str) -> None:
        """Write `to_xarray` as a NetCDF 4 file, whole or not at all; needs the extra ``analog-pc[results]``.

        Raises
        ------
        BadInput
            Where xarray, h5netcdf or h5py is not installed, or the file cannot be written.
        """
        write_together(Path(path).parent, {Path(path).name: netcdf(self)})

    def as_dict(self) -> list[dict[str, Any]]:
        """Points for JSON: ``{index, key, values, chip, measured, failed}``."""
        return [
            {
                "index": one.point.index,
                "key": one.point.key,
                "values": dict(one.point.values),
                "chip": one.point.chip,
                "measured": dict(one.row.measured),
                "failed": one.row.failed or None,
            }
            for one in self.found
        ]


def _cell(study: Study, one: Found, name: str) -> Any:
    if name == "chip":
        return one.point.chip
    if name == "failed":
        return one.row.failed or None
    if name in one.point.values:
        return one.point.values[name]
    die = study.die(one.point.chip) if name in PLACES else None
    if die is not None:
        return {"lot": die.lot, "die_x": die.x, "die_y": die.y}[name]
    return one.row.measured.get(name)

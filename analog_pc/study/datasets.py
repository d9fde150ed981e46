"""Results of a study as an xarray dataset, and as a NetCDF file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.reporting.facts import versions
from analog_pc.study.definition import OWN, Study
from analog_pc.study.point import Found
from analog_pc.study.wafer import Die


class Table(Protocol):
    """Points with their rows."""

    @property
    def study(self) -> Study:
        """What they are of."""
        ...

    @property
    def whole(self) -> bool:
        """Whether every point is there."""
        ...

    def __iter__(self) -> Iterator[Found]: ...


def dataset(results: Table) -> Any:
    """See `Results.to_xarray`."""
    try:
        xarray = import_module("xarray")
    except ImportError:
        raise BadInput("to_xarray: needs xarray: pip install 'analog-pc[results]'") from None
    study = results.study
    found = list(results)
    coordinates = _coordinates(study, found)
    is_grid = study.sampler == "grid" and study.chips != OWN and results.whole
    names = [axis.name for axis in study.axes]
    dims = [*names, "chip"] if is_grid else ["point"]
    shape = [len(axis.grid) for axis in study.axes] + [study.chips_each] if is_grid else [len(found)]
    data: dict[str, Any] = {}
    for name, unit in study.columns.items():
        values = [one.row.measured.get(name) for one in found]
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        data[name] = (dims, numbers.reshape(shape), {"units": unit} if unit else {})
    for name, texts in (
        ("key", [one.row.key for one in found]),
        ("failed", [one.row.failed for one in found]),
    ):
        data[name] = (dims, np.array(texts, dtype=np.str_).reshape(shape))
    coords = _of_grid(study) if is_grid else coordinates
    return xarray.Dataset(data, coords=coords, attrs=_facts(study))


def netcdf(results: Table) -> bytes:
    """See `Results.to_netcdf`."""
    check_netcdf()
    found = dataset(results)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "results.nc"
        found.to_netcdf(path, engine="h5netcdf")
        return path.read_bytes()


def check_netcdf() -> None:
    """`BadInput` where what writes NetCDF is not installed."""
    for name in ("xarray", "h5netcdf", "h5py"):
        try:
            import_module(name)
        except ImportError:
            raise BadInput(f"NetCDF: needs {name}: pip install 'analog-pc[results]'") from None


def _coordinates(study: Study, found: Sequence[Found]) -> dict[str, Any]:
    """Values of the axes and chips of every point."""
    coords: dict[str, Any] = {"point": np.arange(len(found))}
    for axis in study.axes:
        values = _array([one.point.values[axis.name] for one in found])
        coords[axis.name] = ("point", values, {"units": axis.unit} if axis.unit else {})
    coords["chip"] = ("point", np.array([one.point.chip for one in found], dtype=np.int64))
    dies = [study.die(one.point.chip) for one in found]
    return coords | {name: ("point", values) for name, values in _places(dies).items()}


def _places(dies: Sequence[Die | None]) -> dict[str, Any]:
    """Lot and place of chips that come from a wafer; nothing without one."""
    known = [die for die in dies if die is not None]
    if not known:
        return {}
    return {
        "lot": np.array([die.lot for die in known]),
        "die_x": np.array([die.x for die in known]),
        "die_y": np.array([die.y for die in known]),
    }


def _of_grid(study: Study) -> dict[str, Any]:
    """Values of the axes and chips, each once."""
    coords: dict[str, Any] = {}
    for axis in study.axes:
        coords[axis.name] = (axis.name, _array(axis.grid), {"units": axis.unit} if axis.unit else {})
    chips = range(study.seed, study.seed + study.chips_each)
    coords["chip"] = ("chip", np.array(chips))
    dies = [study.die(chip) for chip in chips]
    return coords | {name: ("chip", values) for name, values in _places(dies).items()}


def _array(values: Sequence[Any]) -> Any:
    """Numbers or names; what is neither (tables of spreads) as text."""
    if all(isinstance(value, int | float | str) for value in values):
        return np.array(values)
    return np.array([str(value) for value in values])


def _facts(study: Study) -> Mapping[str, str | int]:
    facts: dict[str, str | int] = {
        "study": study.name,
        "sampler": study.sampler,
        "seed": study.seed,
        "data": study.data.source,
    }
    return facts | {f"version of {name}": text for name, text in versions().items()}

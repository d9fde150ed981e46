"""Component values of the cost model: each with its unit, its source and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analog_pc.arrays import is_number
from analog_pc.errors import BadInput
from analog_pc.files import as_path, read_toml
from analog_pc.technology import Technology

FOLDER = Path(__file__).parent / "processes"
ASSUMED_PROCESS = "cmos65, assumed"  # of a technology that names none
GRADES = {
    "A": "measured silicon or data sheet",
    "B": "published model or simulation",
    "C": "rule of thumb or choice",
}
_KEYS = {"value", "unit", "source", "grade", "year", "node"}

# name -> unit.  Every process file gives all of them, or takes them over from its base.
PROCESS = {
    "node": "m",
    "cell_area": "m^2",
    "amplifier_area": "m^2",
    "activation_power": "W",
    "activation_area": "m^2",
    "gate_power": "W",
    "gate_area": "m^2",
    "capacitor_density": "F/m^2",
    "capacitor_area": "m^2",
    "resistor_density": "Ohm/m^2",
    "resistor_area": "m^2",
    "line_driver_area": "m^2",
    "dac_unit_power": "W",
    "dac_unit_area": "m^2",
    "dac_time": "s",
    "dac_amplifiers": "",
    "adc_energy": "J",
    "adc_area": "m^2",
    "adc_time": "s",
    "write_volts": "V",
    "write_seconds": "s",
    "write_pulses": "",
    "write_energy": "J",
    "write_conducts": "",
    "half_select": "",
}
# What a process may lack: converters then follow the survey, and devices are not written by pulses.
OPTIONAL = {"adc_energy", "adc_area", *(name for name in PROCESS if name.startswith(("write", "half")))}


@dataclass(frozen=True)
class Component:
    """A value in `unit`, its source, its grade (see `GRADES`), and year and node in m where known."""

    name: str
    value: float
    unit: str
    source: str
    grade: str
    year: int | None = None
    node: float | None = None


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Component values by name.

    Parameters
    ----------
    name
        The process, or the file.
    components
        Name -> `Component`.
    """

    name: str
    components: Mapping[str, Component]

    def __getitem__(self, name: str) -> Component:
        """The component of that name; `BadInput` where there is none."""
        if name not in self.components:
            raise BadInput(f"cost catalogue {self.name!r}: has no {name}")
        return self.components[name]

    def __contains__(self, name: object) -> bool:
        return name in self.components

    def value(self, name: str) -> float:
        """The value of a component."""
        return self[name].value


def read_catalogue(path: str | Path) -> Catalogue:
    """Component values from a TOML file: a table ``{ value, unit, source, grade }`` per component.

    ::

        base = "cmos65"            # optional: start from a shipped process and change a few values
        amplifier_area = { value = 4e-10, unit = "m^2", source = "own layout", grade = "A" }

    Raises
    ------
    BadInput
        One line that names the file, the component and what is wrong with it.
    """
    path = as_path(path, "catalogue")
    table = read_toml(path)
    table.pop("technologies", None)  # of older files: now a technology names its process
    base = table.pop("base", None)
    found: dict[str, Component] = {}
    if base is not None:
        found |= shipped(str(base)).components
    for name, entry in table.items():
        try:
            found[name] = _component(name, entry)
        except BadInput as refused:
            raise BadInput(f"{path}: {refused}") from None
    return Catalogue(path.stem, found)


def shipped(name: str) -> Catalogue:
    """A catalogue of this package by name; `BadInput` for an unknown one."""
    names = _shipped_names()
    if name not in names:
        raise BadInput(f"unknown cost catalogue {name!r}: use one of {', '.join(names)}, or a file NAME.toml")
    return read_catalogue(FOLDER / f"{name}.toml")


def _shipped_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def process_of(technology: Technology) -> Catalogue:
    """The shipped process of a technology; 65 nm CMOS, and its name says so, where it names none.

    Raises
    ------
    BadInput
        Where it names a process that is not shipped.
    """
    if technology.process:
        if technology.process not in _shipped_names():
            raise BadInput(
                f"technology {technology.name!r}: process = {technology.process!r}, use one of "
                f"{', '.join(_shipped_names())}"
            )
        return shipped(technology.process)
    return Catalogue(ASSUMED_PROCESS, shipped("cmos65").components)


def check_process(catalogue: Catalogue) -> None:
    """`BadInput` unless a catalogue has every value that a process needs, in its unit."""
    missing = [name for name in PROCESS if name not in catalogue and name not in OPTIONAL]
    if missing:
        raise BadInput(
            f'cost catalogue {catalogue.name!r}: missing {", ".join(missing)}; or start from base = "cmos65"'
        )
    for name, unit in PROCESS.items():
        if name in catalogue and catalogue[name].unit != unit:
            raise BadInput(
                f"cost catalogue {catalogue.name!r}: {name} is in {catalogue[name].unit!r}, "
                f"must be in {unit!r}"
            )


def _component(name: str, entry: Any) -> Component:
    if not isinstance(entry, dict):
        raise BadInput(f"{name}: must be a table {{ value, unit, source, grade }}, got {entry!r}")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise BadInput(f"{name}: unknown key {unknown[0]!r}, use {', '.join(sorted(_KEYS))}")
    value = entry.get("value")
    if not is_number(value) or not math.isfinite(value) or value < 0.0:
        raise BadInput(f"{name}: value = {value!r}, must be finite and >= 0")
    source = " ".join(str(entry.get("source", "")).split())
    if not source:
        raise BadInput(f"{name}: has no source")
    grade = entry.get("grade")
    if grade not in GRADES:
        raise BadInput(f"{name}: grade = {grade!r}, use A, B or C")
    return Component(
        name, float(value), str(entry.get("unit", "")), source, grade, entry.get("year"), entry.get("node")
    )

"""What an axis varies and a specification bounds: fields of a technology, and a few that belong together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.technology import Source, Technology, offset_spread, quantities, technology
from analog_pc.technology.checks import checked, nearest, number

REFERENCE = "ideal"  # whose other fields refuse no value
BESIDE_OTHERS: Mapping[str, tuple[str, ...]] = {  # right or wrong beside the values of other fields: of which
    "g_min": ("g_max",),
    "g_max": ("g_min", "on_off_ratio"),
    "opamp_slew_rate": ("opamp_gain_bandwidth",),
    "opamp_gain_bandwidth": ("opamp_slew_rate",),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value of a technology that can be read and changed.

    Parameters
    ----------
    name, unit, meaning
        SI unit, "" where there is none.
    read
        Technology -> value.
    change
        Technology, value -> the fields of `Technology` that change with it, and their values.
    """

    name: str
    unit: str
    meaning: str
    read: Callable[[Technology], Any]
    change: Callable[[Technology, Any], Mapping[str, Any]]

    def apply(self, technology: Technology, value: Any, source: str) -> Technology:
        """The technology with this value; `source` says where it comes from.

        Raises
        ------
        BadInput
            Where a technology cannot have it.
        """
        values = dict(self.change(technology, value))
        sources = dict(technology.sources) | {name: Source(source, False) for name in values}
        return dataclasses.replace(technology, sources=sources, **values)

    def checked(self, raw: object) -> Any:
        """A value of a file: a number, or a text with a prefix and this field's unit.

        Raises
        ------
        BadInput
            For another type or unit, and for a value that no technology can have, such as a single level.
        """
        value = checked(self.name, raw) if self.name in quantities() else number(self.name, raw, self.unit)
        self._check(value)
        return value

    def _check(self, value: Any) -> None:
        """`BadInput` for a value that no technology can have, whatever its other fields are."""
        base = technology(REFERENCE)
        where = f"technology {base.name!r}: "
        try:
            for name, part in self.change(base, value).items():
                quantities()[name].checked(base.name, name, part)
            if self.name not in BESIDE_OTHERS:
                self.apply(base, value, REFERENCE)
        except BadInput as refused:
            raise BadInput(str(refused).removeprefix(where)) from None
        except ArithmeticError:
            raise BadInput(f"{self.name} = {value!r}, must be > 0") from None


def _own(name: str) -> Field:
    """A field of `Technology` as it is."""
    found = quantities()[name]
    return Field(
        name=name,
        unit=found.unit,
        meaning=found.meaning,
        read=lambda technology: getattr(technology, name),
        change=lambda technology, value: {name: value},
    )


def _sigma(technology: Technology) -> float:
    return max((sigma for _, sigma in technology.programming_spread), default=0.0)


def _with_sigma(technology: Technology, value: float) -> Mapping[str, Any]:
    """The table of the technology scaled to this largest value; without one, the same everywhere."""
    largest = _sigma(technology)
    if largest > 0.0:
        table = tuple((g, sigma * value / largest) for g, sigma in technology.programming_spread)
    else:
        table = ((technology.g_min, value), (technology.g_max, value))
    return {"programming_spread": table}


COMPOSED: Mapping[str, Field] = {
    one.name: one
    for one in (
        Field(
            name="amplifier_gain",
            unit="V/V",
            meaning="open-loop gain of every op-amp, those of rectifiers among them",
            read=lambda t: min(t.opamp_gain, t.rectifier_gain),
            change=lambda t, value: {"opamp_gain": value, "rectifier_gain": value},
        ),
        Field(
            name="input_offset",
            unit="V",
            meaning="input offset that is left after any auto-zero, standard deviation",
            read=offset_spread,
            change=lambda t, value: {"opamp_offset": value, "auto_zero_capacitance": 0.0},
        ),
        Field(
            name="wire_resistance",
            unit="Ohm",
            meaning="piece of word line and of bit line per cell",
            read=lambda t: max(t.word_line_resistance, t.bit_line_resistance),
            change=lambda t, value: {"word_line_resistance": value, "bit_line_resistance": value},
        ),
        Field(
            name="on_off_ratio",
            unit="",
            meaning="g_max / g_min at the same g_max",
            read=lambda t: t.g_max / t.g_min,
            change=lambda t, value: {"g_min": t.g_max / value},
        ),
        Field(
            name="programming_sigma",
            unit="S",
            meaning="standard deviation of a programmed conductance, the largest of the table",
            read=_sigma,
            change=_with_sigma,
        ),
    )
}


@cache
def fields() -> Mapping[str, Field]:
    """Name -> `Field`: the fields of `Technology`, and those that are composed of several."""
    return {name: _own(name) for name in quantities()} | dict(COMPOSED)


def field(name: str) -> Field:
    """The field of that name; `BadInput` for an unknown one, naming the nearest."""
    if name not in fields():
        raise BadInput(f"unknown field {name!r}{nearest(name, fields())}")
    return fields()[name]


def check_beside_others(name: str, value: Any, bases: Sequence[Technology]) -> None:
    """Refuse a value of an axis that none of the technologies can have beside its other fields.

    Parameters
    ----------
    name, value
        A field, and the value.
    bases
        Technologies of a study, at least one.

    Raises
    ------
    BadInput
        With the reason of the last technology.
    """
    why = ""
    for base in bases:
        try:
            field(name).apply(base, value, REFERENCE)
        except BadInput as refused:
            why = str(refused)
        else:
            return
    raise BadInput(f"axis {name!r}: {why}")

"""Lots and dies: what chips of one lot have in common, and how a field changes from centre to edge.

::

    value = base * exp(sigma z_lot) * (1 + edge r^2)        r = 0 in the centre of the wafer, 1 at its edge

        . . # . .       across = 5: squares as large as five in a row allow, those that lie on the
        . # # # .       wafer as a whole; counted in rows from the bottom
        # # # # #
        . # # # .       chip k of a combination: lot k // dies, die k % dies; one wafer a lot
        . . # . .
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analog_pc.arrays import Floats, is_number, is_whole
from analog_pc.errors import BadInput
from analog_pc.study.fields import field as field_of
from analog_pc.study.seeds import LOT, generator
from analog_pc.technology import Technology
from analog_pc.technology.checks import nearest, number

SOURCE = "a lot and a place on its wafer"
MOST_ACROSS = 200
WIDEST = 1.0  # spread from lot to lot: one lot of six has more than e times the value
NOT_SCALED = ("levels",)  # whole numbers


@dataclass(frozen=True)
class Die:
    """Where a chip comes from: its lot, and its place in radii of the wafer."""

    lot: int
    x: float
    y: float

    @property
    def radius(self) -> float:
        """Distance from the centre, 1 at the edge of the wafer."""
        return math.hypot(self.x, self.y)


@dataclass(frozen=True, kw_only=True, eq=False)
class Wafer:
    """Lots and dies of the chips of a study.

    Parameters
    ----------
    across
        Dies in the longest row of a wafer.
    lot
        Field -> standard deviation of the natural logarithm of its value from lot to lot, about the relative
        spread; at most 1.
    radial
        Field -> relative change from the centre to the edge, with the square of the radius; above -1.

    Raises
    ------
    BadInput
        One line that names the field and what was got.
    """

    across: int
    lot: Mapping[str, float] = field(default_factory=dict)
    radial: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not is_whole(self.across) or not 1 <= self.across <= MOST_ACROSS:
            raise BadInput(f"wafer: across = {self.across!r}, must be from 1 to {MOST_ACROSS}")
        if not (self.lot or self.radial):
            raise BadInput("wafer: says neither lot nor radial: which field changes?")
        for kind, entries in (("lot", self.lot), ("radial", self.radial)):
            for name, value in entries.items():
                _check(kind, name, value)

    @cached_property
    def places(self) -> Floats:
        """Centres of the dies in radii of the wafer, [dies, x y]."""
        centres = 2 * np.arange(self.across) - (self.across - 1)  # in halves of the pitch: whole numbers
        y, x = (one.ravel() for one in np.meshgrid(centres, centres, indexing="ij"))
        on_wafer = (np.abs(x) + 1) ** 2 + (np.abs(y) + 1) ** 2 <= self._radius_squared
        found: Floats = 0.5 * self.pitch * np.stack([x, y], axis=1)[on_wafer]
        return found

    @property
    def _radius_squared(self) -> int:
        """Of the wafer, in halves of the pitch: out to the far corner of the last die of a longest row."""
        return self.across**2 + (1 if self.across % 2 else 4)

    @property
    def pitch(self) -> float:
        """Side of a die in radii of the wafer."""
        return 2.0 / math.sqrt(self._radius_squared)

    @property
    def dies(self) -> int:
        """Dies of a wafer, which are the chips of a lot."""
        return len(self.places)

    def die(self, number: int) -> Die:
        """Where the chip of that number comes from."""
        x, y = self.places[number % self.dies]
        return Die(number // self.dies, float(x), float(y))

    def apply(self, technology: Technology, die: Die, seed: int) -> Technology:
        """The technology at a die.

        Parameters
        ----------
        technology
            Of the combination.
        die
            Where the chip comes from.
        seed
            Of the study, by which lots are drawn.

        Raises
        ------
        BadInput
            For a field that has no finite value other than 0 to start from.
        """
        for name in dict.fromkeys((*self.lot, *self.radial)):
            base = field_of(name).read(technology)
            if not is_number(base) or not math.isfinite(base) or base == 0.0:
                raise BadInput(
                    f"wafer: {name} = {base!r} of {technology.name}: cannot be scaled, give it a value"
                )
            drawn = math.exp(self.lot.get(name, 0.0) * lot_normal(seed, die.lot, name))
            edge = 1.0 + self.radial.get(name, 0.0) * die.radius**2
            technology = field_of(name).apply(technology, base * drawn * edge, SOURCE)
        return technology


def _check(kind: str, name: str, value: object) -> None:
    field_of(name)
    if name in NOT_SCALED:
        raise BadInput(f"wafer: {kind} of {name!r}: is a whole number, and cannot be scaled")
    if kind == "lot" and is_number(value) and value > WIDEST:
        raise BadInput(
            f"wafer: lot of {name!r} = {value!r}, must be at most {WIDEST:g} (100 %): it is the standard "
            f'deviation of the logarithm, factors of e^{value:g} from lot to lot; 20 % is 0.2 or "20%"'
        )
    least = 0.0 if kind == "lot" else -1.0
    if not is_number(value) or not math.isfinite(value) or value < least or value == -1.0:
        raise BadInput(f"wafer: {kind} of {name!r} = {value!r}, must be a number, {least:g} or more")


def _share(kind: str, name: str, raw: object) -> float:
    """A relative change: a number, or a text such as "20%"."""
    return number(f"wafer: {kind} of {name!r}", raw)


def lot_normal(seed: int, lot: int, name: str) -> float:
    """The standard normal number of a lot and a field."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return float(generator(seed, LOT, lot, number).standard_normal())


_KEYS = ("across", "lot", "radial")


def wafer(raw: Mapping[str, object]) -> Wafer:
    """From a table of a file, ``{across, lot = {field: sigma}, radial = {field: change}}``.

    Raises
    ------
    BadInput
        For unknown keys and fields, and wrong values.
    """
    for key in raw:
        if key not in _KEYS:
            raise BadInput(f"wafer: unknown key {key!r}{nearest(key, _KEYS)}")
    across = raw.get("across")
    if not isinstance(across, int) or isinstance(across, bool):
        raise BadInput(f"wafer: across = {across!r}, must be a whole number: dies across a wafer")
    tables = []
    for key in ("lot", "radial"):
        table = raw.get(key, {})
        if not isinstance(table, Mapping):
            raise BadInput(
                f'wafer: {key}: must be a table of fields, such as {{ opamp_offset = "20%" }}, got {table!r}'
            )
        found = {str(name): _share(key, str(name), value) for name, value in table.items()}
        for name, value in found.items():
            _check(key, name, value)
        tables.append(found)
    return Wafer(across=across, lot=tables[0], radial=tables[1])

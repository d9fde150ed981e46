"""What a number or an array of an experiment is: a name, and the conditions it was measured under."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Condition = str | int | float

# How a condition is said where "name value" is no English.
_SAID = {
    "episodes": "{} episodes",
    "layers": "{} layers",
    "networks": "{} networks",
    "people": "{} people",
    "per_class": "{} a class",
    "rates": "best of {} rates",
    "runs": "{} runs",
    "students": "{} students",
}


@dataclass(frozen=True)
class Quantity:
    """The key of a number or an array; `quantity` makes one.

    Its text is for people and never read back: the name, in which ``{unit}`` stands for the value of the
    condition "unit", and behind it the conditions that it does not mention: "lowest smell, lr 0.2".

    Parameters
    ----------
    name
        What it is, whatever the conditions.
    conditions
        (name, value), sorted by name.
    """

    name: str
    conditions: tuple[tuple[str, Condition], ...] = ()

    def __str__(self) -> str:
        values = {c: f"{v:g}" if isinstance(v, float) else str(v) for c, v in self.conditions}
        behind = {c: v for c, v in values.items() if f"{{{c}}}" not in self.name}
        said = [_SAID.get(c, f"{c} {{}}").format(v) for c, v in behind.items()]
        return ", ".join([self.name.format(**values), *said])

    @property
    def id(self) -> str:
        """Name and conditions for scripts, in lower case without spaces: "lowest-smell@lr=0.2"."""
        said = re.sub(r"{\w+}", "", self.name).lower()
        name = "-".join(re.findall(r"[a-z0-9.]+", said))
        values = [f"{c}={v:g}" if isinstance(v, float) else f"{c}={v}" for c, v in self.conditions]
        return f"{name}@{','.join(values)}" if values else name

    def __contains__(self, condition: str) -> bool:
        return condition in dict(self.conditions)

    def __getitem__(self, condition: str) -> Condition:
        return dict(self.conditions)[condition]

    def at(self, **conditions: Condition) -> Quantity:
        """The same quantity under these conditions, too."""
        return quantity(self.name, **{**dict(self.conditions), **conditions})

    def renamed(self, name: str) -> Quantity:
        """Another quantity under the same conditions."""
        return Quantity(name, self.conditions)


def quantity(name: str, **conditions: Condition) -> Quantity:
    """A quantity by its name and conditions, whatever their order."""
    return Quantity(name, tuple(sorted(conditions.items())))


def named(quantities: Iterable[Quantity], name: str, **conditions: Condition) -> list[Quantity]:
    """The quantities of a name that were measured under all these conditions, and perhaps others."""
    wanted = conditions.items()
    return [q for q in quantities if q.name == name and wanted <= dict(q.conditions).items()]


def numbers(
    quantities: Iterable[Quantity], name: str, condition: str, **conditions: Condition
) -> list[float]:
    """The values of a numeric condition over the `named` quantities that have it, each once, in order."""
    return sorted({float(q[condition]) for q in named(quantities, name, **conditions) if condition in q})


def quantity_dict(of: Quantity) -> dict[str, Any]:
    """Plain JSON; `read_quantity` is the inverse."""
    return {"name": of.name, "conditions": dict(of.conditions)}


def read_quantity(stored: Any) -> Quantity:
    """The quantity of a `quantity_dict`; LookupError, TypeError, ValueError or AttributeError for others."""
    conditions = dict(stored["conditions"])
    if not isinstance(stored["name"], str) or not all(isinstance(v, Condition) for v in conditions.values()):
        raise ValueError(f"no quantity: {stored}")
    found = quantity(stored["name"], **conditions)
    str(found)  # raises where the name asks for a condition that is not there
    return found

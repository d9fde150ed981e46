"""Objectives of a search: columns that are made large or small."""

from __future__ import annotations

from collections.abc import Mapping

from analog_pc.errors import BadInput
from analog_pc.technology.checks import nearest

MIN = "min"
MAX = "max"
LEAST = 2  # with one objective there is no front


def check_objectives(objectives: Mapping[str, str], columns: Mapping[str, str]) -> None:
    """`BadInput` for a column that is not measured, a direction that is none, and fewer than two.

    Parameters
    ----------
    objectives
        Column -> "min" or "max".
    columns
        Column -> unit of what is measured.
    """
    for name, direction in objectives.items():
        if name not in columns:
            raise BadInput(f"objective {name!r}: is not measured{nearest(name, columns)}")
        if direction not in (MIN, MAX):
            raise BadInput(f'objective {name!r}: must be "{MIN}" or "{MAX}", got {direction!r}')
    if len(objectives) < LEAST:
        raise BadInput(
            f"objectives: {len(objectives)} of them, a search needs {LEAST} or more, such as "
            '{ accuracy = "max", energy = "min" }'
        )

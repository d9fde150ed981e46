"""What a field of a configuration may hold; msgspec checks its type where a user sets one.

Names are checked by the configuration itself, in `__post_init__`: it is made before any earlier result goes.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from typing import Annotated

from msgspec import Meta

from analog_pc.errors import BadInput
from analog_pc.technology.checks import nearest

Natural = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Positive = Annotated[float, Meta(gt=0.0, le=sys.float_info.max)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Counts = Annotated[tuple[Count, ...], Meta(min_length=1)]
Rates = Annotated[tuple[Positive, ...], Meta(min_length=1)]  # learning rates
Grid = Annotated[tuple[tuple[Count, Rates], ...], Meta(min_length=1)]  # learning rates tried with a size
Names = Annotated[tuple[str, ...], Meta(min_length=1)]


def check_names(field: str, names: Iterable[str], choices: Collection[str]) -> None:
    """Refuse names of which there is nothing.

    Parameters
    ----------
    field
        Of the configuration.
    names
        That it holds.
    choices
        Of which there is something.

    Raises
    ------
    BadInput
        For the first name that is not among the choices.
    """
    for name in names:
        if name not in choices:
            raise BadInput(f"{field}: unknown {name!r}{nearest(name, choices)}")

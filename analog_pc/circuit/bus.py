"""Nodes and buses: a bus is a bundle of nodes, ``bus("x1", 3) == ("x1_0", "x1_1", "x1_2")``."""

from __future__ import annotations

import re

from analog_pc.errors import BadInput

Bus = tuple[str, ...]

GROUND = "0"

# What SPICE, PySpice and a shell all read as one plain word.  The word "error" is left out because
# PySpice 1.5 takes any simulator output that contains it for a failure.
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def checked_name(name: str, what: str) -> str:
    """The name itself, or `BadInput`: lower-case letters, digits and underscores, no "error" inside."""
    if not isinstance(name, str) or not _NAME.match(name) or "error" in name:
        raise BadInput(
            f"{what} name {name!r}: use lower-case letters, digits and underscores, "
            'starting with a letter, and not the word "error" (use eps)'
        )
    return name


def bus(name: str, size: int) -> Bus:
    """A bundle of `size` nodes, from ``name_0`` to ``name_{size-1}``."""
    checked_name(name, "bus")
    return tuple(f"{name}_{i}" for i in range(size))


def grounds(size: int) -> Bus:
    """A bundle of `size` references to ground."""
    return (GROUND,) * size

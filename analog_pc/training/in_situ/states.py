"""States as flat dictionaries of arrays, a path for a name: what a checkpoint holds."""

from __future__ import annotations

from analog_pc.arrays import Any


def prefixed(name: str, state: dict[str, Any]) -> dict[str, Any]:
    """The entries of a part, under its name."""
    return {f"{name}/{key}": value for key, value in state.items()}


def part(state: dict[str, Any], name: str) -> dict[str, Any]:
    """The entries of a part, without its name: the inverse of `prefixed`."""
    return {key[len(name) + 1 :]: value for key, value in state.items() if key.startswith(f"{name}/")}

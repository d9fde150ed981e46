"""Technologies by name."""

from analog_pc.errors import BadInput
from analog_pc.technology.ideal import IDEAL
from analog_pc.technology.technology import Technology

TECHNOLOGIES: dict[str, Technology] = {t.name: t for t in (IDEAL,)}


def technology(name: str) -> Technology:
    """The technology of that name; `BadInput` lists the names."""
    try:
        return TECHNOLOGIES[name]
    except (KeyError, TypeError):
        raise BadInput(f"unknown technology {name!r}: use one of {', '.join(TECHNOLOGIES)}") from None


__all__ = ["IDEAL", "TECHNOLOGIES", "Technology", "technology"]

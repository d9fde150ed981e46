"""Technologies by name or from a file."""

from __future__ import annotations

from pathlib import Path

from analog_pc.errors import BadInput
from analog_pc.files import as_path
from analog_pc.technology.catalogue import IDEAL, TECHNOLOGIES
from analog_pc.technology.offset import SWITCHES, offset_left, offset_spread, sampled_spread
from analog_pc.technology.quantity import Quantity, Source
from analog_pc.technology.technology import Technology, quantities
from analog_pc.technology.toml_file import read_technology


def technology(name: str | Path) -> Technology:
    """A technology by its name, or from a file.

    Parameters
    ----------
    name
        "ideal", "breadboard", "cmos65-rram", "cmos130-rram", "pcm", "sonos" or "ecram"; or the path of a file
        that ends in ``.toml``: a named technology as `base`, and the values that differ from it.

    Returns
    -------
    Technology
        Component values in SI units, each with its source.

    Raises
    ------
    BadInput
        For an unknown name, listing the known ones, and for what `load_technology` refuses.

    Examples
    --------
    >>> from analog_pc import technology
    >>> technology("cmos65-rram").supply  # V
    0.3
    """
    if isinstance(name, str | Path) and str(name).endswith(".toml"):
        return load_technology(name)
    if not isinstance(name, str) or name not in TECHNOLOGIES:
        known = ", ".join(TECHNOLOGIES)
        raise BadInput(f"unknown technology {str(name)!r}: use one of {known}, or a file NAME.toml")
    return TECHNOLOGIES[name]


def load_technology(path: str | Path) -> Technology:
    """The technology that a TOML file describes; see `analog_pc.technology.toml_file` for the format.

    Raises
    ------
    BadInput
        One line that names the file, the field and what was got.
    """
    return read_technology(as_path(path, "technology"), TECHNOLOGIES)


__all__ = [
    "IDEAL",
    "SWITCHES",
    "TECHNOLOGIES",
    "Quantity",
    "Source",
    "Technology",
    "load_technology",
    "offset_left",
    "offset_spread",
    "quantities",
    "sampled_spread",
    "technology",
]

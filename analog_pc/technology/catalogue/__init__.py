"""Named technologies: NAME.toml in this folder, every value with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from analog_pc.technology.technology import Technology
from analog_pc.technology.toml_file import read_technology

FOLDER = Path(__file__).parent


class Catalogue(Mapping[str, Technology]):
    """Name -> `Technology`; a file is read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.stem: path for path in sorted(folder.glob("*.toml"), key=_ideal_first)}
        self._read: dict[str, Technology] = {}

    def __getitem__(self, name: str) -> Technology:
        if name not in self._read:
            self._read[name] = read_technology(self._files[name], self)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _ideal_first(path: Path) -> tuple[bool, str]:
    return path.stem != "ideal", path.stem


TECHNOLOGIES = Catalogue(FOLDER)
IDEAL = TECHNOLOGIES["ideal"]

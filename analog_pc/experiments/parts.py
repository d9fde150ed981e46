"""The parts of a run: what is finished is kept, so that an interrupted run resumes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from analog_pc.errors import BadInput
from analog_pc.experiments.result import Array
from analog_pc.files import read_npz, write_npz

Progress = Callable[[int, int, str], None]
"""progress(done, total, what): parts that are finished, of how many, and the one at work."""


class Parts(Protocol):
    """Computes the parts of a run, each a dictionary of arrays, in the order of their names."""

    def all(
        self, names: Sequence[str], compute: Callable[[str], Mapping[str, Array]]
    ) -> list[Mapping[str, Array]]: ...


class Unkept:
    """Parts that are computed and not stored."""

    def all(
        self, names: Sequence[str], compute: Callable[[str], Mapping[str, Array]]
    ) -> list[Mapping[str, Array]]:
        return [compute(name) for name in names]


def silent(done: int, total: int, what: str) -> None:
    """No progress is shown."""


class Stored:
    """Parts kept in a folder, one npz each, under their final name only once they are complete.

    Parameters
    ----------
    folder
        Of all runs' parts.
    what
        Everything that a part depends on (column, configuration, technology, version), in words; parts of
        another `what` are never taken for this one's.
    progress
        Is told of every part before it starts and after it ends.
    """

    def __init__(self, folder: Path, what: str, progress: Progress = silent) -> None:
        self.folder = folder / hashlib.sha256(what.encode()).hexdigest()[:16]
        self.progress = progress

    def all(
        self, names: Sequence[str], compute: Callable[[str], Mapping[str, Array]]
    ) -> list[Mapping[str, Array]]:
        self.folder.mkdir(parents=True, exist_ok=True)
        found: list[Mapping[str, Array]] = []
        for done, name in enumerate(names):
            self.progress(done, len(names), name)
            found.append(self._one(name, compute))
        self.progress(len(names), len(names), "")
        return found

    def _one(self, name: str, compute: Callable[[str], Mapping[str, Array]]) -> Mapping[str, Array]:
        path = self.folder / f"{re.sub('[^A-Za-z0-9.+-]', '_', name)}.npz"
        if path.exists():
            try:
                return read_npz(path)
            except BadInput:  # damaged by whatever ended the last run: computed again
                path.unlink()
        part = dict(compute(name))
        write_npz(path, **part)
        return part

    def clear(self) -> None:
        """Forget the parts: once the result stands, nothing is left to resume."""
        if not self.folder.exists():
            return
        for path in self.folder.glob("*.npz"):
            path.unlink()
        self.folder.rmdir()
        if not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

"""The parts of a run: what is finished is kept, so that an interrupted run resumes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from joblib import Parallel, delayed

from analog_pc.errors import BadInput
from analog_pc.experiments.framework.result import Array
from analog_pc.files import read_npz, write_npz
from analog_pc.inputs import forget_input
from analog_pc.simulators.workspace import remove_abandoned, temporary_files
from analog_pc.workers import begin_worker


class Progress(Protocol):
    """Is told of the parts."""

    def __call__(self, done: int, total: int, before: int, what: str) -> None:
        """So many of `total` parts are done, `before` of them by an earlier run; `what` happens now."""


Compute = Callable[[str], Mapping[str, Array]]
"""compute(name): a part, from nothing but its name and what does not change."""

Computed = Iterator[tuple[str, Mapping[str, Array]]]
"""Parts with their names, in the order in which they end."""


class ResultCache(Protocol):
    """Computes the parts of a run, each a dictionary of arrays, in the order of their names."""

    def compute(self, names: Sequence[str], compute: Compute) -> list[Mapping[str, Array]]: ...


class NoCache:
    """Parts that are computed and not stored."""

    def compute(self, names: Sequence[str], compute: Compute) -> list[Mapping[str, Array]]:
        return [compute(name) for name in names]


def silent(done: int, total: int, before: int, what: str) -> None:
    """No progress is shown."""


class DiskCache:
    """Parts kept in a folder, one npz each, under their final name only once they are complete.

    Parameters
    ----------
    folder
        Of all runs' parts.
    what
        Everything that a part depends on (column, configuration, technology, version), in words; parts of
        another `what` are never taken for this one's.
    progress
        Is told of every part before it starts and of the last after it ends; with several workers when they
        start and of every part after it ends.
    workers
        Processes that compute parts side by side.
    """

    def __init__(self, folder: Path, what: str, progress: Progress = silent, workers: int = 1) -> None:
        self.folder = folder / hashlib.sha256(what.encode()).hexdigest()[:16]
        self.progress = progress
        self.workers = workers

    def compute(self, names: Sequence[str], compute: Compute) -> list[Mapping[str, Array]]:
        found = {name: part for name in names if (part := _kept(self._path(name))) is not None}
        before = len(found)
        missing = [name for name in names if name not in found]

        def tell(what: str) -> None:
            self.progress(len(found), len(names), before, what)

        side_by_side = self.workers > 1 and len(missing) > 1
        computed = self._side_by_side if side_by_side else self._in_turn
        for name, part in computed(missing, compute, tell):
            found[name] = part
        if names:
            tell("")
        return [found[name] for name in names]

    def _in_turn(self, missing: Sequence[str], compute: Compute, tell: Callable[[str], None]) -> Computed:
        for name in missing:
            tell(f"now {name}")
            yield _computed(name, self._path(name), compute)

    def _side_by_side(
        self, missing: Sequence[str], compute: Compute, tell: Callable[[str], None]
    ) -> Computed:
        tell(f"{self.workers} workers")
        pool = Parallel(
            n_jobs=self.workers,
            return_as="generator_unordered",
            backend="loky",
            initializer=begin_worker,
            initargs=(os.getpid(),),
        )
        jobs = (delayed(_computed)(name, self._path(name), compute) for name in missing)
        try:
            for name, part in pool(jobs):
                yield name, part
                tell(f"last {name}")
        except BaseException:
            # joblib has killed the workers with all their children, those too that would have cleaned up.
            remove_abandoned(temporary_files())
            raise

    def _path(self, name: str) -> Path:
        return self.folder / f"{re.sub('[^A-Za-z0-9.+-]', '_', name)}.npz"

    def clear(self) -> None:
        """Forget the parts: once the result stands, nothing is left to resume."""
        if not self.folder.exists():
            return
        for path in self.folder.glob("*.npz"):
            path.unlink()
        self.folder.rmdir()
        if not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()


def _kept(path: Path) -> Mapping[str, Array] | None:
    """A part that an earlier run finished."""
    if not path.exists():
        return None
    try:
        return read_npz(path)
    except BadInput:  # damaged by whatever ended that run: computed again
        path.unlink()
        return None
    finally:
        forget_input(path)


def _computed(name: str, path: Path, compute: Compute) -> tuple[str, Mapping[str, Array]]:
    """A part, computed and stored."""
    part = dict(compute(name))
    path.parent.mkdir(parents=True, exist_ok=True)  # not before: bad data leave nothing behind
    write_npz(path, **part)
    return name, part

"""Where a command's results go: checked before any work, and cleared of earlier results when work begins.

One rule for every command that writes a verdict.  While its options and inputs are read, nothing is touched:
a mistyped name, whether of a network, a data file or a technology, leaves earlier results as they are.  From
`Claim.begin` on, no result of an earlier run is left under the names that it writes: whatever ends it then
(no equilibrium, Ctrl-C, SIGKILL), nobody finds an old pass.

Missing folders of outputs are made, and go again if they stay empty.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from analog_pc.errors import BadInput
from analog_pc.files import withdraw
from analog_pc.inputs import note_input, refuse_inputs

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF, errno.ENOSYS)


@dataclass(frozen=True)
class Claim:
    """Outputs of this process: (folder, names of earlier results in it)."""

    earlier: tuple[tuple[Path, tuple[str, ...]], ...] = ()

    def begin(self) -> None:
        """All inputs are read, work begins: earlier results are withdrawn.

        Called again where work fails: then what it has written so far goes.
        """
        for folder, names in self.earlier:
            withdraw(folder, names)


@contextmanager
def claimed(
    folder: Path, earlier: Iterable[str] = (), inputs: Iterable[Path | str | None] = ()
) -> Iterator[Claim]:
    """An output folder for this process alone: made if it is missing, removed again if it stays empty.

    The folder itself is locked: nothing is left in it, and the lock of a process ends with it.

    Parameters
    ----------
    folder
        The value of ``--out``.
    earlier
        Names of results in it, the one that whoever looks trusts last; `Claim.begin` withdraws them.
    inputs
        Files that will be read, if they are there; no result may be one of them.

    Raises
    ------
    BadInput
        Where the folder cannot be made or written, another process writes into it, or a result is an input.
    """
    names = tuple(earlier)
    missing = _made("--out", folder, folder)
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as fault:
        _remove_empty(missing)
        raise BadInput(f"--out {folder}: cannot be opened: {fault.strerror or fault}") from None
    try:
        if not _locked(handle):
            missing = []
            raise BadInput(f"--out {folder}: another run writes into it; give another folder")
        _note(inputs)
        refuse_inputs(folder, names)
        for place in dict.fromkeys((folder, *((folder / name).parent for name in names))):
            if place.exists():
                _refuse_unwritable("--out", place)
        yield Claim(((folder, names),))
    finally:
        _remove_empty(missing)
        os.close(handle)


@contextmanager
def claimed_files(files: Mapping[str, Path | None], withdrawn: bool = False) -> Iterator[Claim]:
    """Output files that can be written, checked before any work.

    Parameters
    ----------
    files
        Option -> file, None where it was not given; none of them may be
        an input (`options.refuse_overwriting`).
    withdrawn
        Whether files of these names are results of an earlier run, which `Claim.begin` withdraws.

    Raises
    ------
    BadInput
        Where a folder cannot be made or written, or something else than a file has the name.
    """
    missing: list[Path] = []
    earlier: list[tuple[Path, tuple[str, ...]]] = []
    try:
        for option, path in files.items():
            if path is None:
                continue
            missing += _made(option, path, path.parent)
            if path.exists() and not path.is_file():
                raise BadInput(f"{option} {path}: cannot be written: is no regular file")
            _refuse_unwritable(option, path.parent)
            if withdrawn:
                earlier.append((path.parent, (path.name,)))
        yield Claim(tuple(earlier))
    finally:
        _remove_empty(reversed(missing))


def _made(option: str, path: Path, folder: Path) -> list[Path]:
    """Make a folder; what was missing of it, the innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    in_the_way = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not in_the_way.is_dir():
        raise BadInput(f"{option} {path}: cannot be made: {in_the_way} is a file, not a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        _remove_empty(missing)
        why = fault.strerror or str(fault)
        if fault.errno == errno.ENOENT:  # it is there, but holds no folders of ours, as /proc
            why = f"{in_the_way} takes no new folder"
        raise BadInput(f"{option} {path}: cannot be made: {why}; give a place elsewhere") from None
    return missing


def _locked(handle: int) -> bool:
    """Whether this process has the folder; a file system without locks gives it to everyone."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as fault:
        if fault.errno not in _NO_LOCKS:
            raise
    return True


def _note(inputs: Iterable[Path | str | None]) -> None:
    for path in inputs:
        if path is not None:
            note_input(Path(path))


def _refuse_unwritable(option: str, folder: Path) -> None:
    """Refuse a folder that takes no new file: it is read-only, or its disk is full."""
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"\n")
            trial.flush()
    except OSError as fault:
        raise BadInput(f"{option} {folder}: cannot be written: {fault.strerror or fault}") from None


def _remove_empty(folders: Iterable[Path]) -> None:
    for place in folders:
        with suppress(OSError):  # it is not there, or not empty
            place.rmdir()

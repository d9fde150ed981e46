"""The folder of a command's results: one run at a time writes into it."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from analog_pc.errors import BadInput

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF, errno.ENOSYS)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """An output folder for this process alone: made if it is missing, removed again if it stays empty.

    The folder itself is locked: nothing is left in it, and the lock of a process ends with it.

    Raises
    ------
    BadInput
        Where the folder cannot be made, or another process writes into it.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as fault:
        _remove_empty(missing)
        raise BadInput(f"--out {folder}: cannot be made: {fault.strerror or fault}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            missing = []
            raise BadInput(f"--out {folder}: another run writes into it; give another folder") from None
        except OSError as fault:  # a file system without locks
            if fault.errno not in _NO_LOCKS:
                raise
        yield
    finally:
        _remove_empty(missing)
        os.close(handle)


def _remove_empty(folders: Iterable[Path]) -> None:
    for place in folders:
        with suppress(OSError):  # it is not there, or not empty
            place.rmdir()

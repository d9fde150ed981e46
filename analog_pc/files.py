"""Files of the project, read without trust and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from analog_pc.arrays import Any
from analog_pc.errors import BadInput


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A temporary name in the folder of `path`, renamed to `path` when the block succeeds.

    Raises
    ------
    BadInput
        When the folder does not exist or cannot be written.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        os.chmod(name, 0o666 & ~_umask())
    except OSError as fault:
        raise BadInput(f"{path}: cannot be written: {fault.strerror}") from None
    temporary = Path(name)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path | str, text: str) -> None:
    """Text under its final name only once it is complete."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_npz(path: Path | str, **arrays: Any) -> None:
    """An npz under its final name only once it is complete."""
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)


def _is_pickle(path: Path) -> bool:
    """Whether it begins as pickles do (protocol 2 and later); numpy calls everything unknown a pickle."""
    with path.open("rb") as stream:
        return stream.read(1) == b"\x80"


def read_npz(path: Path | str) -> dict[str, np.ndarray]:
    """All arrays of an npz; pickled objects are refused and never loaded.

    Raises
    ------
    BadInput
        For a file that is missing, truncated, not an npz, or holds Python objects.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise BadInput(f"{path}: is a single array, not an npz of named arrays")
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except IsADirectoryError:
        raise BadInput(f"{path}: is a folder, not an npz file") from None
    except BadInput:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError) as fault:
        if "Object arrays" in str(fault) or _is_pickle(path):
            raise BadInput(f"{path}: holds pickled Python objects, which are never loaded") from None
        reason = (str(fault).splitlines() or [type(fault).__name__])[0]
        reason = "no zip archive" if "pickle" in reason.lower() else reason
        raise BadInput(f"{path}: damaged or not an npz file: {reason}") from None

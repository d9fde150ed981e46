"""Files of the project, read without trust and written whole or not at all.

**Written**: the content is complete in memory before a byte reaches the disk; it goes to a file without a
name, which is flushed to the disk and then gets its name in one step.  Whatever kills the writer (SIGKILL, a
power failure), the old file or the new one stands there, and nothing beside it.

**Read**: sizes are checked before memory is taken for them, and nothing of a file is executed.
"""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import re
import secrets
import stat
import struct
import sys
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from analog_pc.arrays import Any
from analog_pc.errors import BadInput
from analog_pc.inputs import note_input, refuse_inputs

_NO_SUCH_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)


def write_text(path: Path | str, text: str) -> None:
    """Text as UTF-8, as `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_npz(path: Path | str, **arrays: Any) -> None:
    """An npz of named arrays, as `write_bytes`."""
    write_bytes(path, npz_content(**arrays))


def npz_content(**arrays: Any) -> memoryview:
    """The bytes of an npz."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getbuffer()


def write_together(folder: Path, contents: Mapping[str, bytes | memoryview]) -> None:
    """Files that mean something only together: never one of this call beside one of an earlier call.

    Older files of these names go first, and all go where one cannot be written.  Whoever finds the last one
    finds all.

    Raises
    ------
    BadInput
        As `write_bytes`.
    """
    withdraw(folder, contents)
    try:
        for name, content in contents.items():
            write_bytes(folder / name, content)
    except BaseException:
        withdraw(folder, contents)
        raise


def withdraw(folder: Path, names: Iterable[str]) -> None:
    """Remove files of a folder, the last one first, where they are; none if one of them is an input."""
    several = list(names)
    refuse_inputs(folder, several)
    for name in reversed(several):
        (folder / name).unlink(missing_ok=True)


def write_bytes(path: Path | str, content: bytes | memoryview) -> None:
    """A file under its name only once all of it is on the disk.

    Raises
    ------
    BadInput
        When the folder does not exist, the disk is full, or a device, a folder or the like has that name.
    """
    path = Path(path)
    refuse_inputs(path.parent, [path.name])
    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"{path}: cannot be written: is no regular file")
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _write_whole(path, content, folder)
            os.fsync(folder)  # the name too
        finally:
            os.close(folder)
    except OSError as fault:
        raise BadInput(f"{path}: cannot be written: {fault.strerror or fault}") from None


def _write_whole(path: Path, content: bytes | memoryview, folder: int) -> None:
    nameless = _nameless(path.parent)
    if nameless is None:
        _write_by_name(path, content)
        return
    with os.fdopen(nameless, "wb") as stream:
        _fill(stream, content)
        _name(nameless, path, folder)


def _fill(stream: IO[bytes], content: bytes | memoryview) -> None:
    stream.write(content)
    stream.flush()
    os.fsync(stream.fileno())


def _nameless(folder: Path) -> int | None:
    """A new file without a name, which vanishes with its writer; None where there is no such thing."""
    if not hasattr(os, "O_TMPFILE") or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError as fault:
        if fault.errno in _NO_SUCH_FILES:
            return None
        raise


def _name(nameless: int, path: Path, folder: int) -> None:
    """Give a whole file its name.

    A new name (`link`) cannot take the place of another file, `replace` can; so it takes two steps.  The name
    between them depends on the final one only: what a power failure leaves there is whole, and goes with the
    next write.  Another writer of the same file may take it away; then it is given again.
    """
    between = path.parent / f".{hashlib.sha256(path.name.encode()).hexdigest()[:16]}.new"
    while True:
        try:
            # A source folder makes Python follow the link to the file, which plain `link` does not.
            os.link(f"/proc/self/fd/{nameless}", between, src_dir_fd=folder, follow_symlinks=True)
            os.replace(between, path)
            return
        except FileExistsError:
            between.unlink(missing_ok=True)
        except FileNotFoundError:
            if not path.parent.is_dir():
                raise
        except OSError:
            between.unlink(missing_ok=True)
            raise


def _write_by_name(path: Path, content: bytes | memoryview) -> None:
    """The same where files need a name: a writer that is killed leaves a hidden file."""
    temporary = path.parent / f".{secrets.token_hex(8)}.new"
    try:
        with temporary.open("xb") as stream:
            _fill(stream, content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


# --- reading

MOST_TOML = 1 << 20  # far above any technology or catalogue, far below what hurts


def as_path(path: object, kind: str) -> Path:
    """A path that a user gives, of a file of this kind; `BadInput` for what is none."""
    if not isinstance(path, str | os.PathLike) or "\0" in str(path):
        raise BadInput(f"{kind}: give its path, got {path!r}")
    return Path(path)


def read_bytes(path: Path | str, most: int) -> bytes:
    """A file of at most so many bytes; one byte more is read to know.

    Raises
    ------
    BadInput
        For a file that is missing, larger, or cannot be read.
    """
    path = Path(path)
    note_input(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as fault:
        raise BadInput(f"{path}: cannot be read: {fault.strerror or fault}") from None
    if len(content) > most:
        raise BadInput(f"{path}: larger than {most} bytes")
    return content


def read_toml(path: Path) -> dict[str, Any]:
    """The table of a TOML file of at most `MOST_TOML` bytes.

    Raises
    ------
    BadInput
        For a file that is missing, too large, not UTF-8 or not TOML.
    """
    note_input(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_TOML + 1)
    except OSError as fault:
        raise BadInput(f"{path}: {(fault.strerror or str(fault)).lower()}") from None
    if len(raw) > MOST_TOML:
        raise BadInput(f"{path}: larger than {MOST_TOML >> 20} MiB")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise BadInput(f"{path}: not UTF-8: byte 0x{raw[fault.start]:02x} (at line {line})") from None
    except (ValueError, RecursionError) as fault:  # a TOMLDecodeError, or an integer of too many digits
        raise BadInput(f"{path}: not TOML: {fault}") from None


@contextmanager
def regular_file(path: Path, kind: str) -> Iterator[tuple[IO[bytes], int]]:
    """An existing regular file, open for reading, and its size in bytes; `kind` is what was expected.

    Raises
    ------
    BadInput
        For a file that is missing, a folder, a device or pipe (which may never end), or cannot be read.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise BadInput(f"{path}: is a folder, not {kind}")
        if not stat.S_ISREG(found.st_mode):
            raise BadInput(f"{path}: is no regular file")
        note_input(path)
        with path.open("rb") as stream:
            yield stream, found.st_size
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except OSError as fault:
        raise BadInput(f"{path}: cannot be read: {fault.strerror or fault}") from None


# What a file may expand to, at most: 256 MiB, or 100 times its own size if that is more.  Arrays that carry
# something compress less than 30 times; a zip of zeros up to 1000 times.
_ALWAYS = 256 * 2**20
_EXPANSION = 100
_MOST_HEADER = 4096  # bytes of a header; numpy's own have 128 bytes
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # bit of the flags of a member

_MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    r"""\{ \s* ["']descr["'] \s* : \s* (?P<type> ["'][^"']*["'] | \[.*\] ) \s* ,
        \s* ["']fortran_order["'] \s* : \s* (?P<fortran> True | False ) \s* ,
        \s* ["']shape["'] \s* : \s* \( (?P<shape> [0-9,\ ]* ) \) \s* ,? \s* \} \s*""",
    re.VERBOSE | re.DOTALL,
)
_TYPE = re.compile(r"[<>|=]?[biufcSU][0-9]{1,9}")  # numbers and text
_OBJECT = re.compile(r"""["'][|]?O[0-9]*["']""")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def most_expanded(stored: int) -> int:
    """Bytes that a file of so many bytes may expand to."""
    return max(_ALWAYS, _EXPANSION * stored)


def read_npz(path: Path | str) -> dict[str, np.ndarray]:
    """All arrays of an npz: numbers, booleans and text.

    Pickled objects are refused and never loaded.

    Raises
    ------
    BadInput
        For a file that is missing, truncated, not an npz, or holds Python objects, records or dates; for one
        that would expand beyond `most_expanded`, or announces other sizes than it has; for what is no path.
    """
    path = as_path(path, "npz file")
    try:
        with regular_file(path, "an npz file") as (stream, size):
            if size == 0:
                raise BadInput(f"{path}: is empty (0 bytes), not an npz file")
            _refuse_others(path, stream.read(len(_MAGIC)))
            with zipfile.ZipFile(stream) as archive:
                return _arrays(path, archive, most_expanded(size))
    except BadInput:
        raise
    except _DAMAGED as fault:
        raise BadInput(f"{path}: damaged or not an npz file: {fault or type(fault).__name__}") from None


def _refuse_others(path: Path, start: bytes) -> None:
    """Two kinds of file that are taken for an npz: a pickle (protocol 2 and later), and a single array."""
    if start.startswith(b"\x80"):
        raise BadInput(f"{path}: holds pickled Python objects, which are never loaded")
    if start == _MAGIC:
        raise BadInput(f"{path}: is a single array, not an npz of named arrays")


def _arrays(path: Path, archive: zipfile.ZipFile, most: int) -> dict[str, np.ndarray]:
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > most:
        raise BadInput(
            f"{path}: would expand to {total} bytes, at most {most} are read from a file of its size"
        )
    found: dict[str, np.ndarray] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name == member.filename or name in found:
            raise BadInput(f"{path}: holds {member.filename!r}, which is no array or there twice")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise BadInput(f"{path}: {name} is encrypted, or compressed by other than 'deflate'")
        with archive.open(member) as stream:
            found[name] = _array(f"{path}: {name}", stream, member.file_size)
    return found


def _array(what: str, stream: IO[bytes], total: int) -> np.ndarray:
    """One array of an npy stream of so many bytes."""
    kind, shape, order, start = _header(what, stream)
    size = math.prod(shape) * kind.itemsize
    if start + size != total:
        raise BadInput(f"{what} announces {size} bytes of numbers, the file holds {total - start}")
    content = bytearray(size)
    position = 0
    while position < size:
        count = stream.readinto(memoryview(content)[position:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError(f"{what} is cut off")
        position += count
    stream.read(1)  # the end, at which the checksum is compared
    if kind.kind == "U" and (np.ndarray(size // 4, kind.byteorder + "u4", content) > sys.maxunicode).any():
        raise BadInput(f"{what} holds text that is no Unicode")
    return np.ndarray(shape, kind, content, order=order)


def _header(what: str, stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...], Any, int]:
    """Type, shape, order, and where the numbers begin; read by its grammar, without evaluating anything."""
    start = stream.read(8)
    if start[:6] != _MAGIC or start[6:7] not in (b"\1", b"\2", b"\3"):
        raise BadInput(f"{what} is no array of numpy's format 1, 2 or 3")
    field = "<H" if start[6] == 1 else "<I"
    (length,) = struct.unpack(field, stream.read(struct.calcsize(field)))
    if length > _MOST_HEADER:
        raise BadInput(f"{what} has a header of {length} bytes, at most {_MOST_HEADER} are read")
    parsed = _HEADER.fullmatch(stream.read(length).decode("latin-1"))
    if parsed is None:
        raise BadInput(f"{what} has a header that is not numpy's")
    kind = parsed["type"].strip("\"'")
    if _OBJECT.search(parsed["type"]):
        raise BadInput(f"{what} holds pickled Python objects, which are never loaded")
    if not _TYPE.fullmatch(kind):
        raise BadInput(f"{what} is of type {kind}, expected numbers or text")
    shape = tuple(int(n) for n in parsed["shape"].replace(",", " ").split())
    order = "F" if parsed["fortran"] == "True" else "C"
    return np.dtype(kind), shape, order, 8 + struct.calcsize(field) + length

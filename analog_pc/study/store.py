"""Rows in a folder: one file a chunk, written whole or not at all, merged when they are read.

::

    DIR/lock              held by the run that writes; the system releases it however that run ends
    DIR/parts/K-of-N/     the same of a part of the study (`part.py`), which is read along
    DIR/rows/HASH.jsonl   the rows of a chunk, one JSON object a line: {"key", "measured", "failed"}

Rows are found by their keys (`keys.py`), so that chunks of other sizes, other orders and other studies may
lie in one folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.files import read_bytes, write_text
from analog_pc.study.part import PARTS
from analog_pc.study.point import Row

MOST_BYTES = 1 << 30  # of a chunk's file
LOCK = "lock"
ROWS = "rows"


class Store:
    """The rows of a folder, which one run at a time may write.

    Raises
    ------
    BadInput
        On entering, for a folder that cannot be made, or that another run writes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    def __enter__(self) -> Store:
        try:
            (self.folder / ROWS).mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as fault:
            raise BadInput(f"{self.folder}: cannot be made: {fault.strerror or fault}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._lock, 20).decode("ascii", "replace").strip()
            self._release()
            raise BadInput(
                f"{self.folder}: another run writes there (process {owner or 'unknown'}): wait for it, "
                "or choose another folder"
            ) from None
        except OSError as fault:
            self._release()
            raise BadInput(f"{self.folder}: cannot be locked: {fault.strerror or fault}") from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def rows(self) -> dict[str, Row]:
        """Key -> row of every chunk that is there, those of parts too.

        Lines that are no rows are left out, to be made again.
        """
        found: dict[str, Row] = {}
        own = (self.folder / ROWS).glob("*.jsonl")
        of_parts = (self.folder / PARTS).glob(f"*/{ROWS}/*.jsonl")
        for path in sorted([*own, *of_parts]):
            for line in read_bytes(path, MOST_BYTES).splitlines():
                row = _parsed(line)
                if row is not None:
                    found[row.key] = row
        return found

    def write(self, rows: Sequence[Row]) -> None:
        """The rows of a chunk, under the hash of their keys.

        Raises
        ------
        BadInput
            When the folder cannot be written.
        """
        name = hashlib.sha256(" ".join(row.key for row in rows).encode()).hexdigest()[:24]
        write_text(self.folder / ROWS / f"{name}.jsonl", "".join(_text(row) for row in rows))


def _text(row: Row) -> str:
    entry = {"key": row.key, "measured": row.measured, "failed": row.failed}
    return json.dumps(entry, allow_nan=False, ensure_ascii=False) + "\n"


def _parsed(line: bytes) -> Row | None:
    """The row of a line; None for a line that is none."""
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    key = entry.get("key")
    measured = entry.get("measured")
    failed = entry.get("failed")
    if not (isinstance(key, str) and isinstance(measured, dict) and isinstance(failed, str)):
        return None
    if not all(value is None or isinstance(value, int | float) for value in measured.values()):
        return None
    return Row(key=key, measured=measured, failed=failed)

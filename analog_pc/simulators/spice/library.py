"""The ngspice library of this process, as PySpice loads it, without PySpice's remarks in the caller's log.

PySpice 1.5 looks for ``libngspice.so``, which Debian has in its development package alone; the library itself
is ``libngspice.so.0``.  And it takes every line on stderr that is no warning for a failure, so that ``Note:
Starting dynamic gmin stepping`` fails a run that goes on to succeed; `log.is_failure` decides here instead.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.spice import log

_NAMES = (NgSpiceShared.LIBRARY_PATH.format(""), "libngspice.so.0", "libngspice.0.dylib")

# "Node name 'in' is a Python keyword"; "Unsupported Ngspice version 39"; every stderr line of
# ngspice, which the drivers read themselves.
_LOGGERS = (
    "PySpice.Spice.Netlist.Node",
    "PySpice.Spice.NgSpice.Shared",
    "PySpice.Spice.NgSpice.Shared.NgSpiceShared",
    "PySpice.Spice.NgSpice.Shared.Vector",
)


@contextmanager
def without_remarks() -> Iterator[None]:
    """Switch PySpice's own loggers off for the length of a block."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


class Library(NgSpiceShared):
    """PySpice's library object; `lines` are all messages of ngspice."""

    lines: list[str]

    @staticmethod
    def _send_char(message_c: Any, ngspice_id: int, user_data: Any) -> int:
        self = ffi.from_handle(user_data)
        stream, _, content = ffi.string(message_c).decode("utf-8", "replace").partition(" ")
        kept = self._stderr if stream == "stderr" else self._stdout
        kept.append(content)
        self.__dict__.setdefault("lines", []).append(content)
        if log.is_failure(content):
            self._error_in_stderr = True
        return 0


def library_path() -> str:
    """The first of the library's names that can be loaded.

    Raises
    ------
    SimulatorMissing
        With what to install.
    """
    for name in _NAMES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    raise SimulatorMissing(
        "libngspice not found: install it with 'apt-get install libngspice0' (Debian, Ubuntu), "
        "or name it in NGSPICE_LIBRARY_PATH"
    )


def library() -> Library:
    """The one ngspice of this process; ngspice keeps global state and PySpice allows one instance.

    Raises
    ------
    SimulatorMissing
        Without the library.
    SimulationFailed
        If PySpice has made an instance of its own before.
    """
    existing = NgSpiceShared._instances.get(0)
    if existing is None:
        Library.LIBRARY_PATH = library_path()
        with without_remarks():
            existing = Library.new_instance()
    if not isinstance(existing, Library):
        raise SimulationFailed("ngspice-shared: PySpice already runs an ngspice in this process; use Ngspice")
    return existing

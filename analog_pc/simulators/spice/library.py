"""The ngspice library of this process, as PySpice loads it.

PySpice 1.5 looks for ``libngspice.so``, which Debian has in its development package alone; the library itself
is ``libngspice.so.0``.  And it takes every line on stderr that is no warning for a failure, so that ``Note:
Starting dynamic gmin stepping`` fails a run that goes on to succeed; `log.is_failure` decides here instead.
"""

from __future__ import annotations

import ctypes
from typing import Any

from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.spice import log
from analog_pc.simulators.spice.quiet import quiet

_NAMES = (NgSpiceShared.LIBRARY_PATH.format(""), "libngspice.so.0", "libngspice.0.dylib")


class Library(NgSpiceShared):  # type: ignore[misc]
    """PySpice's library object; `lines` is everything that ngspice has said."""

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
        with quiet():
            existing = Library.new_instance()
    if not isinstance(existing, Library):
        raise SimulationFailed("ngspice-shared: PySpice already runs an ngspice in this process; use Ngspice")
    return existing

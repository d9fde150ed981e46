"""Verilog-A -> device models that VACASK loads, kept in the user's cache under a hash of what made them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from threading import Event

from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.vacask.installation import Installation
from analog_pc.simulators.vacask.log import plain
from analog_pc.simulators.vacask.verilog import Module
from analog_pc.simulators.workspace import Workspace, workspace

# For any processor: a home directory may be shared between machines.
_OPTIONS = ("--target_cpu", "generic")
_TIMEOUT = 120.0


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/analog_pc/vacask``, by default in ``~/.cache``.

    Raises
    ------
    OSError
        For a user without a home.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    except RuntimeError as problem:
        raise OSError(str(problem)) from None
    return root / "analog_pc" / "vacask"


def compiled(
    module: Module, installation: Installation, place: Workspace, cancelled: Event | None = None
) -> Path:
    """The compiled module: from the cache, or made (0.1 s) and put there.

    Parameters
    ----------
    place
        Where to make it if the cache cannot be written.
    cancelled
        Ends the compiler once it is set.

    Raises
    ------
    SimulatorMissing
        If there is no linker.
    SimulationFailed
        With the compiler's message.
    """
    what = "\n".join((installation.version, *_OPTIONS, module.text))
    name = f"{module.name}_{hashlib.sha256(what.encode()).hexdigest()[:16]}.osdi"
    try:
        cache = cache_folder()
        if (cache / name).is_file():
            return cache / name
        cache.mkdir(parents=True, exist_ok=True)
        # Beside its final place, so that it appears there whole or not at all.
        with workspace(cache) as private:
            made = _compile(module, installation, private, cancelled)
            return made.replace(cache / name)
    except OSError:
        return _compile(module, installation, place, cancelled)


def _compile(module: Module, installation: Installation, place: Workspace, cancelled: Event | None) -> Path:
    source = f"{module.name}.va"
    result = f"{module.name}.osdi"
    place.write(source, module.text)
    command = [str(installation.compiler), *_OPTIONS, "-o", result, source]
    code, lines = place.run(command, _TIMEOUT, cancelled=cancelled)
    if (place.path / result).is_file() and code == 0:
        return place.path / result
    message = plain(lines)
    if "linker not found" in message:  # openvaf-r calls `ld`, and returns 0 without it
        raise SimulatorMissing(
            "openvaf-r, VACASK's compiler, needs the linker 'ld' on PATH: install it with "
            "'apt-get install binutils' (Debian, Ubuntu)"
        )
    raise SimulationFailed(f"openvaf-r: {module.name}: {message} (exit code {code})")

"""Verilog-A -> device models that VACASK loads, kept in the user's cache under a hash of what made them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from analog_pc.errors import SimulationFailed, SimulatorMissing
from analog_pc.simulators.spice.process import run
from analog_pc.simulators.vacask.installation import Installation
from analog_pc.simulators.vacask.log import plain
from analog_pc.simulators.vacask.verilog import Module

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


def compiled(module: Module, installation: Installation, folder: Path) -> Path:
    """The compiled module: from the cache, or made (0.1 s) and put there.

    Parameters
    ----------
    folder
        Where to make it if the cache cannot be written.

    Raises
    ------
    SimulatorMissing
        If there is no linker.
    SimulationFailed
        In the compiler's words.
    """
    what = "\n".join((installation.version, *_OPTIONS, module.text))
    name = f"{module.name}_{hashlib.sha256(what.encode()).hexdigest()[:16]}.osdi"
    try:
        cache = cache_folder()
        if (cache / name).is_file():
            return cache / name
        cache.mkdir(parents=True, exist_ok=True)
        # Beside its final place, so that it appears there whole or not at all.
        with tempfile.TemporaryDirectory(prefix="new_", dir=cache) as private:
            made = _compile(module, installation, Path(private))
            return made.replace(cache / name)
    except OSError:
        return _compile(module, installation, folder)


def _compile(module: Module, installation: Installation, folder: Path) -> Path:
    source, result = folder / f"{module.name}.va", folder / f"{module.name}.osdi"
    source.write_text(module.text, encoding="ascii")
    command = [str(installation.compiler), *_OPTIONS, "-o", result.name, source.name]
    code, lines = run(command, folder, _TIMEOUT)
    if result.is_file() and code == 0:
        return result
    words = plain(lines)
    if "linker not found" in words:  # openvaf-r calls `ld`, and returns 0 without it
        raise SimulatorMissing(
            "openvaf-r, VACASK's compiler, needs the linker 'ld' on PATH: install it with "
            "'apt-get install binutils' (Debian, Ubuntu)"
        )
    raise SimulationFailed(f"openvaf-r: {module.name}: {words} (exit code {code})")

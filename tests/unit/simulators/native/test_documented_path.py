"""The page on the native simulator shows the calls that a simulation makes, in their order."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType

import numpy as np

from analog_pc import Native, compile_network, random_network, technology
from analog_pc.simulators.native.nonlinear_solve.solve import STRATEGIES

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "explanation" / "native_solver.md").read_text(encoding="utf-8")
NATIVE = ROOT / "analog_pc" / "simulators" / "native"
LONGEST = 20  # calls from the entry to the kernel, so that a person can follow them


def documented() -> list[tuple[str, str]]:
    """Names and files of the page's path."""
    block = PAGE.split("## The path of `Native.simulate`")[1].split("```")[1]
    return re.findall(r"^([\w.]+) +([\w/]+\.py):", block, re.MULTILINE)


def calls_inside(frame: FrameType | None) -> list[str]:
    """Functions of the native simulator that are under way, the entry first."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(str(NATIVE)):
            found.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return found[::-1]


def test_the_path_is_that_of_a_simulation() -> None:
    rng = np.random.default_rng(0)
    network = random_network((4, 5, 3), "tanh", seed=0)
    inputs, targets = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
    compiled = compile_network(network, technology("cmos65-rram"), inputs, targets, seed=1)
    stacks = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(NATIVE)):
            stacks.append(calls_inside(frame))

    analysis = compiled.operating_point()
    sys.setprofile(note)
    try:
        Native().simulate(compiled.circuit, analysis)
    finally:
        sys.setprofile(None)
    *path, (kernel, file) = documented()
    names = [name for name, _ in path]
    assert any(stack[: len(names)] == names for stack in stacks), names
    assert len(names) + 1 <= LONGEST
    assert f"def {kernel}(" in (NATIVE / file).read_text(encoding="utf-8")
    assert all((NATIVE / where).exists() for _, where in path)


def test_the_strategies_are_those_of_the_solver() -> None:
    table = PAGE.split("| strategy | finds | used |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [type(s).__name__ for s in STRATEGIES]

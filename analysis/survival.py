"""Which system survives which non-ideality?  Each alone at the values of a technology, and all together.

    python analysis/survival.py [--technology NAME] [--chips N] [--seconds S] [--systems NAME ...]

A chip survives if its number is within the limit of the experiment; a system does if all its chips do.
A chip for which no operating point is found, or not within `--seconds` of processor time (of this process:
the load of the machine does not decide), has no number and does not survive; the chips after it are not
tried.  Every cell is stored when it is done: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from survival_systems import ALL, System

from analog_pc.errors import AnalogPcError, SimulationFailed
from analog_pc.technology import Technology, technology
from analog_pc.technology.non_idealities import RANDOM, present, with_only, without, without_non_idealities

RESULTS = Path(__file__).parent / "results"
IDEAL = "ideal parts"
LEVELS = "5 bit"
LINEAR = "all but the next two"
EVERY = "all"
NONLINEAR = ("device I-V", "saturation")
# What moves no operating point.
DYNAMIC = frozenset({"bandwidth and slew", "wire capacitance"})
OF_ARRAYS = frozenset({"wire resistance", "wire capacitance", "programming spread", LEVELS, "device I-V"})
NOISE = "amplifier noise"  # moves noise analyses alone: not measured here


def kinds(base: Technology) -> dict[str, Technology]:
    """Non-idealities, each alone, and together."""
    alone = {name: with_only(base, name) for name in present(base)}
    linear = base
    for name in NONLINEAR:
        linear = without(linear, name)
    ordered = {IDEAL: without_non_idealities(base)}
    ordered |= {name: parts for name, parts in alone.items() if name not in NONLINEAR}
    ordered[LEVELS] = replace(without_non_idealities(base), levels=32)
    ordered[LINEAR] = linear
    ordered |= {name: parts for name, parts in alone.items() if name in NONLINEAR}
    return ordered | {EVERY: base}


def acts(system: System, kind: str) -> bool:
    """Whether a non-ideality can move the system's number."""
    if kind == NOISE or (system.at_rest and kind in DYNAMIC):
        return False
    return system.has_arrays or kind not in OF_ARRAYS


def cells(systems: list[System], parts: dict[str, Technology]) -> Iterator[tuple[System, str]]:
    """Quick ones first."""
    slow = (*NONLINEAR, EVERY)
    for late in (False, True):
        yield from ((s, k) for s in systems for k in parts if acts(s, k) and (k in slow) == late)


@contextmanager
def processor_limit(seconds: float) -> Iterator[None]:
    """End what this process computes after so many seconds of its own processor time, as a failure."""

    def stop(signum: int, frame: object) -> None:
        raise SimulationFailed(f"no operating point within {seconds:g} s of processor time")

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, previous)


def measured(system: System, parts: Technology, chips: int, seconds: float) -> dict[str, Any]:
    """Numbers of the chips up to the first without one, which is None, and what the simulator said."""
    began = time.process_time()
    drawn = chips if RANDOM & set(present(parts)) else 1
    values: list[float | None] = []
    messages: list[str] = []
    for seed in range(drawn):
        try:
            with processor_limit(seconds):
                values.append(system.measure(parts, seed))
        except AnalogPcError as error:
            values.append(None)
            messages.append(str(error))
            break
    inside = [v is not None and system.low <= v <= system.high for v in values]
    return {
        "values": values,
        "survives": all(inside),
        "messages": messages,
        "seconds": round(time.process_time() - began, 1),
    }


def words(cell: dict[str, Any]) -> str:
    """Mean and range over chips, and why one has no number."""
    found = [v for v in cell["values"] if v is not None]
    why = "; ".join(cell["messages"])
    if not found:
        return why
    text = f"{np.mean(found):.4g}"
    if len(found) > 1:
        text += f" ({min(found):.4g} ... {max(found):.4g})"
    return f"{text}; chip {len(cell['values'])}: {why}" if why else text


def limit(system: System) -> str:
    """The limit in words."""
    if np.isfinite(system.low) and np.isfinite(system.high):
        return f"{system.low:.4g} ... {system.high:.4g}"
    if np.isfinite(system.high):
        return f"<= {system.high:.4g}"
    return "> 0" if 0.0 < system.low < 1e-300 else f">= {system.low:.4g}"


def table(systems: list[System], parts: dict[str, Technology], found: dict[str, Any]) -> str:
    """A row for each system, in Markdown."""
    lines = ["| system, row and limit | survives | fails |", "|---|---|---|"]
    for system in systems:
        row = found.get(system.name, {})
        columns: dict[bool, list[str]] = {True: [], False: []}
        for kind in parts:
            if kind in row and acts(system, kind):
                columns[row[kind]["survives"]].append(f"{kind} {words(row[kind])}")
        head = f"**{system.name}**: `{system.row}` {limit(system)}; {system.setting}"
        missing = [kind for kind in parts if acts(system, kind) and kind not in row]
        if missing:
            head += f"; not measured: {', '.join(missing)}"
        lines.append(f"| {head} | {'; '.join(columns[True])} | {'; '.join(columns[False])} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--technology", default="cmos65-rram")
    parser.add_argument("--chips", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time for a chip")
    parser.add_argument("--systems", nargs="+", choices=[s.name for s in ALL])
    given = parser.parse_args()
    systems = [s for s in ALL if not given.systems or s.name in given.systems]
    base = technology(given.technology)
    parts = kinds(base)
    path = RESULTS / "survival.json"
    stored: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    found = stored.setdefault(base.name, {"chips": given.chips, "cells": {}})["cells"]
    if stored[base.name]["chips"] != given.chips:
        raise SystemExit(f"{path} has {stored[base.name]['chips']} chips: remove it, or ask for as many")
    todo = list(cells(systems, parts))
    for k, (system, kind) in enumerate(todo, 1):
        row = found.setdefault(system.name, {})
        if kind not in row:
            row[kind] = measured(system, parts[kind], given.chips, given.seconds)
            path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        verdict = "survives" if row[kind]["survives"] else "fails"
        print(f"{k}/{len(todo)} {system.name}, {kind}: {verdict}, {words(row[kind])}", flush=True)
    text = table(list(ALL), parts, found)
    (RESULTS / f"survival_{base.name}.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

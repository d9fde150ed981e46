"""Does the native simulator agree with SPICE when every non-ideality is on at once, at full size?

The 64-32-10 sigmoid network trained on digits (seed 0), one test digit, both phases; amplifiers of finite
gain with a pole, a slew limit, rails, offsets and output resistance; drivers, wires and their capacitance,
access transistors; devices that are quantised, mismatched, stuck, open and bent (everything_on.toml).

The operating point, and the relaxation from zero (predict) or from the forward state (learn), in ngspice
and in VACASK.  ngspice starts its search from the native operating point, because on its own it needs gmin
stepping and 20 minutes for each (`--alone`: measured once, the answer is the same); what Newton then
accepts satisfies ngspice's own equations, to its own tolerance, or it would leave it.  The start is rounded
to a microvolt: the digits beyond decide whether ngspice accepts it or steps for ten minutes, and are its
own.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.circuit import OperatingPoint, Solution, Transient
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native, Ngspice, Simulator, Vacask
from analog_pc.technology import load_technology
from analog_pc.training import TrainingConfig, load_dataset, train
from analog_pc.verification import PHASES

MICROVOLT = 6  # decimals
RESULTS = Path(__file__).parent / "benchmarks" / "results" / "everything_on.json"
EVERYTHING = load_technology(Path(__file__).with_suffix(".toml"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulators", default="vacask,ngspice", help="judges, separated by commas")
    parser.add_argument("--phases", default=",".join(PHASES))
    parser.add_argument("--duration", type=float, default=5.0, help="of the transients, in C / g_s")
    parser.add_argument("--precision", type=float, default=1e-6, help="of a step of the judges' transients")
    parser.add_argument("--alone", action="store_true", help="ngspice finds its operating points by itself")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), lambda epoch, energy: None)
    rows: list[dict[str, Any]] = []
    for phase in given.phases.split(","):
        targets = data.one_hot(data.test_labels[:1]) if phase == "learn" else None
        compiled = compile_network(net, EVERYTHING, data.test_inputs[:1], targets)
        for name in given.simulators.split(","):
            judge: Simulator = {"ngspice": Ngspice, "vacask": Vacask}[name](timeout=20000.0)
            rows += _operating_point(compiled, phase, judge, given.alone)
            rows += _transient(compiled, phase, judge, given.duration, given.precision)
            given.out.parent.mkdir(exist_ok=True)
            given.out.write_text(json.dumps({"rows": _others(given.out, rows) + rows}, indent=1) + "\n")


def _others(path: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stored rows of what was not measured now."""
    stored = json.loads(path.read_text())["rows"] if path.exists() else []
    measured = {(row["what"], row["phase"], row["judge"]) for row in rows}
    return [row for row in stored if (row["what"], row["phase"], row["judge"]) not in measured]


def _operating_point(
    compiled: CompiledNetwork, phase: str, judge: Simulator, alone: bool
) -> list[dict[str, Any]]:
    analysis = compiled.operating_point(every_node=True)
    native, taken = _timed(Native(), compiled, analysis)
    if judge.name == "ngspice" and not alone:
        guess = dict(zip(native.nodes, native.volts[0].round(MICROVOLT).tolist(), strict=True))
        analysis = replace(analysis, preset=None, guess=guess)
    answer, seconds = _timed(judge, compiled, analysis)
    away = np.abs(answer.voltage(native.nodes) - native.volts).max() / np.abs(answer.volts).max()
    return [_row("operating point", phase, judge, native, taken, answer, seconds, float(away))]


def _transient(
    compiled: CompiledNetwork, phase: str, judge: Simulator, duration: float, precision: float
) -> list[dict[str, Any]]:
    start = "zero" if phase == "predict" else "forward"
    analysis = compiled.transient(0, start=start, duration=duration, max_step=duration)
    native, taken = _timed(Native(), compiled, analysis)
    judged = replace(analysis, precision=precision)
    answer, seconds = _timed(judge, compiled, judged)
    # Both have points of their own; native ones are the fewer, and lie between the others.
    between = CubicSpline(answer.axis, answer.volts)(native.axis)
    away = np.abs(between - native.voltage(answer.nodes)).max() / np.abs(answer.volts).max()
    return [_row("transient", phase, judge, native, taken, answer, seconds, float(away))]


def _timed(
    simulator: Simulator, compiled: CompiledNetwork, analysis: OperatingPoint | Transient
) -> tuple[Solution, float]:
    began = time.perf_counter()
    return simulator.simulate(compiled.circuit, analysis), time.perf_counter() - began


def _row(
    what: str, phase: str, judge: Simulator, native: Solution, taken: float, answer: Solution, seconds: float,
    away: float,
) -> dict[str, Any]:  # fmt: skip
    print(
        f"{phase:>8} {what:<16} {judge.version():<18} {seconds:8.1f} s ({len(answer.axis)} points), native "
        f"{taken:6.2f} s ({len(native.axis)}): differ by {away:.1e} of full scale; {answer.status}",
        flush=True,
    )
    return {
        "what": what, "phase": phase, "judge": judge.version(), "judge_seconds": seconds,
        "judge_points": len(answer.axis), "judge_status": str(answer.status), "native_seconds": taken,
        "native_points": len(native.axis), "native_status": str(native.status), "difference": away,
    }  # fmt: skip


if __name__ == "__main__":
    main()

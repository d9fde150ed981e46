"""How much less time than ngspice does the native simulator take on the same circuit?

The 64-32-10 sigmoid network trained on digits (seed 0), compiled onto real parts.  In one run, side by side:

    wired       operating points of all digits; wires and amplifiers of finite gain and bandwidth
    transient   one relaxation on the same circuit
    ideal wires a large batch of operating points: ideal parts ("ideal"), amplifiers of finite gain and
                bandwidth ("finite"), and real parts of every linear and nonlinear kind but wires ("real")

Native times include everything: checks, port admittances of the wired crossbars, reduction, solution.
"again" is the same circuit, kept, in another call. "checked" is that with the defaults, which add what
ngspice does not do: whether every operating point is where the circuit relaxes to, and stable. Compiled
code of numba is loaded before the clock starts. ngspice gets the whole batch in one process, of a wired
circuit as many samples as `--judge` says. "one" is ngspice with one sample: its start, and steps of gmin
where it needs them; what is left is its time for each of the others, which "each" compares with the native
time again.

Both take turns, ngspice several times where it takes seconds, and the best time of each counts, because what
else the machine does can only add.  "typical" compares the medians.  What `--circuits` leaves out stays as it
is stored.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.circuit import Solution
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.simulators import Native, Ngspice
from analog_pc.technology import IDEAL
from analog_pc.training import TrainingConfig, load_dataset, train

RESULTS = Path(__file__).parent / "results" / "native.json"
PHASES = ("predict", "learn")
AGAIN = 5  # times on each kept circuit
CHECKED = 2  # the same with the defaults; the first of them makes the circuit ready
TURNS = {"ideal": 5, "finite": 5}  # of ngspice; once on the other circuits
FINITE = replace(IDEAL, name="finite amplifiers", opamp_gain=1e4, opamp_gain_bandwidth=1e9)
CIRCUITS = ("wired", "transient", "ideal", "finite", "real")
WIRED = replace(FINITE, name="wires, finite amplifiers", word_line_resistance=1.0, bit_line_resistance=1.0)
REAL = replace(
    FINITE,
    name="real parts, ideal wires",
    opamp_slew_rate=1e9,
    opamp_saturation=1.0,
    opamp_offset=1e-3,
    opamp_output_resistance=100.0,
    driver_resistance=50.0,
    word_line_capacitance=1e-16,
    bit_line_capacitance=1e-16,
    access_resistance=1e3,
    activation_gain_spread=0.01,
    activation_offset_spread=1e-3,
    levels=64,
    stuck_on=0.001,
    open_cells=0.01,
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judge", type=int, default=100, help="samples that ngspice gets of a wired circuit")
    parser.add_argument(
        "--rounds", type=int, default=10, help="native rounds, each with a circuit of its own"
    )
    parser.add_argument("--timeout", type=float, default=7200.0, help="seconds of one ngspice run")
    parser.add_argument("--circuits", nargs="+", choices=CIRCUITS, default=CIRCUITS)
    given = parser.parse_args()
    data = load_dataset("digits", 0)
    net = train(random_network((64, 32, 10), seed=0), data, TrainingConfig(), lambda epoch, energy: None)
    ngspice = Ngspice(timeout=given.timeout)
    for samples in (2, 200):  # loads compiled code
        Native().simulate(*_points(_compiled(net, data, WIRED, "learn", samples)))
    batches = {"wired": (WIRED, 100, given.judge), "ideal": (IDEAL, 1000, 1000),
               "finite": (FINITE, 1000, 1000), "real": (REAL, 1000, 1000)}  # fmt: skip
    rows: list[dict[str, Any]] = []
    for phase in PHASES:
        for circuit in given.circuits:
            if circuit == "transient":
                rows += _transient(net, data, phase, ngspice, given.rounds)
            else:
                technology, samples, judged = batches[circuit]
                turns = given.rounds, TURNS.get(circuit, 1)
                rows += _operating_points(net, data, technology, phase, samples, judged, ngspice, turns)
    about = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "simulator": ngspice.version(),
        "network": "64-32-10 sigmoid",
        "machine": platform.machine(),
    }
    RESULTS.write_text(json.dumps({"about": about, "rows": _others(rows) + rows}, indent=1) + "\n")
    print(f"stored in {RESULTS.name}")


def _others(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stored rows of what was not measured now."""
    stored = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
    measured = {_key(row) for row in rows}
    return [row for row in stored if _key(row) not in measured]


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["what"], row["technology"], row["phase"]


def _compiled(
    net: PredictiveCodingNetwork, data: Any, technology: Any, phase: str, samples: int
) -> CompiledNetwork:
    chosen = np.arange(samples) % len(data.test_inputs)
    targets = data.one_hot(data.test_labels)[chosen] if phase == "learn" else None
    return compile_network(net, technology, data.test_inputs[chosen], targets)


def _points(compiled: CompiledNetwork, samples: int | None = None) -> tuple[Any, Any]:
    return compiled.circuit, compiled.operating_point(None if samples is None else list(range(samples)))


def _timed(simulator: Native | Ngspice, asked: tuple[Any, Any]) -> tuple[Solution, float]:
    began = time.perf_counter()
    return simulator.simulate(*asked), time.perf_counter() - began


def _operating_points(
    net: PredictiveCodingNetwork,
    data: Any,
    technology: Any,
    phase: str,
    samples: int,
    judged: int,
    ngspice: Ngspice,
    turns: tuple[int, int],
) -> list[dict[str, Any]]:
    compiled = _compiled(net, data, technology, phase, samples)
    times: dict[str, list[float]] = {"first": [], "again": [], "spice": []}
    points, judged_points = _points(compiled), _points(compiled, judged)
    rounds, judgements = turns
    for k in range(rounds):
        native = Native(check_stability=False)
        solution, first = _timed(native, points)
        times["first"].append(first)
        times["again"] += [_timed(native, points)[1] for _ in range(AGAIN)]
        if k % -(-rounds // judgements) == 0:
            answer, spice = _timed(ngspice, judged_points)
            times["spice"].append(spice)
    with_check = Native()
    checked = min(_timed(with_check, points)[1] for _ in range(1 + CHECKED)) / samples
    one = _timed(ngspice, _points(compiled, 1))[1]
    difference = np.abs(solution.voltage(answer.nodes)[:judged] - answer.volts).max()
    best = {k: min(v) for k, v in times.items()}
    typical = {k: float(np.median(v)) for k, v in times.items()}
    row = {
        "what": "operating points", "technology": technology.name, "phase": phase, "samples": samples,
        "native_seconds": best["first"], "native_again_seconds": best["again"],
        "native_checked_seconds_per_sample": checked, "ngspice_samples": judged,
        "ngspice_seconds": best["spice"], "ngspice_one_seconds": one, "ngspice_runs": len(times["spice"]),
        "typical_seconds": typical, "status": str(answer.status),
        "difference": float(difference / np.abs(answer.volts).max()),
    }  # fmt: skip
    per_sample = best["spice"] / judged
    row["ratio"] = per_sample / (best["first"] / samples)
    row["ratio_again"] = per_sample / (best["again"] / samples)
    row["ratio_again_typical"] = (typical["spice"] / judged) / (typical["again"] / samples)
    row["ratio_each"] = ((best["spice"] - one) / (judged - 1)) / (best["again"] / samples)
    row["ratio_checked"] = per_sample / checked
    print(
        f"{phase:>8} {samples:>5} points, {technology.name:<26} native {best['first']:.3g} s (again "
        f"{best['again']:.3g} s), ngspice {best['spice']:.3g} s for {judged} (one {one:.3g} s): "
        f"{row['ratio']:.0f}x a sample (again {row['ratio_again']:.0f}x, typical "
        f"{row['ratio_again_typical']:.0f}x, each {row['ratio_each']:.0f}x, checked "
        f"{row['ratio_checked']:.0f}x), differ by {row['difference']:.0e}",
        flush=True,
    )
    return [row]


def _transient(
    net: PredictiveCodingNetwork, data: Any, phase: str, ngspice: Ngspice, rounds: int
) -> list[dict[str, Any]]:
    compiled = _compiled(net, data, WIRED, phase, 1)
    start = "zero" if phase == "predict" else "forward"
    analysis = compiled.transient(0, start=start, duration=5.0, max_step=5.0)
    seconds = []
    for _ in range(rounds):
        run, taken = _timed(Native(), (compiled.circuit, analysis))
        seconds.append(taken)
    answer, spice = _timed(ngspice, (compiled.circuit, analysis))
    native = float(np.median(seconds))
    difference = np.abs(CubicSpline(answer.axis, answer.volts)(run.axis) - run.volts).max()
    row = {
        "what": "transient", "technology": WIRED.name, "phase": phase, "samples": 1,
        "native_seconds": native, "native_points": len(run.axis), "ngspice_seconds": spice,
        "ngspice_points": len(answer.axis), "difference": float(difference / np.abs(answer.volts).max()),
        "ratio": spice / native,
    }  # fmt: skip
    print(
        f"{phase:>8} transient,    {WIRED.name:<26} native {native:.3g} s, ngspice {spice:.3g} s: "
        f"{row['ratio']:.0f}x, differ by {row['difference']:.0e}",
        flush=True,
    )
    return [row]


if __name__ == "__main__":
    main()

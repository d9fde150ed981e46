"""Free phases of resistive networks with ideal diodes: `settle`, coordinate descent, and ngspice, in one run.

784-n-10 networks of random conductances, gain 100, inputs U(0, 1) of which one in five is not 0, 100 samples
at once.  Coordinate descent is the fixed point of v = clip((sum g v + b) / sum g), layer by layer, swept
until its currents balance as those of `settle` do; ngspice runs the circuit with diodes of emission
coefficient 0.001, four samples of networks up to n = 128, and is given per sample.

    python analysis/benchmarks/resistive.py
    python analysis/benchmarks/resistive.py --widths 64 128 --samples 20

Prints a table and writes results/resistive.json next to this file.  All take turns; medians.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.compiler.resistive import ResistiveParts, compile_resistive_network
from analog_pc.resistive import ResistiveNetwork, random_resistive_network, settle
from analog_pc.resistive.equations import equations, no_load
from analog_pc.simulators import Ngspice

RESULTS = Path(__file__).parent / "results" / "resistive.json"
WIDTHS = (64, 128, 256, 512, 1024)
IN_NGSPICE = 4  # samples
WIDEST_IN_NGSPICE = 128
ROUNDS = 5
SWEEPS = 10_000


def coordinate_descent(network: ResistiveNetwork, inputs: Floats, residual: float) -> tuple[Floats, int]:
    """Outputs, and the sweeps until every sample's currents balance to the residual."""
    sources = network.sources(inputs)
    eq = equations(network, sources, no_load(network, len(sources)))
    hidden = np.zeros_like(eq.currents[0])
    output = np.zeros_like(eq.currents[1])
    sign = eq.signs[0]
    for sweep in range(1, SWEEPS + 1):
        best = (eq.currents[0] + output @ eq.below[0]) / eq.diagonal[0]
        hidden = np.where(sign * best < 0.0, 0.0, best)
        output = (eq.currents[1] + hidden @ eq.below[0].T) / eq.diagonal[1]
        forces = eq.forces([hidden, output])
        worst = np.where((hidden == 0.0) & (sign * forces[0] > 0.0), 0.0, np.abs(forces[0])).max(axis=1)
        if (worst <= residual * eq.scale([hidden, output])).all():
            return output, sweep
    return output, SWEEPS


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def measure(width: int, samples: int) -> dict[str, float]:
    """Seconds a sample, and how far the others are from `settle`."""
    rng = np.random.default_rng(width)
    network = random_resistive_network((784, width, 10), gain=100.0, seed=rng)
    inputs = rng.uniform(0.0, 1.0, (samples, 784)) * (rng.uniform(size=(samples, 784)) < 0.2)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        seconds, found = timed(lambda: settle(network, inputs))
        ours.append(seconds)
        seconds, (output, sweeps) = timed(lambda: coordinate_descent(network, inputs, 64.0 * 2.0**-52))
        theirs.append(seconds)
    full_scale = float(np.abs(found.output).max())
    row = {
        "width": width,
        "devices": network.devices,
        "settle": float(np.median(ours)) / samples,
        "coordinate descent": float(np.median(theirs)) / samples,
        "sweeps": sweeps,
        "residual": float(found.relaxation.residual.max()),
        "descent away": float(np.abs(output - found.output).max()) / full_scale,
    }
    if width <= WIDEST_IN_NGSPICE:
        seconds, away = in_ngspice(network, inputs[:IN_NGSPICE], found.output[:IN_NGSPICE])
        row |= {"ngspice": seconds / IN_NGSPICE, "ngspice away": away / full_scale}
    return row


def in_ngspice(network: ResistiveNetwork, inputs: Floats, output: Floats) -> tuple[float, float]:
    """Seconds, and how far the outputs are from the ideal ones, in units."""
    parts = ResistiveParts(volts=1.0, emission=1e-3)
    compiled = compile_resistive_network(network, inputs, None, parts)
    seconds, solution = timed(lambda: Ngspice().simulate(compiled.circuit, compiled.operating_point()))
    return seconds, float(np.abs(compiled.decode(solution).output - output).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--samples", type=int, default=100)
    chosen = parser.parse_args()
    rows = []
    print("width   settle  descent (sweeps)  ngspice, ms a sample   ngspice / settle   descent / settle")
    with single_threaded_blas():
        for width in chosen.widths:
            row = measure(width, chosen.samples)
            rows.append(row)
            ours = row["settle"]
            spice = row.get("ngspice", np.nan)
            descent = row["coordinate descent"]
            print(
                f"{width:5d} {1e3 * ours:8.3f} {1e3 * descent:8.3f} ({row['sweeps']:5.0f})"
                f" {1e3 * spice:10.1f} {spice / ours:20.0f} {descent / ours:18.1f}",
                flush=True,
            )
    RESULTS.write_text(json.dumps({"samples": chosen.samples, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

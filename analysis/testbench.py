"""How near is a whole learning trial in ngspice to its behavioural model, and what does it cost?

Every example at several precisions of a step: points of time, seconds of ngspice, largest deviation of a
change of conductance (of the full scale and of the largest change), of an activity, of a held error; then how
far device and pulses are from the ideal rule.  And the trials without a clock, against their equation.

    python analysis/testbench.py                      # bear and 8-6-3, half a minute
    python analysis/testbench.py --digits             # with 64-32-10: ten minutes

Stored as analysis/benchmarks/results/testbench.json; an example that is not run keeps its rows.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import time
from pathlib import Path
from typing import Any

from analog_pc.simulators import Ngspice
from analog_pc.testbench import (
    EXAMPLES,
    ContinuousTestbench,
    behavioural_model,
    build_testbench,
    compare_continuous,
    compare_with_model,
    compare_with_rule,
    flow_of,
    run_continuous,
    run_testbench,
)

RESULTS = Path(__file__).parent / "benchmarks" / "results" / "testbench.json"
PRECISIONS = {
    "bear": (1e-5, 1e-6, 1e-7, 1e-8),
    "8-6-3": (1e-5, 1e-6, 1e-7, 1e-8),
    "digits": (1e-5, 1e-6, 1e-7),
}
HEAD = (
    f"{'example':<8} {'precision':>9} {'points':>7} {'s':>7} {'change':>8} {'of scale':>9} {'of change':>9} "
)
HEAD += f"{'activity':>9} {'weighted_eps':>8} {'lr':>6} {'in effect':>9} {'degrees':>8}"


def pulsed(name: str) -> list[dict[str, Any]]:
    """Rows of one example, a row for each precision."""
    example = EXAMPLES[name]()
    bench = build_testbench(example.network, example.inputs, example.target, lr=example.lr)
    expected, rows = behavioural_model(bench), []
    for precision in PRECISIONS[name]:
        began = time.perf_counter()
        result = run_testbench(bench, precision=precision)
        seconds = time.perf_counter() - began
        a, d = compare_with_model(bench, result, expected), compare_with_rule(bench, result, expected)
        row = {
            "example": name,
            "devices": len(a.model),
            "precision": precision,
            "points": len(result.times),
            "seconds": seconds,
            "largest_change_of_scale": a.largest_change,
            "apart_of_scale": a.of_scale,
            "apart_of_change": a.of_change,
            "activities": list(a.activities),
            "weighted_eps": a.weighted_eps,
            "lr": bench.lr,
            "lr_in_effect": d.lr,
            "degrees_from_rule": d.angle,
            "residual_of_rule": d.residual,
            "outputs": {k: getattr(d, k).tolist() for k in ("before", "again", "ideal", "at_lr")},
            "target": bench.target.tolist(),
        }
        rows.append(row)
        show(row)
    return rows


def show(row: dict[str, Any]) -> None:
    cost = f"{row['points']:>7} {row['seconds']:>7.1f}"
    apart = f"{row['apart_of_scale']:>9.1e} {row['apart_of_change']:>9.1e} {max(row['activities']):>9.1e}"
    rule = f"{row['lr']:>6g} {row['lr_in_effect']:>9.3g} {row['degrees_from_rule']:>8.2f}"
    first = f"{row['example']:<8} {row['precision']:>9.0e} {cost} {row['largest_change_of_scale']:>8.1%}"
    print(f"{first} {apart} {row['weighted_eps']:>8.1e} {rule}", flush=True)


def continuous(name: str) -> dict[str, Any]:
    """The same example with weights on capacitors."""
    example = EXAMPLES[name]()
    bench = ContinuousTestbench(example.network, example.inputs, example.target)
    found = run_continuous(bench)
    c = compare_continuous(bench, found, flow_of(bench, found.times))
    print(
        f"{name:<8} continuous: {len(found.times)} points, weights apart {c.weights:.1e} of a largest change "
        f"of {c.largest_change:.3g}, activities {c.activities:.1e}, adrift {c.adrift:.1e}"
    )
    return {
        "example": name,
        "points": len(found.times),
        "weights": c.weights,
        "activities": c.activities,
        "largest_change": c.largest_change,
        "adrift": c.adrift,
        "before": c.before.tolist(),
        "again": c.again.tolist(),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--digits", action="store_true", help="64-32-10 as well")
    names = ["bear", "8-6-3", *(["digits"] if options.parse_args().digits else [])]
    stored: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"pulsed": []}
    print(HEAD)
    kept = [row for row in stored["pulsed"] if row["example"] not in names]
    found = [row for name in names for row in pulsed(name)]
    report = {
        "simulator": Ngspice().version(),
        "pulsed": found + kept,
        "continuous": [continuous(name) for name in ("bear", "8-6-3")],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

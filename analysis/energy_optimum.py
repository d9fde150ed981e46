"""How small may the node capacitor be, and what does that save?

*size*: the smallest capacitor of every technology that keeps the modes of a network damped
(`size_node_capacitor`): a trained 64-32-10 sigmoid network, and 64-40-20-10 networks of tanh and relu as
scikit-learn trains them on digits; the same with a hundredth of its weights times 8 (outliers).

*robust*: damping and settling of the shipped technologies over samples and chips (programming, mismatch and
wires of every seed; offsets left out, which move operating points but hardly modes).

*compare*: cost of 64-32-10 on real chips, everything on: with the capacitors as they were shipped before
sizing, as they are shipped now, and sized for that network.

*formula*: settling and energy of 64-32-10 on chips as shipped, by formula over those of the simulation.

*parts*: amplifier, spring and node capacitor as shipped and by rule (`size_amplifier` at the bandwidth that
the technology has, `size_spring`, `size_node_capacitor`); area of a node, and settling of 64-32-10 by
formula, times the power of an amplifier.

    python analysis/energy_optimum.py size robust compare formula parts    # an hour on two cores
    python analysis/energy_optimum.py size --networks digits --technologies pcm
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small are faster on one thread

import argparse
import json
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from analog_pc.arrays import Floats
from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.cost import (
    network_cost,
    process_of,
    size_amplifier,
    size_node_capacitor,
    size_spring,
)
from analog_pc.cost.formula import formula_settling
from analog_pc.cost.network import scales_of_all
from analog_pc.cost.sizing import modes_at
from analog_pc.errors import SimulationFailed
from analog_pc.files import write_text
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.technology import TECHNOLOGIES, Technology, technology
from analog_pc.training import TrainingConfig, train
from analog_pc.training.datasets import load_dataset

RESULTS = Path(__file__).parent / "results" / "cost" / "energy_optimum.json"
BEFORE = {  # F, as shipped before sizing
    "breadboard": 1e-9,
    "cmos130-rram": 2e-12,
    "cmos65-rram": 4e-12,
    "ecram": 2e-12,
    "pcm": 2e-12,
    "sonos": 1e-12,
}
NETWORKS = ("digits", "tanh", "relu", "outliers")
SEEDS = 3
ROBUST_SAMPLES = 2
COMPARED_SAMPLES = 4
Task = tuple[PredictiveCodingNetwork, Floats, Floats]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="+", choices=list(STEPS))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--technologies", default=",".join(BEFORE))
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    names = arguments.technologies.split(",")
    for step in arguments.steps:
        for network in arguments.networks.split(",") if step in ("size", "robust") else ["digits"]:
            task = tasks(network)
            for name in names:
                key = f"{step}/{network}/{name}"
                began = time.perf_counter()
                found = STEPS[step](task, technology(name))
                print(key, json.dumps(found)[:200], f"{time.perf_counter() - began:.1f} s", flush=True)
                store(arguments.out, step, network, name, found)


def tasks(name: str) -> Task:
    """Network, test inputs and one-hot targets."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.data))
    x = digits.data[order] / 16.0
    labels = digits.target[order]
    test_x = x[1437:]
    test_t = np.eye(10)[labels[1437:]]
    if name == "digits":
        data = load_dataset("digits")
        network = random_network((64, 32, 10), "sigmoid", seed=0)
        network = train(network, data, TrainingConfig(), lambda *_: None)
        return network, data.test_inputs, data.one_hot(data.test_labels)
    activation = "relu" if name == "relu" else "tanh"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it did not converge, which does not matter here
        model = MLPClassifier((40, 20), activation=activation, max_iter=300, random_state=0)
        model.fit(x[:1437], labels[:1437])
    weights = [w.T.copy() for w in model.coefs_]
    if name == "outliers":
        rng = np.random.default_rng(0)
        for w in weights:
            w.flat[rng.choice(w.size, max(1, w.size // 100), replace=False)] *= 8.0
    return PredictiveCodingNetwork(weights, model.intercepts_, activation), test_x, test_t


def size(task: Task, made_of: Technology) -> dict[str, Any]:
    """The rule's answer, starting from the capacitor before sizing."""
    start = replace(made_of, node_capacitance=BEFORE[made_of.name])
    try:
        found = size_node_capacitor(start, *task)
    except SimulationFailed as failure:
        return {"failed": str(failure)}
    return {"before": start.node_capacitance, **asdict(found)}


def robust(task: Task, made_of: Technology) -> dict[str, Any]:
    """Least damping and slowest settling, for every chip and phase."""
    network, x, t = task
    found: dict[str, Any] = {"farads": made_of.node_capacitance, "chips": []}
    for seed in range(SEEDS):
        try:
            row = modes_at(made_of, network, x[:ROBUST_SAMPLES], t[:ROBUST_SAMPLES], seed=seed)
            found["chips"].append({"seed": seed, "damping": row.damping, "settling": _number(row.settling)})
        except SimulationFailed as failure:
            found["chips"].append({"seed": seed, "failed": str(failure)})
    return found


def compare(task: Task, made_of: Technology) -> dict[str, Any]:
    """Cost of predict and learn on real chips with three capacitors."""
    network, x, t = task
    own = size_node_capacitor(made_of, network, x, t)
    found: dict[str, Any] = {}
    capacitors = {"before": BEFORE[made_of.name], "shipped": made_of.node_capacitance, "own": own.farads}
    for what, farads in capacitors.items():
        chip = replace(made_of, node_capacitance=farads)
        found[what] = {"farads": farads, "chips": []}
        for seed in range(SEEDS):
            cost = network_cost(
                network, chip, x, t, seed=seed, samples=COMPARED_SAMPLES, phases=["predict", "learn"]
            )
            row = {
                name: {
                    "energy": _number(p.energy),
                    "latency": _number(p.latency),
                    "gated_energy": _number(p.gated_energy),
                    "formula_energy": _number(p.formula_energy),
                    "formula_latency": _number(p.formula_latency),
                    "method": p.method,
                    "notes": list(p.notes),
                }
                for name, p in cost.phases.items()
            }
            found[what]["chips"].append({"seed": seed, "area": cost.area, **row})
    return found


def formula(task: Task, made_of: Technology) -> dict[str, Any]:
    """Latency and energy of predict and learn on the shipped chips, by formula over simulated."""
    network, x, t = task
    rows: list[dict[str, Any]] = []
    for seed in range(SEEDS):
        cost = network_cost(
            network, made_of, x, t, seed=seed, samples=COMPARED_SAMPLES, phases=["predict", "learn"]
        )
        for name, phase in cost.phases.items():
            rows.append(
                {
                    "seed": seed,
                    "phase": name,
                    "method": phase.method,
                    "latency": _number(phase.latency),
                    "latency_ratio": _number(phase.formula_latency / phase.latency),
                    "energy_ratio": _number(phase.formula_energy / phase.energy),
                }
            )
    return {"farads": made_of.node_capacitance, "chips": rows}


def parts(task: Task, made_of: Technology) -> dict[str, Any]:
    """The technology's parts before and after sizing."""
    sized = size_amplifier(made_of).apply(made_of)
    sized = size_spring(sized).apply(sized)
    sized = size_node_capacitor(sized).apply(sized)
    short = size_amplifier(made_of).short(made_of)
    return {"short": list(short), "before": _described(task, made_of), "after": _described(task, sized)}


FIELDS = (
    "opamp_gain",
    "opamp_gain_bandwidth",
    "opamp_slew_rate",
    "opamp_offset",
    "opamp_noise",
    "opamp_power",
    "spring_conductance",
    "node_capacitance",
)


def _described(task: Task, chip: Technology) -> dict[str, Any]:
    """Values of the sized fields, area of a node's capacitor and spring, settling of 64-32-10 by formula."""
    network, x, t = task
    process = process_of(chip)
    area = chip.node_capacitance / process.value("capacitor_density")
    area += 1.0 / chip.spring_conductance / process.value("resistor_density")
    found: dict[str, Any] = {field: _number(getattr(chip, field)) for field in FIELDS}
    found["node_area"] = area
    options = CompileOptions(volts_per_unit=scales_of_all(network, chip, x, t))
    for name, targets in (("predict", None), ("learn", t[:ROBUST_SAMPLES])):
        compiled = compile_network(network, chip, x[:ROBUST_SAMPLES], targets, options=options)
        seconds = formula_settling(compiled)
        found[name] = {
            "settling": _number(seconds),
            "joules_per_amplifier": _number(seconds * chip.opamp_power),
        }
    return found


def store(path: Path, step: str, network: str, name: str, found: dict[str, Any]) -> None:
    """One more answer in the file, which may hold those of other runs."""
    table = json.loads(path.read_text()) if path.exists() else {}
    table.setdefault(step, {}).setdefault(network, {})[name] = found
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(_json(table), indent=1, allow_nan=False) + "\n")


def _json(value: Any) -> Any:
    """The same with None for what is not a number."""
    if isinstance(value, dict):
        return {key: _json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_json(entry) for entry in value]
    return _number(value) if isinstance(value, float) else value


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


STEPS: dict[str, Callable[[Task, Technology], dict[str, Any]]] = {
    "size": size,
    "robust": robust,
    "compare": compare,
    "formula": formula,
    "parts": parts,
}
assert set(BEFORE) == set(TECHNOLOGIES) - {"ideal"}


if __name__ == "__main__":
    main()

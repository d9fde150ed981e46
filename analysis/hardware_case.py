"""The case for the hardware: one network on the chip, on digital machines, and on this processor, in one run.

A 64-32-10 sigmoid network trained on digits: power, settling and energy by part from the native simulator, as
shipped, with the node capacitor sized for it, and with amplifiers of less power for their bandwidth.  Beside
it the digital machines of `cost.digital_baselines`, this processor measured in the same run among them; the
hand calculations that preceded the simulator; and, over the width, the energies that `break_even.py` has
stored, over this processor's.

    python analysis/hardware_case.py            # stores results/cost/hardware_case.json; a few minutes
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small are faster on one thread

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analog_pc.cost import digital_baselines, network_cost, size_node_capacitor
from analog_pc.files import write_text
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.technology import Technology, technology
from analog_pc.training import TrainingConfig, load_dataset, train

FOLDER = Path(__file__).parent / "results" / "cost"
TECHNOLOGIES = ("cmos65-rram", "ecram")
SIZES = (64, 32, 10)
SAMPLES = 4
JOULES_PER_HERTZ = {"2 pJ/Hz amplifiers": 2.0e-12, "0.2 pJ/Hz amplifiers": 0.2e-12}
OWN = "cmos65-rram"  # of the table over the width
GROUPS = {
    "converters": ("input DACs", "target DACs", "output ADCs"),
    "arrays": ("crossbars",),
    "resistors": ("springs", "feedback resistors", "driver resistances"),
    "capacitors": ("node capacitors", "line capacitors"),
}
LOADS = ("amplifier outputs",)  # what loads take from the supply, beside the quiescent power


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=FOLDER / "hardware_case.json")
    arguments = parser.parse_args()
    data = load_dataset("digits", 0)
    network = train(random_network(SIZES, "sigmoid", seed=0), data, TrainingConfig(epochs=20))
    x = data.test_inputs[:SAMPLES]
    t = data.one_hot(data.test_labels[:SAMPLES])
    found = {
        "network": "64-32-10, sigmoid, trained on digits",
        "chips": [row for name in TECHNOLOGIES for row in chips(technology(name), network, x, t)],
        "machines": machines(network, x, t),
        "assumed": assumed(SIZES),
        "widths": over_widths(json.loads((FOLDER / "break_even.json").read_text())[OWN]),
    }
    write_text(arguments.out, json.dumps(found, indent=1) + "\n")
    show(found)


def chips(
    shipped: Technology, network: PredictiveCodingNetwork, x: np.ndarray, t: np.ndarray
) -> list[dict[str, Any]]:
    """Costs as shipped, with a sized capacitor, and then with better amplifiers."""
    sized = size_node_capacitor(shipped, network, x, t, samples=2).apply(shipped)
    variants = {"as shipped": shipped, "sized capacitor": sized}
    for name, joules in JOULES_PER_HERTZ.items():
        variants[f"sized, {name}"] = replace(sized, opamp_power=joules * sized.opamp_gain_bandwidth)
    rows = []
    for what, made_of in variants.items():
        cost = network_cost(network, made_of, x, t, samples=2)
        for name, phase in cost.phases.items():
            amplifiers = {
                part.part: part.count
                for part in phase.parts
                if part.part not in (*LOADS, *(one for names in GROUPS.values() for one in names))
            }
            row = {
                "technology": made_of.name,
                "variant": what,
                "phase": name,
                "farads": made_of.node_capacitance,
                "amplifier watts": made_of.opamp_power,
                "joules per hertz": made_of.opamp_power / made_of.opamp_gain_bandwidth,
                "active parts": amplifiers,
                "settling": phase.settling,
                "latency": phase.latency,
                "energy": phase.energy,
                "formula": phase.formula_energy,
                "gated": phase.gated_energy,
                "parts": {
                    part.part: {"count": part.count, "watts": part.power, "joules": part.energy}
                    for part in phase.parts
                },
            }
            rows.append({key: plain(value) for key, value in row.items()})
            print(
                f"{made_of.name:13} {what:28} {name:8} {phase.latency:9.3g} s {phase.energy:9.3g} J",
                flush=True,
            )
    return rows


def plain(value: Any) -> Any:
    """NaN is no JSON."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def machines(network: PredictiveCodingNetwork, x: np.ndarray, t: np.ndarray) -> list[dict[str, Any]]:
    """Digital machines with the same network, this processor measured."""
    return [
        {
            "machine": one.name,
            "phase": one.phase,
            "energy": plain(one.energy),
            "latency": plain(one.latency),
            "assumption": one.assumption,
            "source": one.source,
            "grade": one.grade,
        }
        for one in digital_baselines(network, x, t)
    ]


def assumed(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Two calculations by hand from before the simulator: amplifiers by count, watts and time.

    The first: 2 amplifiers an input, 7 a hidden node, 4 an output, 0.2 mW each for 100 MHz, tau = 1 pF
    / 10 uS, settled to 1e-3, layer after layer where the feedback is off.  The second: the amplifiers of the
    circuit with op-amps as input drivers, 1.4 mW each for 200 MHz, 4 pF; the margin 2.42e6 / s (learn) and
    1.82e6 / s (predict) of its slowest mode, settled to 1e-2.
    """
    inputs, *hidden, outputs = sizes
    count = 2 * inputs + 7 * sum(hidden) + 4 * outputs
    settled = math.log(1e3) * 1e-12 / 1e-5
    layers = len(sizes) - 1
    low = {"predict": layers * settled, "learn": settled}
    high = {"predict": math.log(1e2) / 1.82e6, "learn": math.log(1e2) / 2.42e6}
    return [
        {
            "calculation": "0.2 mW amplifiers, tau 100 ns",
            "amplifiers": count,
            "amplifier watts": 2e-4,
            "joules per hertz": 2e-4 / 1e8,
            "settling": low,
            "energy": {phase: count * 2e-4 * seconds for phase, seconds in low.items()},
        },
        {
            "calculation": "1.4 mW amplifiers, 4 pF",
            "amplifiers": 318,
            "amplifier watts": 1.4e-3,
            "joules per hertz": 1.4e-3 / 2e8,
            "settling": high,
            "energy": {phase: 318 * 1.4e-3 * seconds for phase, seconds in high.items()},
        },
    ]


def over_widths(stored: dict[str, Any]) -> list[dict[str, Any]]:
    """Stored energies of width-width-10 networks, and this processor's for the same networks and stimuli."""
    found = []
    for width in sorted({row["width"] for row in stored["sized"]["rows"]}):
        rng = np.random.default_rng([0, width])
        network = random_network((width, width, 10), "tanh", seed=0)
        x = rng.random((2, width))
        t = np.eye(10)[rng.integers(0, 10, 2)]
        processor = [one for one in machines(network, x, t) if one["machine"].startswith("this CPU")]
        for what, kept in stored.items():
            rows = [row for row in kept["rows"] if row["width"] == width]
            for row in rows:
                found.append(
                    {key: row[key] for key in ("width", "phase", "baseline", "analog", "digital", "method")}
                    | {"variant": what}
                )
            own = {row["phase"]: row for row in rows}
            for one in processor:
                names = ("learn", "learn and write") if one["phase"] == "learn" else ("predict",)
                for phase in names:
                    found.append(
                        {
                            "width": width,
                            "phase": phase,
                            "baseline": one["machine"],
                            "analog": own[phase]["analog"],
                            "digital": one["energy"],
                            "method": own[phase]["method"],
                            "variant": what,
                        }
                    )
    return found


def crossing(rows: list[dict[str, Any]], variant: str, phase: str, baseline: str) -> float | None:
    """Width from which on the chip takes less energy, on a logarithmic scale; None beyond the stored ones."""
    chosen = [
        row
        for row in rows
        if (row["variant"], row["phase"], row["baseline"]) == (variant, phase, baseline)
        and row["digital"] is not None
    ]
    ratios = [math.log(row["analog"] / row["digital"]) for row in chosen]
    widths = [row["width"] for row in chosen]
    if not ratios or ratios[-1] > 0.0:
        return None
    last = max((k for k, ratio in enumerate(ratios) if ratio > 0.0), default=-1)
    if last < 0:
        return float(widths[0])
    share = ratios[last] / (ratios[last] - ratios[last + 1])
    return float(widths[last] * (widths[last + 1] / widths[last]) ** share)


def show(found: dict[str, Any]) -> None:
    for one in found["machines"]:
        energy = one["energy"] or math.nan
        latency = one["latency"] or math.nan
        print(f"{one['machine']:36} {one['phase']:8} {latency:9.3g} s {energy:9.3g} J")
    for one in found["assumed"]:
        print(one["calculation"], one["amplifiers"], one["settling"], one["energy"])
    rows = found["widths"]
    for variant in ("shipped", "sized"):
        for phase in ("predict", "learn", "learn and write"):
            for baseline in dict.fromkeys(row["baseline"] for row in rows if row["phase"] == phase):
                print(
                    f"{variant:8} {phase:16} {baseline:40} wins from width",
                    crossing(rows, variant, phase, baseline),
                )


if __name__ == "__main__":
    main()

"""Do ordinary trained networks survive the parts of the stock technologies, and what makes them?

Networks of scikit-learn's `MLPClassifier`, softmax dropped: 64-40-20-10 on its digits with tanh and relu, the
tanh one with four weights of each hidden layer times 8; with ``--file`` 784-100-10 relu on 10000 images of
28 x 28.  The chips are relaxed in closed form (`EffectiveRelaxer`), inputs alone clamped, on test samples.

    python analysis/ordinary_networks.py                             # digits, all technologies: a minute
    python analysis/ordinary_networks.py --ablate                    # what each measure is worth
    python analysis/ordinary_networks.py --file mnist10k.npz --networks mnist --chips 2 --samples 200

A sample that is not at rest is never counted as right; "low" and "high" are of the chips.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from analog_pc.arrays import Floats, Ints
from analog_pc.compiler import program_arrays
from analog_pc.files import write_text
from analog_pc.mapping import forward_ranges
from analog_pc.pcn import PredictiveCodingNetwork, accuracy_of, make_clamps, relax
from analog_pc.relaxers import EffectiveRelaxer
from analog_pc.technology import TECHNOLOGIES, Technology, technology

RESULTS = Path(__file__).parent / "results" / "ordinary_networks.json"
MEASURES = (
    "all",
    "one voltage for all layers",
    "no auto-zero",
    "one resistor an array",
)  # in place of its own


@dataclass(frozen=True, eq=False)
class Case:
    """A network and its test samples."""

    network: PredictiveCodingNetwork
    inputs: Floats
    labels: Ints


def cases(names: list[str], file: Path | None, samples: int) -> Iterator[tuple[str, Case]]:
    """The networks of that name, trained."""
    for name in names:
        if name == "mnist":
            if file is None:
                raise SystemExit("network mnist needs --file")
            with np.load(file) as data:
                images = data["images"]
                labels = data["labels"].astype(np.int64)
            inputs = images.reshape(len(images), -1) / 255.0
            yield name, trained(inputs, labels, (100,), "relu", 30, samples)
            continue
        inputs, labels = load_digits(return_X_y=True)
        activation = "relu" if name == "relu" else "tanh"
        case = trained(inputs / 16.0, labels, (40, 20), activation, 400, samples)
        yield name, with_outliers(case) if name == "outliers" else case


def trained(
    inputs: Floats, labels: Ints, hidden: tuple[int, ...], activation: str, epochs: int, samples: int
) -> Case:
    train, test, right, wanted = train_test_split(
        inputs, labels, test_size=500, random_state=0, stratify=labels
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged to its last digit
        model = MLPClassifier(hidden, activation=activation, max_iter=epochs, random_state=0)
        model.fit(train, right)
    weights = [np.ascontiguousarray(w.T) for w in model.coefs_]
    network = PredictiveCodingNetwork(weights, model.intercepts_, activation=activation)
    return Case(network, test[:samples], wanted[:samples])


def with_outliers(case: Case, factor: float = 8.0, each: int = 4) -> Case:
    """Some weights of the hidden layers times a factor."""
    rng = np.random.default_rng(1)
    weights = [w.copy() for w in case.network.W]
    for w in weights[:-1]:
        rows, columns = (rng.integers(0, n, each) for n in w.shape)
        w[rows, columns] *= factor
    return replace(case, network=case.network.with_parameters(weights, case.network.b))


def chips(case: Case, parts: Technology, count: int, measure: str) -> dict[str, Any]:
    """Accuracies of the first chips, with one measure left out."""
    if measure == "no auto-zero":
        parts = replace(parts, auto_zero_capacitance=0.0)
    volts = one_voltage(case, parts) if measure == "one voltage for all layers" else None
    began = time.perf_counter()
    found = []
    for seed in range(count):
        relaxer = EffectiveRelaxer(parts, seed, volts_per_unit=volts)
        arrays = None
        if measure == "one resistor an array":
            arrays = program_arrays(case.network, parts, seed, input_free=False, per_column=False)
        found.append(accuracy_of(relaxer.relax(case.network, case.inputs, arrays=arrays), case.labels))
    return {
        "mean": float(np.mean([a.low for a in found])),
        "low": min(a.low for a in found),
        "high": max(a.low for a in found),
        "unconverged": sum(a.unconverged for a in found),
        "seconds": round(time.perf_counter() - began, 1),
    }


def one_voltage(case: Case, parts: Technology) -> float:
    """The largest single voltage at which no signal of the forward pass is beyond the supply."""
    ranges = forward_ranges(case.network, make_clamps(case.network, case.inputs))
    return min(parts.volts_per_unit, parts.supply / max(*ranges.activity, *ranges.rate))


def main() -> None:
    names = [name for name in TECHNOLOGIES if name != "ideal"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=["tanh", "relu", "outliers"])
    parser.add_argument("--technologies", nargs="+", default=names)
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--file", type=Path, default=None, help="npz with images [n, 28, 28] and labels")
    parser.add_argument("--ablate", action="store_true", help="also with each measure left out")
    arguments = parser.parse_args()
    stored: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, case in cases(arguments.networks, arguments.file, arguments.samples):
        ideal = accuracy_of(relax(case.network, case.inputs), case.labels).low
        rows: dict[str, Mapping[str, Any]] = {}
        sizes = "-".join(map(str, case.network.sizes))
        print(f"{name}, {sizes}: ideal {ideal:.3f}, {arguments.samples} samples")
        for parts in arguments.technologies:
            for measure in MEASURES if arguments.ablate else MEASURES[:1]:
                row = chips(case, technology(parts), arguments.chips, measure)
                rows[f"{parts}, {measure}" if measure != "all" else parts] = row
                print(
                    f"  {parts:13} {'' if measure == 'all' else measure:38}"
                    f"{row['mean']:.3f} ({row['low']:.3f} ... {row['high']:.3f}), "
                    f"{100.0 * (ideal - row['mean']):+5.1f} points lost, {row['unconverged']} not at rest, "
                    f"{row['seconds']} s",
                    flush=True,
                )
        entry = {"ideal": ideal, "samples": arguments.samples, "chips": arguments.chips, "rows": rows}
        stored[name] = entry
        write_text(RESULTS, json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()

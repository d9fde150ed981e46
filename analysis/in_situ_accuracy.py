"""How well does a predictive coding network learn when its weights are devices that only pulses can move?

Runs = rule x device x scheme x seed, on scikit-learn's digits (64-32-10 sigmoid, split 80/20 by the seed) or
on the first 8000 and last 2000 images of a file of 10000 (784-100-10).  Devices take single outer products or
the sum of a batch of 8, as their scheme has it; nobody has momentum.  The ideal device is trained by the same
code.

A run that is finished is one JSON file, and is not done again; one that is interrupted goes on from its
checkpoint, which is deleted when it ends.  The table is the mean over the last 5 epochs (single epochs of SGD
with a constant rate differ by a point), and over seeds with their standard deviation.

    python analysis/in_situ_accuracy.py                                   # everything on digits: hours
    python analysis/in_situ_accuracy.py --devices ecram --seeds 0         # a part of it
    python analysis/in_situ_accuracy.py --table                           # the table of what is there
    python analysis/in_situ_accuracy.py --data mnist10k --file mnist10k.npz --epochs 10 \\
        --schemes trains,mixed-precision

Step laws and noise are those of the presets; write energy and time rest on pulses that are partly assumed
(`analog-pc devices`).
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small are faster on one thread

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from in_situ_settings import BATCH, EPOCHS, IDEAL, MNIST_RATE, SETTINGS, Setting

from analog_pc.cli.progress import progress_bar
from analog_pc.devices.pulsed import PRESETS
from analog_pc.errors import BadInput
from analog_pc.files import read_npz, write_text
from analog_pc.pcn import random_network
from analog_pc.training import Dataset, Progress, Trainer, TrainingConfig, TrainingRun, load_dataset
from analog_pc.training.in_situ import DeviceBackend, weight_device, write_scheme

RESULTS = Path(__file__).parent / "results" / "in_situ"
LAYERS = {"digits": (64, 32, 10), "mnist10k": (784, 100, 10)}
LAST = 5  # epochs of the mean


@dataclass(frozen=True)
class Case:
    """One run: what is trained, how it is written, and where its result is."""

    data: str
    rule: str
    device: str
    scheme: str
    seed: int
    epochs: int

    @property
    def setting(self) -> Setting:
        """Scheme, rate and headroom."""
        exact = Setting("exact", IDEAL[self.rule].lr, IDEAL[self.rule].headroom)
        return exact if self.device == "ideal" else SETTINGS[self.device][self.scheme]

    @property
    def lr(self) -> float:
        """Rates are for digits and pc; other rules have the share that they have on the ideal device."""
        share = 1.0 if self.device == "ideal" else IDEAL[self.rule].lr / IDEAL["pc"].lr
        return self.setting.lr * share * (MNIST_RATE if self.data == "mnist10k" else 1.0)

    @property
    def path(self) -> Path:
        return RESULTS / self.data / f"{self.rule}_{self.device}_{self.scheme}_{self.seed}.json"

    @property
    def facts(self) -> dict[str, Any]:
        """What the result is of; a file of other facts is done again."""
        return {
            "data": self.data, "rule": IDEAL[self.rule].text, "device": self.device,
            "scheme": self.setting.text, "seed": self.seed, "epochs": self.epochs, "batch": BATCH,
            "lr": self.lr, "headroom": self.setting.headroom, "layers": list(LAYERS[self.data]),
        }  # fmt: skip


def main() -> None:
    given = arguments()
    cases = list(chosen(given))
    if given.table:
        print_table(cases)
        return
    for number, case in enumerate(cases, 1):
        name = f"[{number}/{len(cases)}] {case.path.stem}"
        if stored(case) is None:
            run(case, given.file, name)
        result = stored(case)
        assert result is not None
        print(
            f"{name}: {100.0 * last(result):.2f} %" if result["history"] else f"{name}: {result['end']}",
            flush=True,
        )
    print()
    print_table(cases)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=list(LAYERS), default="digits")
    parser.add_argument("--file", type=Path, help="of mnist10k: npz with images and labels")
    parser.add_argument("--rules", default="pc", help="of the devices: pc, ipc, bp; the ideal one has all")
    parser.add_argument("--devices", default=",".join(("ideal", *PRESETS)))
    parser.add_argument("--schemes", default="trains,tiki-taka,mixed-precision", help="of the devices")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="results of another number are done again")
    parser.add_argument("--table", action="store_true", help="only the table of what is there")
    return parser.parse_args()


def chosen(given: argparse.Namespace) -> Iterator[Case]:
    """Runs in the order in which they tell most: ideal first, and one seed after the other."""
    for seed in given.seeds.split(","):
        for device in given.devices.split(","):
            for rule in IDEAL if device == "ideal" else given.rules.split(","):
                for scheme in ("exact",) if device == "ideal" else given.schemes.split(","):
                    yield Case(given.data, rule, device, scheme, int(seed), given.epochs)


def stored(case: Case) -> dict[str, Any] | None:
    """The result of a run, where it is there and of the same facts."""
    if not case.path.exists():
        return None
    found: dict[str, Any] = json.loads(case.path.read_text())
    return found if found["facts"] == case.facts else None


def run(case: Case, file: Path | None, name: str) -> None:
    """Train, from the checkpoint where there is one, and store the history."""
    case.path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = case.path.with_suffix(".npz")
    training = prepared(case, file, checkpoint)
    try:
        if checkpoint.exists():
            training.resume()
    except BadInput as other:  # of other settings, or damaged
        print(f"{name}: begins anew: {other}")
        training = prepared(case, file, checkpoint)
    end = "done"
    try:
        with progress_bar() as bar:

            def show(now: Progress) -> None:
                text = f"{name}: epoch {now.epoch}, energy {now.energy:.4f}"
                bar(text, now.update, now.updates)

            training.go(show)
    except BadInput as diverged:
        end = str(diverged)
    except KeyboardInterrupt as stopped:
        raise SystemExit(str(stopped) or "interrupted") from None
    write_text(case.path, json.dumps({"facts": case.facts, "end": end, "history": training.history}) + "\n")
    checkpoint.unlink(missing_ok=True)


def prepared(case: Case, file: Path | None, checkpoint: Path) -> TrainingRun:
    backend = DeviceBackend(
        random_network(LAYERS[case.data], "sigmoid", seed=case.seed),
        weight_device(case.device),
        write_scheme(case.setting.text),
        seed=case.seed,
        headroom=case.setting.headroom,
    )
    rule = IDEAL[case.rule].text
    config = TrainingConfig(rule=rule, epochs=case.epochs, batch=BATCH, lr=case.lr, seed=case.seed)
    return TrainingRun(Trainer(backend, config), dataset(case, file), checkpoint)


def dataset(case: Case, file: Path | None) -> Dataset:
    if case.data == "digits":
        return load_dataset("digits", case.seed)
    if file is None:
        raise SystemExit("mnist10k: give its --file, an npz with images [10000, 28, 28] and labels")
    arrays = read_npz(file)
    images, labels = arrays["images"].reshape(10_000, -1) / 255.0, arrays["labels"].astype(np.int64)
    return Dataset("mnist10k", images[:8000], labels[:8000], images[8000:], labels[8000:], 10)


def last(result: dict[str, Any]) -> float:
    """Test accuracy, mean over the last epochs."""
    return float(np.mean([row["accuracy"] for row in result["history"][-LAST:]]))


def print_table(cases: list[Case]) -> None:
    """Accuracy of every rule, device and scheme with its distance from the ideal one of that rule."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for case in cases:
        result = stored(case)
        if result is not None and result["history"]:
            found.setdefault((case.rule, case.device, case.scheme), []).append(result)
    means = {key: float(np.mean([last(r) for r in results])) for key, results in found.items()}
    print(f"{'rule':<5} {'device':<17} {'scheme':<16} {'runs':>4} {'accuracy %':>14} {'to ideal':>9} "
          f"{'pulses':>9} {'J':>9} {'s':>9} {'most wear':>9}")  # fmt: skip
    for (rule, device, scheme), results in found.items():
        values = 100.0 * np.array([last(r) for r in results])
        ideal = means.get((rule, "ideal", "exact"))
        away = "" if ideal is None or device == "ideal" else f"{values.mean() - 100.0 * ideal:+9.2f}"
        costs = [r["history"][-1]["total_costs"] for r in results]
        spread = (
            f"{values.mean():7.2f} +- {values.std(ddof=1):4.2f}" if len(values) > 1 else f"{values[0]:7.2f}"
        )
        print(f"{rule:<5} {device:<17} {scheme:<16} {len(results):>4} {spread:>14} {away:>9} "
              f"{mean_of(costs, 'pulses')} {mean_of(costs, 'joules')} {mean_of(costs, 'seconds')} "
              f"{mean_of(costs, 'most_wear')}")  # fmt: skip


def mean_of(costs: list[dict[str, Any]], name: str) -> str:
    values = [one[name] for one in costs if one[name] is not None]
    return f"{np.mean(values):9.2e}" if values else f"{'-':>9}"


if __name__ == "__main__":
    main()

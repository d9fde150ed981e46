"""How many channels and epochs does `convolution` get?  Chosen on a validation part of the training images.

    python analysis/convolution_selection.py results/convolution_selection.json

A fifth of the training images of each split is held back; no test image of that split is looked at.  The
convolution with the least mean error on the images held back is chosen; of equals the one with fewer
channels, then with fewer epochs.  Two minutes.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.experiments.pinchetti2025.digits import CONVOLUTION, Learning, error_of, learned
from analog_pc.relaxers import FixedPrediction, IdealRelaxer
from analog_pc.training.datasets import Dataset, load_dataset

CHANNELS = (4, 8, 16, 32)
EPOCHS = (10, 20, 40)
SEEDS = (0, 1, 2)
HELD_BACK = 0.2


def without_test_images(data: Dataset, seed: int) -> Dataset:
    """The training images alone, a fifth of them in place of the test images."""
    inputs, held, labels, held_labels = train_test_split(
        data.train_inputs,
        data.train_labels,
        test_size=HELD_BACK,
        random_state=seed,
        stratify=data.train_labels,
    )
    return replace(data, train_inputs=inputs, train_labels=labels, test_inputs=held, test_labels=held_labels)


def validation_error(channels: int, epochs: int, seed: int) -> float:
    """Of the convolution, trained by relaxation on the mathematics, in %."""
    data = without_test_images(load_dataset("digits", seed), seed)
    learning = Learning(channels=channels, epochs=epochs)
    network = learned(CONVOLUTION, learning, data, IdealRelaxer(), seed)
    return error_of(FixedPrediction().relax(network, data.test_inputs).output, data.test_labels)


def main(path: Path) -> None:
    """Try the grid, print it, and store it with the choice."""
    tried = []
    for channels, epochs in product(CHANNELS, EPOCHS):
        errors = [validation_error(channels, epochs, seed) for seed in SEEDS]
        tried.append(
            {"channels": channels, "epochs": epochs, "mean": float(np.mean(errors)), "errors": errors}
        )
        print(f"{channels:3} channels {epochs:3} epochs: {np.mean(errors):.2f} %", flush=True)
    best = min(tried, key=lambda one: one["mean"])
    found = {"held back": HELD_BACK, "seeds": SEEDS, "tried": tried, "chosen": best}
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"chosen: {best['channels']} channels, {best['epochs']} epochs")


if __name__ == "__main__":
    with single_threaded_blas():
        main(Path(sys.argv[1]))

"""At which learning rate and first weights do the variants of predictive coding learn, and what do they cost?

    python analysis/variants_settings.py results/variants_settings.json

Every variant gets the same three learning rates, each tried on two splits of the training images alone;
the one of the least mean error on the images held back is chosen.  Then eight trainings at that rate, and at
the one that all share by activation, on the test images.  Digits, 40 epochs.  Three minutes.

`small weights`: first weights of 0.35 times Xavier's size, a standard deviation of 0.05 as Millidge et al.
(arXiv:2010.01047) draw them, where f' of tanh is near 1.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from convolution_selection import without_test_images

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.experiments.framework.alignment import LR, Case, load_images, train_case
from analog_pc.experiments.millidge2020.variants import SMALL_WEIGHTS

RATES = (0.01, 0.03, 0.1)
EPOCHS = 40
SPLITS = (0, 1)
SEEDS = range(8)
NO_SLOPE = "pc-relaxed:gate=1"
CASES = {
    "pc": Case("pc"),
    "m-learnt": Case("pc-relaxed:mixing=learnt"),
    "pc, tanh": Case("pc", activation="tanh"),
    "no f', tanh": Case(NO_SLOPE, activation="tanh"),
    "pc, tanh, small weights": Case("pc", activation="tanh", gain=SMALL_WEIGHTS),
    "no f', tanh, small weights": Case(NO_SLOPE, activation="tanh", gain=SMALL_WEIGHTS),
}


def held_back_error(case: Case, rate: float) -> float:
    """Mean over the splits, in %; a training that diverges is wrong on every image."""
    errors = []
    for seed in SPLITS:
        images = without_test_images(load_images(None, seed), seed)
        errors.append(train_case(replace(case, rate=rate), images, seed, EPOCHS)["errors"][-1])
    return 100.0 * float(np.mean(errors))


def tested(case: Case) -> dict[str, Any]:
    """Test errors of eight trainings, in %."""
    errors = [100.0 * float(train_case(case, load_images(None, s), s, EPOCHS)["errors"][-1]) for s in SEEDS]
    deviation = float(np.std(errors, ddof=1) / np.sqrt(len(errors)))
    return {"mean": float(np.mean(errors)), "standard error": deviation, "errors": errors}


def main(path: Path) -> None:
    """Choose, test, print and store."""
    found: dict[str, Any] = {}
    for name, case in CASES.items():
        held_back = {f"{rate:g}": held_back_error(case, rate) for rate in RATES}
        chosen = min(RATES, key=lambda rate: held_back[f"{rate:g}"])
        shared = LR[case.activation]
        rates = sorted({shared, chosen})
        found[name] = {
            "held back": held_back,
            "chosen": chosen,
            "test": {f"{rate:g}": tested(replace(case, rate=rate)) for rate in rates},
        }
        told = ", ".join(
            f"rate {rate}: {one['mean']:.2f} +- {one['standard error']:.2f} %"
            for rate, one in found[name]["test"].items()
        )
        print(f"{name}: chosen {chosen:g}; {told}", flush=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with single_threaded_blas(), np.errstate(all="ignore"):  # a rate too large ends as a divergence
        main(Path(sys.argv[1]))

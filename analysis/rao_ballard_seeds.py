"""Does end-stopping hold on trainings that no setting was chosen on?

    python analysis/rao_ballard_seeds.py results/rao_ballard_seeds.json

The settings of `rao-ballard` were chosen while looking at its bounds on seeds 0 to 3.  This measures the same
bounds on those seeds and on 30 others, with the decay of the experiment and with the published one.  On the
mathematics, at the exact minimum of E.  Two minutes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.experiments.rao1999.end_stopping import end_stopping, length_at_peak, long_over_peak
from analog_pc.experiments.rao1999.hierarchy import MIDDLE, PRECISION, Training, trained
from analog_pc.experiments.rao1999.photographs import bars, natural_patches
from analog_pc.experiments.rao1999.rao_ballard import ASKED, FADED, HIGH, WINDOWS

UNITS = 32
CHOSEN_ON = range(4)
FRESH = range(4, 34)
DECAYS = {"decay of the experiment": Training(), "published decay": Training(variance=1.0 / PRECISION)}


@dataclass(frozen=True)
class Bound:
    """A number of a training and what it has to be."""

    name: str
    said: str
    holds: Callable[[float], bool]


BOUNDS = (
    Bound("long_over_peak_with_feedback", f"< {FADED}", lambda v: v < FADED),
    Bound("long_over_peak_without_feedback", f"> {HIGH}", lambda v: v > HIGH),
    Bound("index_with_feedback", f"> {ASKED['on']}", lambda v: v > ASKED["on"]),
    Bound("index_without_feedback", f"< {ASKED['cut']}", lambda v: v < ASKED["cut"]),
    Bound("bar_length_at_the_peak", "8 to 16", lambda v: 8.0 <= v <= 16.0),
    Bound("variance_explained_by_level_1", "> 0.8", lambda v: v > 0.8),
)


def measured(training: Training, seed: int) -> dict[str, float]:
    """The numbers of one training, and the share of level 1 that level 2 predicts."""
    model = trained(UNITS, training, seed)
    images = bars()[1]
    on, cut = (np.abs(model.errors(images, feedback)[:, MIDDLE]) for feedback in (True, False))
    one, two = model.explained(natural_patches(np.random.default_rng([seed, WINDOWS]), WINDOWS))
    values = (
        long_over_peak(on),
        long_over_peak(cut),
        end_stopping(on, cut[-1]),
        end_stopping(cut, cut[-1]),
        length_at_peak(on),
        one,
    )
    return {
        "seed": seed,
        **dict(zip([b.name for b in BOUNDS], values, strict=True)),
        "variance_explained_by_level_2": two,
    }


def share(held: list[bool]) -> dict[str, float]:
    """How many of them, with Clopper and Pearson's 95 % interval."""
    interval = binomtest(sum(held), len(held)).proportion_ci(0.95)
    return {"held": sum(held), "of": len(held), "low": float(interval.low), "high": float(interval.high)}


def summary(trainings: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """How often each bound holds, and all of them together."""
    each = {f"{b.name} {b.said}": [b.holds(t[b.name]) for t in trainings] for b in BOUNDS}
    together = [all(flags) for flags in zip(*each.values(), strict=True)]
    return {name: share(held) for name, held in (each | {"all": together}).items()}


def main(path: Path) -> None:
    """Train, print how often each bound holds, and store that with every training."""
    found: dict[str, object] = {"units of level 2": UNITS}
    for decay, training in DECAYS.items():
        for name, seeds in (("chosen on", CHOSEN_ON), ("fresh", FRESH)):
            trainings = [measured(training, seed) for seed in seeds]
            held = summary(trainings)
            found[f"{decay}, seeds {name}"] = {"held": held, "trainings": trainings}
            print(f"{decay}, seeds {seeds[0]} to {seeds[-1]} ({name})")
            for bound, s in held.items():
                print(
                    f"  {bound:42}{s['held']:4} of {s['of']}  ({s['low']:.2f} to {s['high']:.2f})", flush=True
                )
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with single_threaded_blas():
        main(Path(sys.argv[1]))

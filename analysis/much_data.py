"""Where backpropagation overtakes predictive coding on images: the other end of experiment "small-data".

Published, it is ahead from 3000 images a class on.  MNIST-10k has 800 to learn from, so they are seen more
often instead: 480 passes are 64,320 updates of 60 images, as many as 64 passes of 6000 a class.  Three seeds,
and one learning rate for both rules (the best of either after 64 passes), where the publication tunes each.
Finished trainings of an interrupted run are found again.

python analysis/much_data.py --data mnist10k.npz [--workers 2] [--circuit]
"""

from __future__ import annotations

import argparse
import shutil
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analog_pc.experiments import EXPERIMENTS, Stored, collect, save_result
from analog_pc.experiments.figures import save_figure
from analog_pc.experiments.small_data import Config
from analog_pc.technology import technology

FOLDER = Path(__file__).parent / "results" / "experiments" / "much-data"
EXPERIMENT, PARTS = EXPERIMENTS["small-data"], technology("breadboard")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="MNIST-10k, or other images")
    parser.add_argument("--workers", type=int, default=1, help="trainings side by side")
    parser.add_argument("--circuit", action="store_true", help="on breadboard parts, too: twice the time")
    parser.add_argument("--out", type=Path, default=FOLDER)
    given = parser.parse_args()
    config = Config(grid=((800, (0.005,)),), epochs=480, test_every=10, seeds=3, data=given.data)
    facts = {"analog_pc": version("analog-pc"), "technology": PARTS.name}

    def parts(column: str, fitted: Any) -> Stored:
        what = f"{column} {fitted!r} {facts}"
        return Stored(given.out / "parts", what, partial(show, column), given.workers)

    relaxers = EXPERIMENT.circuits(PARTS, ("ideal", "native") if given.circuit else ("ideal",))
    result = collect(EXPERIMENT, config, relaxers, parts, facts, agreement={})
    save_result(result, given.out)
    save_figure(EXPERIMENT.draw(result), given.out / FOLDER.name)
    shutil.rmtree(given.out / "parts")
    for row in result.rows:
        print(f"{row.quantity}: ideal {row.ideal}, native {row.native}, BP {row.backprop}")


def show(column: str, done: int, total: int, what: str) -> None:
    print(f"{column}: {done} of {total}  {what}", flush=True)


if __name__ == "__main__":
    main()

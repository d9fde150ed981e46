"""Figures of the experiments whose results are stored, as SVG and PDF beside them; simulates nothing.

python analysis/figures/experiments.py [NAME ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

from analog_pc.experiments import EXPERIMENTS, load_result
from analog_pc.reporting.figures import save_figure

RESULTS = Path(__file__).parents[1] / "results" / "experiments"


def main(names: list[str]) -> None:
    for name in names or sorted(folder.name for folder in RESULTS.iterdir()):
        result = load_result(RESULTS / name)
        for path in save_figure(EXPERIMENTS[result.name].draw(result), RESULTS / name / name):
            print(path)


if __name__ == "__main__":
    main(sys.argv[1:])

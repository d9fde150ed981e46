"""Draw the figure of a stored result again: what the scripts of analysis/figures do."""

from __future__ import annotations

import sys
from pathlib import Path

from analog_pc.errors import AnalogPcError, BadInput
from analog_pc.experiments import EXPERIMENTS, load_result
from analog_pc.experiments.figures.page import save_figure


def redraw(name: str) -> None:
    """``script.py RESULT [FIGURE]``: from the folder RESULT to FIGURE.svg and FIGURE.pdf (default RESULT/name)."""
    arguments = sys.argv[1:]
    if not 1 <= len(arguments) <= 2:
        raise SystemExit(
            f"usage: {Path(sys.argv[0]).name} RESULT [FIGURE]; RESULT is the --out of 'analog-pc run {name}'"
        )
    folder = Path(arguments[0])
    target = Path(arguments[1]) if len(arguments) == 2 else folder / name
    try:
        result = load_result(folder)
        if result.name != name:
            raise BadInput(f"{folder}: holds the result of {result.name!r}, not of {name!r}")
        for path in save_figure(EXPERIMENTS[name].draw(result), target):
            print(path)
    except AnalogPcError as refused:
        raise SystemExit(str(refused)) from None

"""The figure of `analog-pc run fear --out RESULT`, from its stored result: python analysis/figures/fear.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("fear")

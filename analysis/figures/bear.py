"""The figure of `analog-pc run bear --out RESULT`, from its stored result: python analysis/figures/bear.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("bear")

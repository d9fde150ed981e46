"""The figure of `analog-pc run reversal --out RESULT`, from its stored result: python analysis/figures/reversal.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("reversal")

"""The figure of `analog-pc run less-erratic --out RESULT`, from its stored result: python analysis/figures/less_erratic.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("less-erratic")

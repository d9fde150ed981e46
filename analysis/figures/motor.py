"""The figure of `analog-pc run motor --out RESULT`, from its stored result: python analysis/figures/motor.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("motor")

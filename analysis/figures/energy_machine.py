"""The figure of `analog-pc run energy-machine --out RESULT`, from its stored result: python analysis/figures/energy_machine.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("energy-machine")

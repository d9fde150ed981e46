"""The figure of `analog-pc run target-alignment --out RESULT`, from its stored result: python analysis/figures/target_alignment.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("target-alignment")

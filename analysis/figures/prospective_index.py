"""The figure of `analog-pc run prospective-index --out RESULT`, from its stored result: python analysis/figures/prospective_index.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("prospective-index")

"""The figure of `analog-pc run lesions --out RESULT`, from its stored result: python analysis/figures/lesions.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("lesions")

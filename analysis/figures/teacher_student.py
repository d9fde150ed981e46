"""The figure of `analog-pc run teacher-student --out RESULT`, from its stored result: python analysis/figures/teacher_student.py RESULT [FIGURE]."""

from analog_pc.experiments.figures.redraw import redraw

redraw("teacher-student")

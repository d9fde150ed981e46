"""Figures of the experiments: each is drawn from a stored result alone, one column wide."""

from analog_pc.reporting.figures import save_figure

__all__ = ["save_figure"]

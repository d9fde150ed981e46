"""Figures of the experiments of this room, drawn from stored results alone."""

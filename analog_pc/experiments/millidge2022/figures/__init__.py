"""Figures of the experiments of this room, from stored results alone."""

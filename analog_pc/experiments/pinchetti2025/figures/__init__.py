"""Figures of the experiments of this publication, drawn from stored results alone."""

"""Figures of the experiments on energy-based learning."""

"""Figures of predictive coding over time."""

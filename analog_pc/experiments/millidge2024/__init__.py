"""Predictive coding over time (Millidge et al. 2024)."""

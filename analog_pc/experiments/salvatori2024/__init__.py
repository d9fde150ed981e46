"""Salvatori et al. 2024: incremental predictive coding."""

"""Predictive coding on graphs of any topology (Salvatori et al. 2022)."""

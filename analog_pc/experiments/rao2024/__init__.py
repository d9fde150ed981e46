"""Rao 2024, and Gklezakos and Rao 2022: active predictive coding."""

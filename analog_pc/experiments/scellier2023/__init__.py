"""Energy-based learning for analog computing (Scellier et al. 2023), on resistive networks."""

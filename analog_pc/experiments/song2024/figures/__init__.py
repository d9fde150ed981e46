"""Figures of the experiments: each is drawn from a stored result alone, one column wide."""

"""Figures of arbitrary graphs."""

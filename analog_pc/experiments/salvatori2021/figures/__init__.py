"""Figures of the associative memories."""

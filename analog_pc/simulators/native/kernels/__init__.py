"""Compiled functions of the native simulator, each with its equation."""

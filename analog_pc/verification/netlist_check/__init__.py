"""Edited netlists, run as they are and checked against the reference in ``probes.json``."""

"""Netlists that a person has edited, run as they are and checked against the reference in ``probes.json``."""

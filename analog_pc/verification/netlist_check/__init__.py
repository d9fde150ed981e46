"""Netlists that a person has edited, run as they are and judged by the reference in ``probes.json``."""

"""Graphs of populations to circuits, and back; the cells and the mapping are those of chains."""

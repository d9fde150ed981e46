"""Rao and Ballard 1999: a hierarchy of populations that predict natural images."""

"""Functions for compiled code of every room: block-tridiagonal equations, random streams, threads."""

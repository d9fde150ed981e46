"""Compiled code that every room may use: decorator, block-tridiagonal equations, random streams, threads."""

"""Ways to find operating points, one class each; `solve.py` tries them in order."""

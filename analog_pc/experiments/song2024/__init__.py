"""The experiments of Song et al. 2024, on mathematics and on circuits."""

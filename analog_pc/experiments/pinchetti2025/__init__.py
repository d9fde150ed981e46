"""Pinchetti et al. 2025: benchmarks of predictive coding networks, convolutional ones among them."""

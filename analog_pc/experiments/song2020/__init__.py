"""Song et al. 2020: predictive coding as exact backpropagation, and a circuit without a clock beside it."""

"""What a circuit is asked: transients, eigenmodes, stability, noise, power."""

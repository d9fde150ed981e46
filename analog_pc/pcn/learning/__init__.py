"""Learning rules: what an equilibrium (or, for backpropagation, a forward pass) does to the weights."""

from analog_pc.pcn.learning.backprop import backprop_update, deltas
from analog_pc.pcn.learning.hebbian import hebbian_update
from analog_pc.pcn.learning.update import Update

LEARNING_RULES = {"pc": hebbian_update, "bp": backprop_update}

__all__ = ["LEARNING_RULES", "Update", "backprop_update", "deltas", "hebbian_update"]

"""
Relax a network
===============

A predictive coding network has activities x and predictions mu. It relaxes to the activities with the
least energy ``E = 1/2 sum_l precision_l |x_l - mu_l|^2``. What is clamped decides what it computes.
"""

import matplotlib.pyplot as plt
import numpy as np

from analog_pc import random_network, relax

network = random_network((4, 5, 3), "tanh", seed=0)
rng = np.random.default_rng(0)
inputs = rng.normal(size=(10, 4))  # [samples, n_0]
targets = rng.normal(size=(10, 3))  # [samples, n_L]

# %%
# With the input clamped (*predict*), every layer settles on its prediction: all prediction errors vanish.
predicted = relax(network, inputs)
print(predicted, predicted.relaxation.message)
assert np.abs(predicted.eps[2]).max() < 1e-12

# %%
# With the target clamped too (*learn*), hidden activities move until the forces from below and above
# balance. The prediction errors that are left are what the weights learn from.
learned = relax(network, inputs, targets)
print(learned, learned.relaxation.message)
for layer, eps in enumerate(learned.eps[1:], start=1):
    print(f"layer {layer}: largest prediction error {np.abs(eps).max():.3f}")

# %%
# Any set of nodes may be clamped: here one output of three, by a masked array.
some = np.ma.masked_array(targets, mask=np.tile([False, True, True], (10, 1)))
partly = relax(network, inputs, clamps={2: some})
assert (partly.energy <= learned.energy + 1e-12).all()  # fewer clamps never raise the energy

figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
axes.plot(learned.energy, "o", label="all outputs clamped")
axes.plot(partly.energy, "s", label="one output clamped")
axes.set(xlabel="sample", ylabel="energy at equilibrium")
axes.legend()

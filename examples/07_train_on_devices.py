"""
Train a network whose weights are devices
=========================================

Weights exist only as conductances here. Every update is a train of pulses that meets the step size,
spread, noise and bounds of the device. The scheme says how an update becomes pulses.
"""

import matplotlib.pyplot as plt

from analog_pc import random_network
from analog_pc.training import Trainer, TrainingConfig, TrainingRun, load_dataset
from analog_pc.training.in_situ import DeviceBackend, Exact, MixedPrecision, Trains, weight_device

data = load_dataset("iris")
network = random_network((4, 8, 3), "tanh", seed=0)
config = TrainingConfig(epochs=15, batch=8, lr=0.2, seed=0)

# %%
# Floating-point weights, stochastic pulse trains on a device with soft bounds, and the same device with
# mixed precision (updates are summed digitally and written in whole steps).
cases = {
    "exact weights": ("ideal", Exact()),
    "ecram, pulse trains": ("ecram", Trains()),
    "ecram, mixed precision": ("ecram", MixedPrecision()),
}
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
for label, (device, scheme) in cases.items():
    backend = DeviceBackend(network, weight_device(device), scheme)
    run = TrainingRun(Trainer(backend, config), data)
    history = run.go()
    costs = run.trainer.costs
    print(f"{label:<23} test accuracy {run.accuracy:.3f}, {costs.pulses} pulses")
    axes.plot([row["energy"] for row in history], label=label)
    assert run.accuracy > 0.8

# %%
# Energy at equilibrium by epoch: what learning reduces. ``analog-pc train --device`` does the same with
# checkpoints.
axes.set(xlabel="epoch", ylabel="mean energy per sample")
axes.legend()

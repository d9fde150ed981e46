"""
Accuracy of a trained network on chips of a technology
======================================================

`EffectiveRelaxer` evaluates a compiled chip in closed form: wires, finite amplifiers, offsets and
programming spread included. It is fast enough to evaluate many chips, each one seed.
"""

import matplotlib.pyplot as plt
import numpy as np

from analog_pc import EffectiveRelaxer, random_network, technology, train
from analog_pc.training import TrainingConfig, load_dataset

data = load_dataset("wine")
network = train(random_network((13, 16, 3), "tanh"), data, TrainingConfig(epochs=40))


def accuracy(name: str, seed: int) -> float:
    """Fraction of test samples that this chip classifies correctly; unsettled samples count as wrong."""
    equilibrium = EffectiveRelaxer(technology(name), seed).relax(network, data.test_inputs)
    correct = equilibrium.output.argmax(axis=1) == data.test_labels
    return float((correct & equilibrium.relaxation.converged).mean())


# %%
# The ideal network first, then five chips of each technology.
ideal = accuracy("ideal", seed=0)
names = ["breadboard", "cmos65-rram", "cmos130-rram", "pcm", "sonos", "ecram"]
chips = {name: [accuracy(name, seed) for seed in range(5)] for name in names}
print(f"ideal {ideal:.3f}")
for name, found in chips.items():
    print(f"{name:<13} mean {np.mean(found):.3f}, from {min(found):.3f} to {max(found):.3f}")

# %%
# ``analog-pc evaluate`` does the same with intervals, costs and a report.
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for position, found in enumerate(chips.values()):
    axes.plot([position] * len(found), found, "o", color="tab:blue", alpha=0.6)
axes.axhline(ideal, color="0.4", linestyle="--", label="ideal parts")
axes.set_xticks(range(len(names)), names, rotation=20)
axes.set(ylabel="test accuracy")
axes.legend()

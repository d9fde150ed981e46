"""
Waveforms, xarray and plots
===========================

A transient shows how the circuit relaxes. Results become xarray datasets with units as attributes, for
the tools that read them (``pip install 'analog-pc[results]'``).
"""

import matplotlib.pyplot as plt
import numpy as np

from analog_pc import Native, compile_network, random_network, technology, to_xarray

network = random_network((4, 5, 3), "tanh", seed=0)
rng = np.random.default_rng(0)
inputs = rng.normal(size=(2, 4))
targets = rng.normal(size=(2, 3))
compiled = compile_network(network, technology("cmos65-rram"), inputs, targets, seed=1)

# %%
# From the forward state, where no spring carries a current but those of the clamped output, for 20 C /
# g_s.
simulator = Native()
solution = simulator.simulate(compiled.circuit, compiled.transient(sample=0, duration=20.0))
data = to_xarray(compiled.decode_waveform(solution), compiled, simulator=simulator.version())
print(data)

# %%
# The circuit flows down its energy.
assert data.energy[-1] < data.energy[0]
nanoseconds = 1e9 * float(data.time[-1])
print(f"energy {float(data.energy[0]):.3f} -> {float(data.energy[-1]):.3f} in {nanoseconds:.0f} ns")

# %%
# One layer is a selection by coordinate; labels and units come with the data.
hidden = data.x[:, data.layer == 1]
figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(5, 4), layout="constrained")
above.plot(1e9 * data.time, hidden)
above.set(ylabel="hidden activities")
below.plot(1e9 * data.time, data.energy)
below.set(xlabel=f"{data.time.attrs['long_name']} (ns)", ylabel="energy")

"""
Size a circuit: node capacitor and signal budget
================================================

The capacitor of a value node sets noise (kT/C), speed (C / g_s) and stability (the amplifiers are poles
in the loop). `size_node_capacitor` finds the smallest one that keeps all bounds, and says which bound
decided.
"""

import dataclasses

import numpy as np

from analog_pc import Native, compile_network, random_network, technology
from analog_pc.compiler import signal_budget
from analog_pc.cost import size_node_capacitor

network = random_network((8, 6, 3), "tanh", seed=0)
rng = np.random.default_rng(0)
inputs = rng.normal(size=(4, 8))
targets = rng.uniform(-1.0, 1.0, size=(4, 3))

# %%
# Our own amplifier: half the gain-bandwidth product of the shipped technology.
shipped = technology("cmos65-rram")
ours = dataclasses.replace(shipped, name="ours", opamp_gain_bandwidth=0.5 * shipped.opamp_gain_bandwidth)
sizing = size_node_capacitor(ours, network, inputs, targets)
print(f"{1e15 * sizing.farads:.0f} fF, bound by {sizing.bound}")

# %%
# The slowest mode of the sized circuit: it decays (a positive margin), and its time constant is the
# settling time.
sized = dataclasses.replace(ours, node_capacitance=sizing.farads)
compiled = compile_network(network, sized, inputs, targets, seed=1)
modes = Native().modes(compiled.circuit, compiled.operating_point([0]))[0]
print(f"slowest mode decays with {1e9 / modes.margin:.1f} ns")
assert modes.margin > 0.0

# %%
# Signals by layer against the offset, the noise and the swing of the amplifiers that carry them.
for row in signal_budget(compiled):
    print(row)

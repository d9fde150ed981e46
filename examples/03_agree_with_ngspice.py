"""
Ask ngspice about the same circuit
==================================

Every simulator solves the same circuit object. So any result of the native simulator can be checked by an
independent program, here at real parts, where no formula says what the voltages should be.
"""

import numpy as np

from analog_pc import Native, Ngspice, compile_network, random_network, technology

network = random_network((4, 5, 3), "tanh", seed=0)
rng = np.random.default_rng(0)
inputs = rng.normal(size=(5, 4))
targets = rng.normal(size=(5, 3))

# %%
# `seed` draws one chip: offsets, programming spread and mismatch belong to it.
compiled = compile_network(network, technology("cmos65-rram"), inputs, targets, seed=1)
analysis = compiled.operating_point(every_node=True)
native = Native().simulate(compiled.circuit, analysis)
spice = Ngspice().simulate(compiled.circuit, analysis)
print("native: ", native.status)
print("ngspice:", spice.status)

# %%
# The largest difference over all nodes of the circuit, in parts of the largest voltage.
full_scale = np.abs(spice.volts).max()
difference = np.abs(native.voltage(spice.nodes) - spice.volts).max() / full_scale
print(
    f"{len(spice.nodes)} nodes, {len(spice.axis)} samples: largest difference {difference:.1e} of full scale"
)
assert difference < 1e-6

# %%
# Where E has several minima, a solution of the circuit's equations need not be the equilibrium that the
# circuit relaxes to. The status says for every sample how that was checked.
decoded = compiled.decode(spice)
print(decoded.relaxation.message)

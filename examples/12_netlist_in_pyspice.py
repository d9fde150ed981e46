"""
The netlist in PySpice
======================

`to_pyspice` gives the circuit as a PySpice object: to print, to change, or to simulate with PySpice's own
interface. One subcircuit holds one layer.
"""

import numpy as np

from analog_pc import compile_network, random_network, relax, technology
from analog_pc.simulators.spice import to_pyspice

network = random_network((2, 3, 1), "tanh", seed=0)
inputs = [[0.5, -0.5]]
targets = [[1.0]]
compiled = compile_network(network, technology("ideal"), inputs, targets)
netlist = to_pyspice(compiled.circuit, compiled.operating_point().stimuli)

# %%
# The first lines of the netlist.
print("\n".join(str(netlist).splitlines()[:20]))

# %%
# PySpice runs it. Volts over volts per unit are activities again.
analysis = netlist.simulator(temperature=25, nominal_temperature=25).operating_point()
volts = np.array([float(analysis[node][0]) for node in compiled.probes.activities[1]])
activities = volts / compiled.scales.activity[1]
ideal = relax(network, inputs, targets).activities[1][0]
print("hidden activities:", activities.round(6), " ideal:", ideal.round(6))
assert np.allclose(activities, ideal, atol=1e-5)

# %%
# One feedback resistor off by 10 %: the value nodes move.
layer = next(block for block in netlist.subcircuits if block.name == "pc_layer1")
layer.Rpredict_rf_0.resistance *= 1.1
changed = netlist.simulator(temperature=25, nominal_temperature=25).operating_point()
moved = float(changed[compiled.probes.activities[1][0]][0]) / compiled.scales.activity[1]
print(f"with the wrong resistor: {moved:.6f}")
assert abs(moved - ideal[0]) > 1e-3

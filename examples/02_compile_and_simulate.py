"""
Compile a network and simulate its circuit
==========================================

`compile_network` maps weights to conductances, activities to volts and layers to subcircuits. A simulator
solves the circuit, and `decode` reads the voltages as an equilibrium again, to be compared with the ideal
one.
"""

import numpy as np

from analog_pc import Native, compare, compile_network, random_network, relax, technology

network = random_network((4, 5, 3), "tanh", seed=0)
rng = np.random.default_rng(0)
inputs = rng.normal(size=(10, 4))
targets = rng.normal(size=(10, 3))

# %%
# The technology "ideal" has amplifiers of gain 1e9 and wires without resistance.
compiled = compile_network(network, technology("ideal"), inputs, targets)
print(compiled)
print("volts per unit of activity, by layer:", np.round(compiled.scales.activity, 3))
print(f"unit of time C / g_s: {compiled.scales.seconds:.2e} s")

# %%
# One call solves all ten samples. The status says per sample whether the circuit stays at that point.
solution = Native().simulate(compiled.circuit, compiled.operating_point())
print(solution.status)
equilibrium = compiled.decode(solution)

# %%
# Each residual is ``max |circuit - ideal|`` over the full scale of its quantity. Its tolerance is derived
# from the gain.
ideal = relax(network, inputs, targets)
for row in compare(ideal, equilibrium, compiled):
    print(f"{row.quantity:>6}  residual {row.residual:.1e}  tolerance {row.tolerance:.1e}")
    assert row.passed

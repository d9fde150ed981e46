"""
A resistive network with diodes
===============================

Conductances between the nodes themselves and no amplifier: Kirchhoff's law is the minimum of the power. Two
states of the network, free and nudged, tell each conductance which way to change.
"""

import numpy as np

from analog_pc import Ngspice
from analog_pc.compiler.resistive import ResistiveParts, compile_resistive_network
from analog_pc.resistive import (
    CONTRASTIVE_RULES,
    adjoint_gradient,
    contrastive_gradient,
    random_resistive_network,
    settle,
)

network = random_resistive_network((8, 6, 3), gain=20.0, seed=0)
inputs = np.random.default_rng(2).uniform(0.0, 1.0, (5, 8))
targets = np.eye(3)[[0, 1, 2, 0, 1]]
ideal = settle(network, inputs)
print(ideal.relaxation.message)

# %%
# Equilibrium propagation against the exact gradient of the same network.
exact = adjoint_gradient(network, inputs, targets).conductances[1]
for beta in (0.05, 0.005, 0.0005):
    rule = CONTRASTIVE_RULES["c-ep"].at(beta)
    estimate = contrastive_gradient(network, inputs, targets, rule).conductances[1]
    error = np.linalg.norm(estimate - exact) / np.linalg.norm(exact)
    print(f"beta {beta}: {100 * error:.5f} % from the gradient")
assert error < 1e-3

# %%
# The circuit in ngspice, with a real diode (1N4148), and with one as sharp as the mathematics has it.
for emission in (1.906, 0.001):
    parts = ResistiveParts(volts=1.0, emission=emission)
    compiled = compile_resistive_network(network, inputs, None, parts)
    found = compiled.decode(Ngspice().simulate(compiled.circuit, compiled.operating_point()))
    away = np.abs(found.output - ideal.output).max()
    print(f"emission coefficient {emission}: outputs within {away:.4f} V of the ideal ones")
assert away < 1e-3

"""
A network as a graph
====================

Populations, projections, cycles: a memory is one population that predicts itself. Half of a stored pattern is
clamped; the circuit completes the other half.
"""

import numpy as np

from analog_pc import (
    Native,
    Population,
    PredictiveCodingGraph,
    Projection,
    compile_network,
    relax,
    technology,
)
from analog_pc.pcn import graph_update, updated

rng = np.random.default_rng(0)
patterns = rng.uniform(-1.0, 1.0, (4, 16))
pixels = Population(name="pixels", size=16)
itself = Projection(source="pixels", target="pixels", weight=np.zeros((16, 16)), bias=np.zeros(16))
memory = PredictiveCodingGraph([pixels], [itself])

# %%
# Local learning: all pixels clamped, dW = eps f(x)^T, and no unit predicts itself.
for _ in range(4000):
    update = graph_update(memory, relax(memory, clamps={"pixels": patterns}), lr=0.05)
    step = update["pixels->pixels"]
    own = step._replace(weight=step.weight * (1.0 - np.eye(16)))
    memory = updated(memory, {"pixels->pixels": own})
energy = relax(memory, clamps={"pixels": patterns}).energy
print(f"energy of the stored patterns: {energy.max():.1e}")

# %%
# Recall: masked entries are free.
mask = np.zeros((4, 16), dtype=bool)
mask[:, 8:] = True
cue = np.ma.array(patterns, mask=mask)
ideal = relax(memory, clamps={"pixels": cue})
print(ideal.relaxation.message)
print(f"largest error of the mathematics: {np.abs(ideal.activities[0] - patterns).max():.1e}")

# %%
# The same recall as the operating point of a circuit, one crossbar pair and its transposed one.
compiled = compile_network(memory, technology("ideal"), clamps={"pixels": cue})
found = compiled.decode(Native().simulate(compiled.circuit, compiled.operating_point()))
away = np.abs(found.activities[0] - ideal.activities[0]).max()
print(f"largest deviation of the circuit: {away:.1e}")
assert found.relaxation.all_converged
assert away < 1e-4

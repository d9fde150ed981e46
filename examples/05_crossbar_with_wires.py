"""
A crossbar with resistive wires
===============================

`solve_crossbar` solves Kirchhoff's current law at every crossing of an array. The wires take part of the
voltage, more from devices that are far from the drivers and from the feet of the columns.
"""

import matplotlib.pyplot as plt
import numpy as np

from analog_pc import solve_crossbar

rng = np.random.default_rng(0)
conductance = rng.uniform(1e-6, 1e-4, size=(128, 128))  # S, [row = word line, column = bit line]
voltages = np.full(128, 0.2)  # V, at the left ends of the word lines

# %%
# Without wire resistance the currents are a matrix product.
ideal = solve_crossbar(conductance, voltages)
assert np.allclose(ideal.currents, voltages @ conductance)

# %%
# With 1 Ohm per segment, also node voltages and branch currents.
wired = solve_crossbar(conductance, voltages, word_line_resistance=1.0, bit_line_resistance=1.0, full=True)
print(wired.message, f"({wired.method}, residual {wired.residual:.0e})")
lost = 1.0 - wired.currents / ideal.currents
print(f"current lost: {100 * lost.min():.1f} % to {100 * lost.max():.1f} % of a column")
assert (lost > 0.0).all()

# %%
# The voltage that is left across each device.
across = wired.word_line_voltages - wired.bit_line_voltages
figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
picture = axes.imshow(1e3 * across, origin="upper")
axes.set(xlabel="column (bit line)", ylabel="row (word line)")
figure.colorbar(picture, label="device voltage (mV)")

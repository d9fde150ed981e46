"""
A device of your own measured curve
===================================

A CSV file of conductance after each pulse becomes a kind of device: the step size as a function of the
conductance, in both directions, with the noise of the readings. A population of such devices can then be
written by pulses.
"""

import dataclasses
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from analog_pc.devices.pulsed import DeviceArray, measured_device

# %%
# A made-up measurement: 100 pulses up and 100 down between 10 and 90 uS, saturating, with 0.3 uS of read
# noise.
rng = np.random.default_rng(0)
pulse = np.arange(100)
up = 90.0 - 80.0 * np.exp(-pulse / 30.0)
down = 10.0 + 80.0 * np.exp(-pulse / 30.0)
lines = ["direction,pulse,uS"]
for direction, curve in (("up", up), ("down", down)):
    lines += [f"{direction},{k},{g + rng.normal(0.0, 0.3):.3f}" for k, g in zip(pulse, curve, strict=True)]

# %%
# The fit says how well an update characteristic follows the curve, as ``analog-pc devices CURVE.csv`` does.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "curve.csv"
    path.write_text("\n".join(lines) + "\n")
    device = measured_device(path)
for fit in (device.up, device.down):
    covered = 100 * fit.coverage
    print(f"{fit.direction}: residual {1e6 * fit.residual:.2f} uS, {covered:.0f} % of the range covered")
    assert fit.followed

# %%
# A row of eight such devices under pulses, with a spread from device to device (d2d) and from cycle to cycle
# (c2c) that one curve does not tell. Weights run from -1 (lowest conductance) to +1.
spread = dataclasses.replace(device.device, step_d2d=0.2, step_c2c=0.5)
array = DeviceArray(spread, (1, 8), seed=1)
track = [array.weights[0].copy()]
for count in [1] * 80 + [-1] * 80:
    array.pulse(np.full((1, 8), count))
    track.append(array.weights[0].copy())
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
axes.plot(track, color="tab:blue", alpha=0.5)
axes.set(xlabel="pulse", ylabel="weight")
assert track[80].mean() > track[0].mean()

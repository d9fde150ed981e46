"""
A whole learning trial in one SPICE transient
=============================================

One transient of ngspice predicts, clamps the target by switches, relaxes, writes the memristors by
overlapping pulses, releases the target and predicts again. A behavioural model says, device by device,
what it should give.
"""

import matplotlib.pyplot as plt

from analog_pc.testbench import (
    EXAMPLES,
    behavioural_model,
    build_testbench,
    compare_with_model,
    run_testbench,
)

# %%
# The bear of Song et al. (2024): it sees the river, does not hear it, and smells the fish. Network 1-1-2,
# linear.
bear = EXAMPLES["bear"]()
bench = build_testbench(bear.network, bear.inputs, bear.target, lr=bear.lr)
result = run_testbench(bench)
print(f"{len(result.times)} time points, {1e6 * result.times[-1]:.0f} us")

# %%
# Changes of conductance in the circuit against the behavioural model.
agreement = compare_with_model(bench, result, behavioural_model(bench))
for circuit, model in zip(agreement.circuit, agreement.model, strict=True):
    print(f"change of conductance: circuit {1e9 * circuit:+8.3f} nS, model {1e9 * model:+8.3f} nS")
assert agreement.agrees

# %%
# The prediction before and after: hearing is unlearned by 0.63, smelling changes by 0.25. (The published
# learning rates are smaller: see the experiment "bear".)
before = result.at(bench.schedule.predict, result.activities)[-1]
after = result.at(result.times[-1], result.activities)[-1]
print("prediction before:", before.round(3), " after:", after.round(3), " target:", bear.target)
assert before[0] - after[0] > before[1] - after[1]
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for output, name in enumerate(("hearing", "smelling")):
    axes.plot(1e6 * result.times, result.activities[-1][:, output], label=name)
axes.set(xlabel="time (us)", ylabel="activity")
axes.legend()

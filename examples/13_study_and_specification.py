"""
A study of many chips, and how bad a part may be
================================================

A study varies fields of a technology and measures every chip; a specification asks the other way round: what
is the worst value with which the accuracy is still kept? Here both ask for the offset of the amplifiers.
"""

import matplotlib.pyplot as plt
import numpy as np

from analog_pc import random_network, technology, train
from analog_pc.evaluation import Bench, load_test_data
from analog_pc.study import axis, run_study, study_of
from analog_pc.study.specification import Specification, Target, specify
from analog_pc.training import TrainingConfig, load_dataset

network = train(random_network((13, 16, 3), "tanh"), load_dataset("wine"), TrainingConfig(epochs=40))
data = load_test_data("wine", network, samples=500, seed=0)

# %%
# Seven offsets, eight chips of each: 56 points. With a folder as second argument the rows are kept, and the
# same call goes on where an earlier one ended.
offsets = axis("input_offset", {"low": "10 uV", "high": "10 mV", "points": 7, "scale": "log"})
results = run_study(study_of(network, "cmos65-rram", data, [offsets], chips=8))
means = [found.accuracy.lowest for found in results.combinations]
for found, mean in zip(results.combinations, means, strict=True):
    print(f"offset {1e3 * found.values['input_offset']:6.2f} mV: accuracy {mean:.3f}")
assert means[-1] < means[0]

# %%
# The specification: at most 5 points of accuracy may be lost, on average over chips, all else ideal.
bench = Bench(network, technology("cmos65-rram"), data, (0,))
target = Target(bench=bench, budget=0.05, fields=("input_offset",))
specification = Specification(target=target)
specify(target, specification, tell=lambda limit: None)
(limit,) = specification.ordered
print(f"input offset: at most {1e3 * limit.limit:.2f} mV")
print(f"accuracy there, on other chips: {limit.confirmed.accuracy:.3f}")
assert limit.confirmed.high >= bench.ideal_accuracy - 0.05

# %%
# ``analog-pc study`` and ``analog-pc specify`` do the same from files, with reports.
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
chips = np.reshape(results.column("accuracy_low"), (7, 8))
axes.semilogx([one.values["input_offset"] for one in results.combinations], chips, ".", color="0.6")
axes.semilogx([one.values["input_offset"] for one in results.combinations], means, "o-", label="mean")
axes.axvline(limit.limit, color="tab:red", linestyle="--", label="limit")
axes.set(xlabel="input offset (V)", ylabel="test accuracy")
axes.legend()

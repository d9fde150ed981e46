"""
Repeat a published experiment on a circuit
==========================================

Song et al., Nature Neuroscience 27:348 (2024): a bear that sees the river expects to hear water and to
smell fish. One day an ear is injured. Learning that it hears nothing must not cost it the smell.
"""

import dataclasses

from analog_pc import EXPERIMENTS, CircuitRelaxer, IdealRelaxer, Native, technology
from analog_pc.experiments import collect

# %%
# Every experiment has a configuration, runs on any relaxer, and knows what was published.
bear = EXPERIMENTS["bear"]
print(bear.title)
print(bear.source)
for field in dataclasses.fields(bear.reduced):
    print(f"  {field.name} = {getattr(bear.reduced, field.name)}")

# %%
# Mathematics and circuit side by side; backpropagation is added by itself.
relaxers = {"ideal": IdealRelaxer(), "native": CircuitRelaxer(Native(), technology("ideal"))}
result = collect(bear, bear.reduced, relaxers)
for row in result.rows:
    print(f"{row.label:<50} ideal {row.ideal}  circuit {row.native}  backpropagation {row.backprop}")
assert all(row.verdict != "differs" for row in result.rows)

# %%
# The figure is drawn from the result alone. ``analog-pc run bear --out bear`` writes it with a report.
figure = bear.draw(result)

"""Names that the experiment and its figure share."""

from __future__ import annotations

from analog_pc.experiments.framework.quantity import quantity

LENGTHS = quantity("bar lengths")
TIMES = quantity("response times")
RESPONSE = quantity("response to a long bar")  # mean |eps| of the middle module, [times]
CURVE = "mean |eps| of the middle module"  # [lengths], of seed, units and feedback
UNITS = quantity("units of level 2")  # [sizes], rising
CHOSEN = quantity("units that show end-stopping")
LEFT = quantity("long bar over peak by size")  # [sizes]
EXPLAINED2 = quantity("variance explained by size")  # [sizes]
RATIO = "long bar over peak"

"""Names that the experiment and its figure share."""

from __future__ import annotations

CONVOLUTION = "convolution"
ERROR = "test error (%)"
DEVICES = "devices of the first layer"
DENSE = "dense array"  # a crossbar that has a device for every input and output
ONE_ARRAY = "kernel alone"  # used position after position

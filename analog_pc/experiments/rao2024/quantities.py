"""Names that the experiment, its figure and its film share."""

from __future__ import annotations

from analog_pc.experiments.framework.quantity import quantity

ACCURACY = "share of agents that know their room"
GAINS = quantity("gains at rest on the walk")  # [moves + 1, K]
SURPRISE = quantity("surprise on the walk")  # |eps|^2, [frames]
GAIN = quantity("gains on the walk")  # [frames, K]
FRAME_MOVE = quantity("move of each frame")
FRAME_TIME = quantity("time of each frame")
PATH = quantity("moves of the walk")  # [moves, (room, type, cell, action, next cell)]
KNOWN = quantity("share of agents that know their room, by moves")  # [moves]
PURITIES = quantity("purity of each training")  # [trainings]

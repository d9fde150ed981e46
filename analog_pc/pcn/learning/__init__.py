"""Learning rules: one registry, each rule as two local factors a layer."""

from analog_pc.pcn.learning.equilibrium_propagation import (
    CentredEquilibriumPropagation,
    NegativeEquilibriumPropagation,
    PositiveEquilibriumPropagation,
    nudged_equilibrium,
)
from analog_pc.pcn.learning.from_text import made_from_text
from analog_pc.pcn.learning.protocol import (
    Factors,
    LearningRule,
    LearningWeights,
    OwnErrorPath,
    Update,
    deltas,
)
from analog_pc.pcn.learning.rules import (
    LEARNING_RULES,
    Backpropagation,
    FeedbackAlignment,
    IncrementalPredictiveCoding,
    KolenPollack,
    PredictiveCoding,
    RelaxedFeedbackAlignment,
    RelaxedKolenPollack,
    RelaxedPredictiveCoding,
    backprop_update,
    hebbian_update,
    learning_rule,
)
from analog_pc.pcn.network import forward_pass

__all__ = [
    "LEARNING_RULES",
    "Backpropagation",
    "CentredEquilibriumPropagation",
    "Factors",
    "FeedbackAlignment",
    "IncrementalPredictiveCoding",
    "KolenPollack",
    "LearningRule",
    "LearningWeights",
    "NegativeEquilibriumPropagation",
    "OwnErrorPath",
    "PositiveEquilibriumPropagation",
    "PredictiveCoding",
    "RelaxedFeedbackAlignment",
    "RelaxedKolenPollack",
    "RelaxedPredictiveCoding",
    "Update",
    "backprop_update",
    "deltas",
    "forward_pass",
    "hebbian_update",
    "learning_rule",
    "made_from_text",
    "nudged_equilibrium",
]

"""Chains whose errors do not travel back by W^T and f': feedback weights, gates, mixing matrices."""

from analog_pc.pcn.feedback.error_path import ErrorPath, alignment, random_feedback, random_mixing
from analog_pc.pcn.feedback.relax import PathFlow, relax_on_path
from analog_pc.pcn.feedback.stability import loop_margin, margins

__all__ = [
    "ErrorPath",
    "PathFlow",
    "alignment",
    "loop_margin",
    "margins",
    "random_feedback",
    "random_mixing",
    "relax_on_path",
]

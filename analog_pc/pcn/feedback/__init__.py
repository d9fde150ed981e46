"""Chains whose errors do not travel back by W^T and f': feedback weights, gates, mixing matrices."""

from analog_pc.pcn.feedback.error_path import ErrorPath, alignment, random_feedback, random_mixing
from analog_pc.pcn.feedback.relax import loop_margin, margins, path_landscape, relax_on_path

__all__ = [
    "ErrorPath",
    "alignment",
    "loop_margin",
    "margins",
    "path_landscape",
    "random_feedback",
    "random_mixing",
    "relax_on_path",
]

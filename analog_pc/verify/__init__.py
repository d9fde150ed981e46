"""The circuit against the ideal reference: comparisons, tolerances, reports."""

from analog_pc.verify.compare import compare, full_scales
from analog_pc.verify.phases import PHASES, check_phases, smallest_curvature, verify_phase
from analog_pc.verify.results import Comparison, Part, PhaseResult, TransientResult, Verification
from analog_pc.verify.run import verify_network
from analog_pc.verify.transient import verify_transient

__all__ = [
    "PHASES",
    "Comparison",
    "Part",
    "PhaseResult",
    "TransientResult",
    "Verification",
    "check_phases",
    "compare",
    "full_scales",
    "smallest_curvature",
    "verify_network",
    "verify_phase",
    "verify_transient",
]

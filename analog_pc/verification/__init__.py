"""Verification: the circuit compared with the ideal reference, tolerances, reports."""

from analog_pc.verification.compare import compare, full_scales
from analog_pc.verification.phases import PHASES, check_phases, smallest_curvature, verify_phase
from analog_pc.verification.results import Comparison, Part, PhaseResult, TransientResult, Verification
from analog_pc.verification.run import verify_network
from analog_pc.verification.transient import verify_transient

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

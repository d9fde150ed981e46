"""Relaxers: what a network relaxes on, mathematics or a circuit; learning does not ask which."""

from analog_pc.relaxers.auto_zero import AutoZeroed
from analog_pc.relaxers.circuit import CircuitRelaxer
from analog_pc.relaxers.effective import EffectiveRelaxer
from analog_pc.relaxers.fixed_prediction import FixedPrediction
from analog_pc.relaxers.ideal import IdealRelaxer
from analog_pc.relaxers.relaxer import Relaxer

__all__ = ["AutoZeroed", "CircuitRelaxer", "EffectiveRelaxer", "FixedPrediction", "IdealRelaxer", "Relaxer"]

"""Non-ideality analysis: what real parts do to a network, a table first, then step by step."""

from analog_pc.nonideality.analysis import AnalysisOptions, analyse_non_idealities
from analog_pc.nonideality.results import NonIdealityAnalysis
from analog_pc.nonideality.steps import STEP_NAMES

__all__ = ["STEP_NAMES", "AnalysisOptions", "NonIdealityAnalysis", "analyse_non_idealities"]

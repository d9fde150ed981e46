"""What real parts do to a network: a table first, then everything else, step by step."""

from analog_pc.nonideality.results import RealVerification
from analog_pc.nonideality.run import verify_real
from analog_pc.nonideality.steps import STEP_NAMES, chosen_steps

__all__ = ["STEP_NAMES", "RealVerification", "chosen_steps", "verify_real"]

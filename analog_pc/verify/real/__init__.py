"""What real parts do to a network: native judged by SPICE, then everything that native tells."""

from analog_pc.verify.real.results import RealVerification
from analog_pc.verify.real.run import verify_real

__all__ = ["RealVerification", "verify_real"]

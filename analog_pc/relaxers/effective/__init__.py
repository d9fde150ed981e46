"""Circuits as effective networks: fast enough for training on them."""

from analog_pc.relaxers.effective.relaxer import EffectiveRelaxer

__all__ = ["EffectiveRelaxer"]

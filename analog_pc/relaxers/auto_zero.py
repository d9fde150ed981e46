"""Correlated double sampling of prediction errors: offsets cancel in the difference of two readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork, Relaxation
from analog_pc.relaxers.relaxer import Relaxer


class AutoZeroed(Relaxer):
    """Correlated double sampling of the prediction errors of a circuit.

    With the input alone clamped every prediction error is 0 in the mathematics; what the circuit then shows
    is the offset of its sensing amplifiers, and what feedback makes of all other offsets.  That reading is
    subtracted from the one between both clamps::

        eps = eps(input and target clamped) - eps(input clamped)

    This is a way to use a circuit, for chips whose op-amps are not auto-zeroed themselves: that removes the
    shift of the activities too (`technology.offset`).  Both may be combined.  The two readings then share the
    residual offsets, because a compiled chip draws them once; in silicon they do where no phase lies between.

    Costs a second relaxation, the prediction, which a trial needs anyway.  It does not remove the shift of
    the activities themselves.  Without it a constant eps of 1 % per update adds up: on `breadboard` parts
    an activity of 784 inputs reaches the supply after some 200 updates of one image each.

    Parameters
    ----------
    relaxer
        The circuit's own.

    Raises
    ------
    TypeError
        For what is no relaxer.
    """

    def __init__(self, relaxer: Relaxer) -> None:
        if not isinstance(relaxer, Relaxer):
            raise TypeError(f"AutoZeroed: relaxer is {type(relaxer).__name__}, expected a Relaxer")
        self.relaxer = relaxer
        self.name = f"{relaxer.name}, auto-zeroed"
        self.technology = relaxer.technology
        self.reads_arrays = relaxer.reads_arrays
        self.backpropagates = relaxer.backpropagates
        self.seed = relaxer.seed

    def equilibrium(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        if not clamps.beyond_input:
            return self.relaxer.equilibrium(network, clamps, arrays)
        target, zero = self.relaxer.both_phases(network, clamps, arrays)
        eps = tuple(a - b for a, b in zip(target.eps, zero.eps, strict=True))
        energy = sum(0.5 * pi * (e * e).sum(axis=1) for pi, e in zip(network.pi, eps[1:], strict=True))
        return replace(target, eps=eps, energy=np.asarray(energy), relaxation=_both(target, zero))


def _both(target: Equilibrium, zero: Equilibrium) -> Relaxation:
    """Converged where both are; the message of the one that is not."""
    one = target.relaxation
    two = zero.relaxation
    message = one.message if not one.all_converged else two.message
    residual = np.maximum(one.residual, two.residual)
    return Relaxation(one.converged & two.converged, residual, one.iterations + two.iterations, message)

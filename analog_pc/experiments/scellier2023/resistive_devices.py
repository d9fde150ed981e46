"""The conductances of a resistive network as devices that pulses write.

::

    G[post, pre] = G_max (r + (1 - r) u[pre, post]),    u = max(0, w - w_min) / (w_max - w_min)

w is the weight of a device, w_min and w_max its kind's nominal bounds, r = g_min / g_max of the technology
that reads it: one device a conductance, whose smallest value is not 0.  A conductance cannot fall below r
G_max, whatever write noise does.  The conductances of the start are raised to r G_max.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.resistive import ResistiveNetwork
from analog_pc.training.in_situ import Scheme, WeightDevice


class WriteTotals(NamedTuple):
    """Sums over the arrays of a network since the start: pulses, J and s (NaN where no pulse is known), the
    pulses of the most used device, and how many devices there are."""

    pulses: float
    joules: float
    seconds: float
    most_wear: float
    devices: float


class ResistiveDevices:
    """A resistive network without bias currents whose conductances are devices; exact numbers for `ideal`.

    Parameters
    ----------
    network
        What training starts from; written perfectly.
    device, scheme
        What the conductances are made of, and how they are written.
    headroom
        G_max over the largest conductance of the start.
    floor
        r = g_min / g_max, from 0 to below 1; of no use for exact numbers, which reach 0.
    seed
        Of the devices and of all that is random in them.

    Raises
    ------
    BadInput
        For a one-sided device: a pair of them holds a difference, and there are no negative conductances.
    """

    def __init__(
        self,
        network: ResistiveNetwork,
        device: WeightDevice,
        scheme: Scheme,
        *,
        headroom: float,
        floor: float,
        seed: int,
    ) -> None:
        if device.spec is not None and device.spec.one_sided:
            raise BadInput(f"device {device.name!r}: its pulses only raise it, a conductance has to fall too")
        self.start = network
        self.device = device
        self.floor = floor
        self.most = [headroom * float(g.max()) for g in network.G]
        seeds = [s.generate_state(2, np.uint64) for s in np.random.SeedSequence(seed).spawn(network.depth)]
        self.writers = [
            scheme.writer(device, g.T.shape, int(own), int(lines))
            for g, (own, lines) in zip(network.G, seeds, strict=True)
        ]
        for writer, g, most in zip(self.writers, network.G, self.most, strict=True):
            writer.assign(self._weights(g, most))

    @property
    def network(self) -> ResistiveNetwork:
        """The network whose conductances the devices hold."""
        pairs = zip(self.writers, self.most, strict=True)
        conductances = [self._conductances(writer.weights, most) for writer, most in pairs]
        return self.start.with_parameters(conductances, list(self.start.b))

    def descend(self, gradients: Sequence[Floats], rate: float) -> None:
        """Write -rate dC/dG, [post, pre] each; then one batch of time passes.

        What is written is the sum over a batch that the memories of the devices hold.  It is no outer product
        of two lines, so that trains write it row by row.
        """
        for writer, gradient, most in zip(self.writers, gradients, self.most, strict=True):
            rows = np.eye(gradient.shape[1])
            writer.write(rows, -gradient.T, rate / self._scale(most))
            if self.device.spec is None:
                writer.assign(np.maximum(0.0, writer.weights))
            writer.elapse(1.0)

    def raise_to(self, share: float) -> None:
        """Raise conductances that are exact numbers to a share of G_max."""
        for writer, most in zip(self.writers, self.most, strict=True):
            writer.assign(np.maximum(share * most, writer.weights))

    def totals(self) -> WriteTotals:
        """What writing has cost so far."""
        synapses = [s for writer in self.writers for s in writer.synapses]
        arrays = [array for s in synapses for array in s.arrays]
        found = [array.statistics() for array in arrays]
        joules = [np.nan if one.joules is None else one.joules for one in found]
        # Arrays are written side by side: the one that takes longest sets the time.
        periods = max((s.write_count.periods for s in synapses), default=0)
        energy = self.device.energy
        return WriteTotals(
            pulses=float(sum(one.pulses for one in found)),
            joules=float(sum(joules)) if found else np.nan,
            seconds=np.nan if energy is None else periods * energy.pulse.seconds,
            most_wear=float(max((one.most_wear for one in found), default=0)),
            devices=float(self.start.devices),
        )

    def _scale(self, most: float) -> float:
        """dG/dw."""
        spec = self.device.spec
        return 1.0 if spec is None else most * (1.0 - self.floor) / (spec.w_max - spec.w_min)

    def _weights(self, conductances: Floats, most: float) -> Floats:
        """Weights of devices [pre, post]."""
        spec = self.device.spec
        if spec is None:
            return np.ascontiguousarray(conductances.T)
        above = np.maximum(0.0, conductances.T - self.floor * most)
        return spec.w_min + above / self._scale(most)

    def _conductances(self, weights: Floats, most: float) -> Floats:
        """Conductances [post, pre] of weights [pre, post]."""
        spec = self.device.spec
        if spec is None:
            return np.asarray(weights.T)
        above = np.maximum(0.0, weights.T - spec.w_min)
        return np.asarray(self.floor * most + self._scale(most) * above)

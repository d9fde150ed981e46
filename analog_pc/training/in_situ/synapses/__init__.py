"""Weights as devices: one against a fixed reference, or a pair of one-sided ones."""

from __future__ import annotations

from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.synapses.paired import PairedSynapses
from analog_pc.training.in_situ.synapses.protocol import Conductances, Synapses, WriteCount
from analog_pc.training.in_situ.synapses.referenced import ReferencedSynapses


def make_synapses(
    device: WeightDevice, shape: tuple[int, int], seed: int, lines: int, *, symmetric: bool = False
) -> Synapses:
    """Synapses of a pulsed device.

    Parameters
    ----------
    device
        What they are made of.
    shape
        Rows (pre) and columns (post).
    seed, lines
        Of the population and its noise, and of the trains: arrays of one `lines` hang on the same lines.
    symmetric
        Weight 0 at the symmetry point of every device.  A pair has it there already: both of its devices
        answer alike.
    """
    if device.pulsed.one_sided:
        return PairedSynapses(device, shape, seed, lines)
    return ReferencedSynapses(device, shape, seed, lines, symmetric=symmetric)


__all__ = ["Conductances", "PairedSynapses", "ReferencedSynapses", "Synapses", "WriteCount", "make_synapses"]

"""A network whose weights live in conductances, some of them broken; it learns on what it has got.

Learning moves *commanded* weights; what the circuit computes with are the conductances that the faults
leave of them.  Activities, prediction errors and rates are read from the damaged circuit, so that learning
may find a way around the damage, as far as there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.mapping import ConductancePair, NetworkArrays, decode, encode
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, hebbian_update
from analog_pc.relaxers import Relaxer
from analog_pc.technology import Technology

OPEN = "open"
STUCK_ON = "stuck on"
FORWARD = "forward"
TRANSPOSED = "transposed"


@dataclass(frozen=True)
class Fault:
    """Devices of one layer that do not do what they are told.

    Parameters
    ----------
    name
        What broke, in words.
    layer
        1 ... L.
    post, pre
        Units whose synapses are hit; None: all of them.
    state
        "open": no current at all; "stuck on": at the technology's g_max.
    arrays
        Which of "forward" and "transposed"; a synapse has its devices in both.
    devices
        Which of "plus" and "minus" of a pair.
    """

    name: str
    layer: int
    post: int | None
    pre: int | None
    state: str = OPEN
    arrays: tuple[str, ...] = (FORWARD, TRANSPOSED)
    devices: tuple[str, ...] = ("plus", "minus")

    def __post_init__(self) -> None:
        if self.state not in (OPEN, STUCK_ON):
            raise BadInput(f"fault {self.name!r}: state {self.state!r}, use {OPEN!r} or {STUCK_ON!r}")


class Hardware:
    """A network without biases on crossbars of a fixed full scale, learning by the local rule.

    Parameters
    ----------
    weights
        W_1 ... W_L to start with, [post, pre]; linear layers.
    relaxer
        What the damaged network relaxes on.
    technology
        Gives g_min and g_max of the devices.
    full_scale
        Weight of a device at g_max; commands beyond it stay there.
    rate
        Learning rate of every layer.
    """

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        relaxer: Relaxer,
        technology: Technology,
        full_scale: float,
        rate: float,
    ) -> None:
        self.commanded = [np.asarray(w, dtype=np.float64) for w in weights]
        self.relaxer = relaxer
        self.technology = technology
        self.full_scale = full_scale
        self.rate = rate
        self.faults: list[Fault] = []

    def strike(self, fault: Fault) -> None:
        """From now on this is broken."""
        self.faults.append(fault)

    @property
    def arrays(self) -> NetworkArrays:
        """What the devices hold: the commanded weights, but where they are broken."""
        pairs = [encode(w, self.technology, self.full_scale) for w in self.commanded]
        held = {FORWARD: pairs, TRANSPOSED: [pair.transposed for pair in pairs]}
        for fault in self.faults:
            for where in fault.arrays:
                layer = held[where][fault.layer - 1]
                held[where][fault.layer - 1] = self._broken(layer, fault, where)
        return NetworkArrays(tuple(held[FORWARD]), tuple(held[TRANSPOSED]))

    def relax(self, inputs: ArrayLike, targets: ArrayLike | None = None) -> Equilibrium:
        """The equilibrium of the network on its devices."""
        arrays = self.arrays
        network = _linear([decode(pair) for pair in arrays.forward])
        equilibrium = self.relaxer.relax(network, inputs, targets, arrays=arrays)
        if not equilibrium.relaxation.all_converged:
            raise SimulationFailed(f"{self.relaxer.name}: no equilibrium: {equilibrium.relaxation.message}")
        return equilibrium

    def predict(self, inputs: ArrayLike) -> Floats:
        return self.relax(inputs).output

    def learn(self, inputs: ArrayLike, targets: ArrayLike) -> Equilibrium:
        """Relax, then move the commanded weights by what the circuit shows."""
        equilibrium = self.relax(inputs, targets)
        change = hebbian_update(_linear(self.commanded), equilibrium, self.rate)
        top = self.full_scale
        self.commanded = [
            np.clip(w + d, -top, top) for w, d in zip(self.commanded, change.weights, strict=True)
        ]
        return equilibrium

    def _broken(self, pair: ConductancePair, fault: Fault, where: str) -> ConductancePair:
        post = slice(None) if fault.post is None else fault.post
        pre = slice(None) if fault.pre is None else fault.pre
        hit = (pre, post) if where == FORWARD else (post, pre)
        siemens = {"plus": pair.plus.copy(), "minus": pair.minus.copy()}
        for device in fault.devices:
            siemens[device][hit] = 0.0 if fault.state == OPEN else self.technology.g_max
        return ConductancePair(siemens["plus"], siemens["minus"], pair.ohms)


def _linear(weights: Sequence[Floats]) -> PredictiveCodingNetwork:
    return PredictiveCodingNetwork(list(weights), activation="identity")

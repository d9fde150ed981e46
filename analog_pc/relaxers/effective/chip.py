"""What one chip's amplifiers and activation circuits are, read from its compiled circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.circuit import Amplifiers, Resistors, VoltageTransfers
from analog_pc.compiler import CompiledNetwork


@dataclass(frozen=True, eq=False)
class Bank:
    """A bank of amplifiers at rest: V(out) = gain (d + offset) - ohms I; offset [n] in units of activity."""

    gain: float
    offset: Floats
    ohms: float

    def driven(self, signal: Floats) -> Floats:
        """What the unloaded outputs are for differences `signal` [.., n]."""
        return np.asarray(self.gain * (signal + self.offset))


@dataclass(frozen=True, eq=False)
class ChipLayer:
    """Layer l of a chip.  None: the compiled circuit has no such part.

    `predict` and `sense` belong to mu_l and eps_l; `drive`, `anti_drive` to the rates of this layer, `gate`
    [n_l] are the gains of the feedback into it; `feedback` are the amplifiers of W_l^T eps_l.  `fold` is
    1 / gain of a rectifier's amplifier, 0 without one.
    """

    predict: Bank | None
    feedback: Bank | None
    sense: Bank | None
    anti_sense: Bank | None
    drive: Bank | None
    anti_drive: Bank | None
    activation_gain: Floats
    activation_offset: Floats
    gate: Floats
    fold: float
    driver_ohms: float


def chip_layers(compiled: CompiledNetwork) -> tuple[ChipLayer, ...]:
    """The layers 0 ... L of a compiled network, all offsets in units of activity."""
    network, volts = compiled.network, compiled.scales.volts
    found = []
    for layer, instance in enumerate(compiled.circuit.instances):
        banks = {e.name: e for e in instance.subcircuit.elements}
        above = network.precision_of(layer + 1) if layer < network.depth else 1.0
        siemens = above * compiled.design.technology.spring_conductance
        found.append(_layer(banks, network.sizes[layer], volts, siemens))
    return tuple(found)


def _layer(banks: Mapping[str, Any], n: int, volts: float, siemens: float) -> ChipLayer:
    pair, gate = banks.get("act_pair", banks.get("act_rate")), banks.get("fb_gate")
    folded = banks.get("act_amp")
    pair = pair if isinstance(pair, VoltageTransfers) else None
    return ChipLayer(
        _bank(banks, "predict_amp", volts),
        _bank(banks, "feedback_amp", volts),
        _bank(banks, "eps_sense", volts),
        _bank(banks, "eps_anti", volts),
        _bank(banks, "drive_p", volts),
        _bank(banks, "drive_n", volts),
        np.ones(n) if pair is None else np.broadcast_to(np.asarray(pair.gain), (n,)),
        np.zeros(n) if pair is None else np.broadcast_to(np.asarray(pair.offset) / volts, (n,)),
        np.ones(n) if gate is None else np.broadcast_to(np.asarray(gate.siemens) / siemens, (n,)),
        1.0 / folded.gain if isinstance(folded, Amplifiers) else 0.0,
        next((_ohms(banks, name) for name in banks if name.endswith("_driver")), 0.0),
    )


def _bank(banks: Mapping[str, Any], name: str, volts: float) -> Bank | None:
    bank = banks.get(name)
    if not isinstance(bank, Amplifiers):
        return None
    offset = np.broadcast_to(np.asarray(bank.offset) / volts, (len(bank.out),))
    return Bank(bank.gain, offset, bank.output_ohms)


def _ohms(banks: Mapping[str, Any], name: str) -> float:
    bank = banks[name]
    return float(np.max(bank.ohms)) if isinstance(bank, Resistors) else 0.0

"""Amplifiers and activation circuits of one chip, read from its compiled circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, ArrayLike, Floats
from analog_pc.circuit import Amplifiers, NonlinearVCVS, Resistors
from analog_pc.compiler import CompiledNetwork


@dataclass(frozen=True, eq=False)
class Bank:
    """A bank of amplifiers at rest: V(out) = gain (d + offset) - ohms I; offset [n] in V."""

    gain: float
    offset: Floats
    ohms: float

    def driven(self, signal: Floats, volts: float) -> Floats:
        """The unloaded outputs for differences `signal` [.., n], both in units of `volts`."""
        return np.asarray(self.gain * (signal + self.offset / volts))


@dataclass(frozen=True, eq=False, kw_only=True)
class ChipLayer:
    """Layer l of a chip.  None: the compiled circuit has no such part.

    `predict` and `sense` belong to mu_l and eps_l; `drive`, `anti_drive` to f(x_l), `gate` [n_l] are the
    gains of the feedback into the layer; `feedback` are the amplifiers of W_l^T eps_l.
    `rectifier_inverse_gain` is 1 / gain of a rectifier's amplifier, 0 without one.  Gains of activations and
    gates are relative to the nominal ones, offsets are in V.
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
    rectifier_inverse_gain: float
    driver_ohms: float


def chip_layers(compiled: CompiledNetwork) -> tuple[ChipLayer, ...]:
    """The layers 0 ... L of a compiled network, whatever its volts per unit."""
    network = compiled.network
    scales = compiled.scales
    found = []
    for layer, instance in enumerate(compiled.circuit.instances):
        banks = {e.name: e for e in instance.subcircuit.elements}
        below = layer < network.depth
        siemens = compiled.design.gate_siemens(layer) if below else 1.0
        nominal = scales.rate[layer] / scales.activity[layer] if below else 1.0
        found.append(_layer(banks, network.sizes[layer], nominal, siemens))
    return tuple(found)


def _layer(banks: Mapping[str, Any], n: int, nominal: float, siemens: float) -> ChipLayer:
    pair = banks.get("act_pair", banks.get("act_rate"))
    pair = pair if isinstance(pair, NonlinearVCVS) else None
    gate = banks.get("fb_gate")
    rectifier = banks.get("act_amp")
    return ChipLayer(
        predict=_bank(banks, "predict_amp"),
        feedback=_bank(banks, "feedback_amp"),
        sense=_bank(banks, "eps_sense"),
        anti_sense=_bank(banks, "eps_anti"),
        drive=_bank(banks, "drive_p"),
        anti_drive=_bank(banks, "drive_n"),
        activation_gain=np.ones(n) if pair is None else _each(np.asarray(pair.gain) / nominal, n),
        activation_offset=np.zeros(n) if pair is None else _each(pair.offset, n),
        gate=np.ones(n) if gate is None else _each(np.asarray(gate.siemens) / siemens, n),
        rectifier_inverse_gain=1.0 / rectifier.gain if isinstance(rectifier, Amplifiers) else 0.0,
        driver_ohms=next((_ohms(banks, name) for name in banks if name.endswith("_driver")), 0.0),
    )


def _each(values: ArrayLike, n: int) -> Floats:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), (n,))


def _bank(banks: Mapping[str, Any], name: str) -> Bank | None:
    bank = banks.get(name)
    if not isinstance(bank, Amplifiers):
        return None
    return Bank(bank.gain, _each(bank.offset, len(bank.out)), bank.output_ohms)


def _ohms(banks: Mapping[str, Any], name: str) -> float:
    bank = banks[name]
    return float(np.max(bank.ohms)) if isinstance(bank, Resistors) else 0.0

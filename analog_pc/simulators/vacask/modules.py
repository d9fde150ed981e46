"""The modules that the elements need beside VACASK's own resistor, capacitor and linear sources.

``v`` is the voltage that a transfer function is applied to; ``<+`` adds to a branch, and a current counts
from the first node to the second one or to ground.
"""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import Amplifiers, TransferFunction
from analog_pc.circuit.amplifiers import PAIR
from analog_pc.circuit.transfer import limiter, ramp_transfer
from analog_pc.simulators.vacask.verilog import Formula, Module, formula, module

Constants = dict[str, float]
_STAGE = 1e-3  # S; only fixes the size of a capacitor that no other part sees


def transfer(transfer: TransferFunction) -> tuple[Module, Constants]:
    """V(out) = gain f(V(control) + offset)."""
    f = formula(transfer)
    body = ("v = V(control) + offset;", f"V(out) <+ gain*({f.text});")
    return _built("transfer", ("out", "control"), body, f, instance=("gain", "offset"))


def gated(transfer: TransferFunction) -> tuple[Module, Constants]:
    """A current siemens f(V(control)) V(drive) from ground into `out`."""
    f = formula(transfer)
    body = ("v = V(control);", f"I(out) <+ -siemens*({f.text})*V(drive);")
    return _built("gated", ("out", "control", "drive"), body, f, instance=("siemens",))


def switch() -> tuple[Module, Constants]:
    """A conductance between a and b from off to on, as V(control) goes from 0 to 1 V."""
    f = formula(ramp_transfer((0.0, 1.0), (0.0, 1.0, 0.0)))
    body = ("v = V(control);", f"I(a, b) <+ (off + (on - off)*({f.text}))*V(a, b);")
    return _built("switch", ("a", "b", "control"), body, f, instance=("on", "off"))


def device(transfer: TransferFunction, access_ohms: float) -> tuple[Module, Constants]:
    """A crossing: I = siemens f(V - access_ohms I), from word line to bit line."""
    f = formula(transfer)
    if access_ohms == 0.0:
        direct = ("v = V(word, bit);", f"I(word, bit) <+ siemens*({f.text});")
        return _built("device", ("word", "bit"), direct, f, instance=("siemens",))
    body = (
        "I(word, inside) <+ V(word, inside)/access_ohms;",
        "v = V(inside, bit);",
        f"I(inside, bit) <+ siemens*({f.text});",
    )
    own = {"access_ohms": float(access_ohms)}
    return _built("cell", ("word", "bit"), body, f, own=own, inner=("inside",), instance=("siemens",))


def diode(slope_volts: float, series_ohms: float) -> tuple[Module, Constants]:
    """I = saturation (exp(V / slope_volts) - 1) behind series_ohms, from anode to cathode.

    `limexp` keeps a search in range.
    """
    own = {"slope_volts": float(slope_volts)}
    if series_ohms == 0.0:
        body = ("I(anode, cathode) <+ saturation*(limexp(V(anode, cathode)/slope_volts) - 1.0);",)
        return _built("diode", ("anode", "cathode"), body, own=own, instance=("saturation",))
    own["series_ohms"] = float(series_ohms)
    behind = (
        "I(anode, inside) <+ V(anode, inside)/series_ohms;",
        "I(inside, cathode) <+ saturation*(limexp(V(inside, cathode)/slope_volts) - 1.0);",
    )
    return _built(
        "series_diode", ("anode", "cathode"), behind, own=own, inner=("inside",), instance=("saturation",)
    )


def amplifier(a: Amplifiers) -> tuple[Module, Constants]:
    """An op-amp with its limits: the equations of `circuit.amplifiers`, its pole as a node ``pole``."""
    own: Constants = {"gain": float(a.gain)}
    formulas: list[Formula] = []
    body = ["v = V(plus) - V(minus) + offset;"]
    if a.has_pole:
        farads = _STAGE / a.unity_rate
        own |= {"stage": _STAGE, "farads": farads}
        body += ["v = stage*(v - V(pole)/gain);"]
        if np.isfinite(a.slew_rate):
            formulas.append(formula(limiter(a.slew_rate * farads, PAIR), "pair"))
            body += [f"v = {formulas[-1].text};"]
        body += ["I(pole) <+ ddt(farads*V(pole)) - v;", "v = V(pole);"]
    else:
        body += ["v = gain*v;"]
    if a.rail is not None:
        formulas.append(formula(a.rail, "rail"))
        body += [f"v = {formulas[-1].text};"]
    if a.output_ohms > 0.0:
        own["output_ohms"] = float(a.output_ohms)
        body += ["I(out) <+ (V(out) - v)/output_ohms;"]
    else:
        body += ["V(out) <+ v;"]
    inner = ("pole",) if a.has_pole else ()
    return _built(
        "amplifier",
        ("out", "plus", "minus"),
        tuple(body),
        *formulas,
        own=own,
        inner=inner,
        instance=("offset",),
    )


def _built(
    kind: str,
    ports: tuple[str, ...],
    body: tuple[str, ...],
    *formulas: Formula,
    own: Constants | None = None,
    inner: tuple[str, ...] = (),
    instance: tuple[str, ...] = (),
) -> tuple[Module, Constants]:
    constants = dict(own or {})
    for f in formulas:
        constants |= f.constants
    return module(kind, ports, body, inner=inner, instance=instance, model=tuple(constants)), constants

"""Local deviations: every signal of a netlist compared with its value computed from its inputs.

After one wrong part, every voltage of a closed loop is off.  Only at the source does a signal differ from the
value that its inputs give; all other parts work as designed.  With s and u volts per unit of x and of f(x),
R_f G in V/V and the gate's k, all in volts and all nodes of one layer l::

    rate      = u f(x / s)                                               activation and driver
    anti      = -u f(x / s)                                              activation and inverting driver
    mu        = -(R_f G_plus) anti_{l-1} - (R_f G_minus) rate_{l-1}      forward crossbar and its amplifiers
    eps       = x - mu,   anti_eps = mu - x                              sense amplifiers
    back      = -(R_f G_plus) anti_eps_{l+1} - (R_f G_minus) eps_{l+1}   transposed crossbar, its amplifiers
    x         = mu + k f'(x / s) back                                    spring and gate, or the clamp

(bias and offsets add a constant to each).  The *local deviation* of a signal is its deviation from the
reference less the change of its right side by the deviations of its inputs.  Constants cancel.  It is exact
for ideal wires and linear devices; wires, nonlinear devices and the spread of activation circuits change
these equations, which leaves a fraction of a deviation in its consequences (`leftovers`).  At a kink of f an
activity may have any slope between its two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from analog_pc.activations import activation
from analog_pc.arrays import Floats
from analog_pc.verification.netlist_check.probes_file import Matrix, Probes, Quantity

Place = tuple[Quantity, int]  # quantity and layer
Signals = Mapping[Place, Floats]
"""Volts [samples, nodes] of each bus; NaN where unknown."""

# What a person looks at, where a signal of a layer is the source.
PARTS: dict[Quantity, str] = {
    "x": "value node: spring, feedback gate or a load",
    "mu": "forward crossbar, its feedback resistor or amplifier",
    "eps": "sense amplifier",
    "rate": "activation or driver",
    "anti": "activation or inverting driver",
    "back": "transposed crossbar, its feedback resistor or amplifier",
    "anti_eps": "inverting sense amplifier",
}
CLAMP = "clamp"


def local_deviations(probes: Probes, measured: Signals, reference: Signals) -> dict[Place, Floats]:
    """Local deviation of each signal, V [samples, nodes]; NaN where an input is."""
    off = _off_balance(probes, measured)
    off_at_reference = _off_balance(probes, reference)
    return {place: off[place] - off_at_reference[place] for place in off if place in off_at_reference}


def explained(probes: Probes, measured: Signals, reference: Signals) -> dict[Place, Floats]:
    """Bound on the deviation of each signal that those of its inputs may cause, V [samples, nodes].

    The magnitudes of all terms added, with a slope of f of 1: what they come to even where they cancel.  To
    the inputs of the equations come what real parts are loaded by: the signal itself (output resistance), x
    behind the spring or gate, and in a crossbar the columns that share its rows, or that a row drives.
    """
    away = {
        place: np.abs(volts - reference[place]) for place, volts in measured.items() if place in reference
    }
    found: dict[Place, Floats] = {}
    for quantity, number in away:
        caused = _caused(probes, quantity, number, away, measured, reference)
        if caused is not None:
            volts = caused + _loaded(quantity, number, away)
            held = quantity == "x" and np.asarray(probes.layers[number].clamped)
            found[quantity, number] = np.where(held, 0.0, volts)
    return found


def _loaded(quantity: Quantity, number: int, away: Signals) -> Floats:
    own = away[quantity, number]
    match quantity:
        case "mu" | "back":
            behind = away.get(("x", number), np.zeros_like(own))
            return np.asarray(own.max(axis=1, keepdims=True) + behind)
        case "rate" | "anti":
            columns = away.get(("mu", number + 1))
        case "eps" | "anti_eps":
            columns = away.get(("back", number - 1))
        case _:
            columns = None
    return own if columns is None else np.asarray(own + columns.max(axis=1, keepdims=True))


def _caused(
    probes: Probes, quantity: Quantity, number: int, away: Signals, measured: Signals, reference: Signals
) -> Floats | None:
    layer = probes.layers[number]
    x = away.get(("x", number))
    mu = away.get(("mu", number))
    match quantity:
        case "rate" | "anti":
            return None if x is None else layer.rate_volts_per_unit / layer.volts_per_unit * x
        case "eps" | "anti_eps":
            return None if x is None or mu is None else x + mu
        case "mu":
            inputs = (away.get(("anti", number - 1)), away.get(("rate", number - 1)))
            return _added(layer.forward_plus, layer.forward_minus, *inputs)
        case "back":
            inputs = (away.get(("anti_eps", number + 1)), away.get(("eps", number + 1)))
            return _added(layer.transposed_plus, layer.transposed_minus, *inputs)
        case _:
            return _pulled(probes, number, away, measured, reference)


def _added(plus: Matrix, minus: Matrix, inverted: Floats | None, direct: Floats | None) -> Floats | None:
    """As `_crossbar`, of magnitudes."""
    if inverted is None or direct is None or not plus or not minus:
        return None
    return np.asarray(inverted @ np.asarray(plus).T + direct @ np.asarray(minus).T)


def _pulled(
    probes: Probes, number: int, away: Signals, measured: Signals, reference: Signals
) -> Floats | None:
    """Change of an activity by those of its prediction, its feedback and its gate."""
    layer = probes.layers[number]
    x = measured["x", number]
    change = np.zeros_like(x)
    if number:
        if ("mu", number) not in away:
            return None
        change = change + away["mu", number]
    if layer.gate != 0.0:
        if ("back", number) not in away:
            return None
        f = activation(layer.activation)
        volts = layer.volts_per_unit
        turned = np.abs(f.slope(x / volts) - f.slope(reference["x", number] / volts))
        change = change + layer.gate * (away["back", number] + turned * np.abs(measured["back", number]))
    return change


def _off_balance(probes: Probes, v: Signals) -> dict[Place, Floats]:
    """Left side less right side of every equation whose signals are there."""
    found: dict[Place, Floats] = {}
    for number in range(len(probes.layers)):
        for quantity, equation in _EQUATIONS.items():
            place = (quantity, number)
            if place in v:
                value = equation(probes, number, v)
                if value is not None:
                    found[place] = value
    return found


def _driven(quantity: Quantity, sign: float, probes: Probes, number: int, v: Signals) -> Floats | None:
    layer = probes.layers[number]
    x = v.get(("x", number))
    if x is None:
        return None
    f = activation(layer.activation)
    activity = x / layer.volts_per_unit
    zone = layer.kink_volts / layer.volts_per_unit
    # At a kink, x says where the kink is and not how far its rectifier is driven.
    on_kink = f.slope(activity - zone) != f.slope(activity + zone)
    near = np.where(on_kink, zone, 0.0)
    value = sign * v[quantity, number]
    low = layer.rate_volts_per_unit * f.f(activity - near)
    high = layer.rate_volts_per_unit * f.f(activity + near)
    return np.asarray(sign * (value - np.clip(value, np.minimum(low, high), np.maximum(low, high))))


def _mu(probes: Probes, number: int, v: Signals) -> Floats | None:
    layer = probes.layers[number]
    inputs = (v.get(("anti", number - 1)), v.get(("rate", number - 1)))
    made = _crossbar(layer.forward_plus, layer.forward_minus, *inputs)
    return None if made is None else np.asarray(v["mu", number] - made)


def _back(probes: Probes, number: int, v: Signals) -> Floats | None:
    layer = probes.layers[number]
    inputs = (v.get(("anti_eps", number + 1)), v.get(("eps", number + 1)))
    made = _crossbar(layer.transposed_plus, layer.transposed_minus, *inputs)
    return None if made is None else np.asarray(v["back", number] - made)


def _crossbar(plus: Matrix, minus: Matrix, inverted: Floats | None, direct: Floats | None) -> Floats | None:
    """Output of a differential crossbar and its amplifiers, V [samples, columns]."""
    if inverted is None or direct is None or not plus or not minus:
        return None
    return np.asarray(-inverted @ np.asarray(plus).T - direct @ np.asarray(minus).T)


def _sensed(quantity: Quantity, sign: float, probes: Probes, number: int, v: Signals) -> Floats | None:
    x = v.get(("x", number))
    mu = v.get(("mu", number))
    if x is None or mu is None:
        return None
    return np.asarray(v[quantity, number] - sign * (x - mu))


def _x(probes: Probes, number: int, v: Signals) -> Floats | None:
    """A clamped activity is a constant; a free one balances the currents of spring and feedback."""
    layer = probes.layers[number]
    x = v["x", number]
    clamped = np.asarray(layer.clamped)
    if clamped.all():
        return x
    low, high = _fed_back(probes, number, v)
    if number:
        mu = v.get(("mu", number))
        stretched = np.full_like(x, np.nan) if mu is None else x - mu
    else:
        stretched = np.zeros_like(x)  # nothing predicts the input
    return np.where(clamped, x, stretched - np.clip(stretched, low, high))


def _fed_back(probes: Probes, number: int, v: Signals) -> tuple[Floats, Floats]:
    """Lowest and highest x - mu that the feedback may hold, volts."""
    layer = probes.layers[number]
    x = v["x", number]
    if layer.gate == 0.0:
        return np.zeros_like(x), np.zeros_like(x)
    back = v.get(("back", number), np.full_like(x, np.nan))
    f = activation(layer.activation)
    volts = layer.volts_per_unit
    near = layer.kink_volts / volts
    pull = layer.gate * back
    ends = (pull * f.slope(x / volts - near), pull * f.slope(x / volts + near))
    return np.minimum(*ends), np.maximum(*ends)


_EQUATIONS: dict[Quantity, Callable[[Probes, int, Signals], Floats | None]] = {
    "x": _x,
    "mu": _mu,
    "eps": partial(_sensed, "eps", 1.0),
    "rate": partial(_driven, "rate", 1.0),
    "anti": partial(_driven, "anti", -1.0),
    "back": _back,
    "anti_eps": partial(_sensed, "anti_eps", -1.0),
}

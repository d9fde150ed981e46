"""Volts per unit of every layer's signals, and seconds per unit of time.

An activity x_l stands at v_l volts per unit and a rate f(x_l) at u_l volts per unit, layer by layer::

    V(x_l) = v_l x_l     V(mu_l) = v_l mu_l     V(eps_l) = v_l eps_l
    V(rate_l) = u_l f(x_l)     V(bias_l) = u_{l-1}     V(back_l) = b_l W_{l+1}^T eps_{l+1}

**Equilibrium and flow do not depend on the choice.**  In units of activity the layer is::

    mu_l = W_l f(x_{l-1}) + b_l,    tau dx_l/dt = -p_l eps_l + f'(x_l) W_{l+1}^T p_{l+1} eps_{l+1}

Multiply by v_l.  The prediction becomes ``V(mu_l) = (v_l / u_{l-1}) [W_l, b_l] [V(rate), V(bias)]``: the
array is the same, its feedback resistor is R_f v_l / u_{l-1}.  The flow becomes, with tau = C / g_s::

    C dV(x_l)/dt = -p_l g_s V(eps_l) + f'(x_l) p_{l+1} g_s (v_l / b_l) V(back_l),
    V(back_l)    = (b_l / v_{l+1}) W_{l+1}^T V(eps_{l+1})

so that the transposed array has the feedback resistor R_f b_l / v_{l+1} and the feedback gate the
transconductance p_{l+1} g_s v_l / b_l, while springs p_l g_s and node capacitors C are as at equal volts.
An activation circuit of the input v_l x gives u_l f(x): slope voltage v_l, amplitude u_l.  The identity has
no circuit, there u_l = v_l.

Springs of p_l g_s / v_l^2 and capacitors of C / v_l^2 would do too, and keep the power in all springs
2 g_s times the energy; a ratio of 10 in volts would then take 100 in capacitors, and a gate that is a
transconductor sets that ratio free.  What is left of it: springs dissipate g_s sum_l p_l v_l^2 eps_l^2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.mapping.conductance import column_scales
from analog_pc.numeric import finite_number
from analog_pc.pcn import Clamps, PredictiveCodingNetwork
from analog_pc.pcn.state import Landscape, State
from analog_pc.technology import Technology

_ROUNDING = 1e-15  # of a quotient multiplied back
HEADROOM = 1.25  # swing over the largest signal of the forward pass: for relaxation, offsets and spread parts

FILL = 0.75  # of an amplifier's saturation for signals, where the supply allows more: the rest drives loads


@dataclass(frozen=True)
class Scales:
    """Volts per unit of activity of layers 0 ... L, of rate and of feedback of layers 0 ... L - 1; and the
    seconds of a unit of time, C / g_s.

    Raises
    ------
    BadInput
        For a number that is not finite and > 0, or another number of layers.
    """

    activity: tuple[float, ...]
    rate: tuple[float, ...]
    feedback: tuple[float, ...]
    seconds: float

    def __post_init__(self) -> None:
        layers = len(self.activity) - 1
        for what, values in (("rate", self.rate), ("feedback", self.feedback)):
            if len(values) != layers or layers < 1:
                raise BadInput(f"scales of {len(values)} {what}s, expected one for each layer below the last")
        for what in ("activity", "rate", "feedback"):
            for layer, volts in enumerate(getattr(self, what)):
                if not (math.isfinite(volts) and volts > 0.0):
                    raise BadInput(f"volts per unit of {what} of layer {layer}: {volts!r}, must be > 0")
        if not (math.isfinite(self.seconds) and self.seconds > 0.0):
            raise BadInput(f"seconds per unit of time: {self.seconds!r}, must be > 0")

    def forward_ratio(self, layer: int) -> float:
        """v_l / u_{l-1}, gain of the forward array of layer l beyond its weights."""
        return self.activity[layer] / self.rate[layer - 1]

    def transposed_ratio(self, layer: int) -> float:
        """b_{l-1} / v_l, gain of the transposed array of layer l beyond its weights."""
        return self.feedback[layer - 1] / self.activity[layer]

    def gate_ratio(self, layer: int) -> float:
        """v_l / b_l, gain of the feedback gate of layer l beyond its spring's conductance."""
        return self.activity[layer] / self.feedback[layer]

    def text(self) -> str:
        """Volts per unit as one line: one number where all layers have the same."""
        found = tuple(f"{v:.4g}" for v in self.activity)
        return f"{found[0]} V" if len(set(found)) == 1 else f"{', '.join(found)} V of layers 0, 1, ..."


VoltsPerUnit = float | Sequence[float] | Scales


@dataclass(frozen=True)
class Ranges:
    """Largest magnitudes: x or mu, and eps, of layers 0 to L; f(x) and W^T eps of layers 0 to L - 1.

    `load`, of layers 1 ... L: largest |mu| over the scale of its column (`column_scales`), which is the
    current of its feedback resistor over (g_max - g_min) u_{l-1} of all devices of a cell.
    """

    activity: tuple[float, ...]
    eps: tuple[float, ...]
    rate: tuple[float, ...]
    feedback: tuple[float, ...]
    load: tuple[float, ...]


def ranges_of(network: PredictiveCodingNetwork, state: State, quantile: float = 1.0) -> Ranges:
    """The ranges of the activities of a batch.

    Parameters
    ----------
    quantile
        Of the samples that stay within: 1 covers all of them.

    Raises
    ------
    BadInput
        Unless 0 < quantile <= 1, or when an activity is not finite.
    """
    if not 0.0 < quantile <= 1.0:
        raise BadInput(f"quantile = {quantile!r}, must be above 0 and at most 1")

    def largest(values: Floats) -> float:
        if not values.size:
            return 0.0
        return float(np.quantile(np.abs(values).max(axis=1), quantile, method="inverted_cdf"))

    layers = range(network.depth + 1)
    activity = tuple(max(largest(state.x[k]), largest(state.mu[k])) for k in layers)
    eps = tuple(largest(state.eps[k]) for k in layers)
    rate = tuple(largest(state.activation[k]) for k in layers[:-1])
    feedback = tuple(largest(state.feedback[k]) / network.precision_of(k + 1) for k in layers[:-1])
    loads = []
    for k, (w, b) in enumerate(zip(network.W, network.b, strict=True), start=1):
        scale = column_scales(np.column_stack([w, b]))
        loads.append(largest(state.mu[k] / np.where(scale > 0.0, scale, 1.0)))
    if not np.isfinite([*activity, *eps, *rate, *feedback, *loads]).all():
        raise BadInput("the forward pass of this network overflows: no voltage stands for its activities")
    return Ranges(activity, eps, rate, feedback, tuple(loads))


def forward_ranges(network: PredictiveCodingNetwork, clamps: Clamps, quantile: float = 1.0) -> Ranges:
    """The ranges of the forward pass under the clamps, clamped activities included.

    Parameters
    ----------
    network, clamps
        What is relaxed, [samples, units] of activity.
    quantile
        Of the magnitudes over samples and units; 1: the largest.

    Raises
    ------
    BadInput
        When the forward pass overflows.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # refused below
        landscape = Landscape(network, clamps)
        return ranges_of(network, landscape.state(landscape.forward()), quantile)


def choose_scales(
    network: PredictiveCodingNetwork,
    technology: Technology,
    ranges: Ranges,
    volts_per_unit: VoltsPerUnit | None = None,
) -> Scales:
    """The scales at which a circuit works: the default rule of compiler and relaxers.

    ::

        v_l = min(volts_per_unit, swing / peak_l),    swing = min(supply, FILL opamp_saturation) / HEADROOM
        u_l = min(volts_per_unit, swing / peak of f(x_l), current_l / load_{l+1})
        current_l = (opamp_saturation / HEADROOM - v_{l+1} peak_{l+1}) / (r_o span)

    peak_l is the largest activity, prediction or prediction error of the layer: each has the largest signal
    that its own peak allows, because what amplifiers add (offset and noise times noise gain) is fixed in
    volts.  An amplifier with output resistance r_o also has to drive its feedback resistor, whose current is
    that of the array: proportional to u_{l-1}.  With biases a rate of 1 is a signal of its own, that of the
    bias line.  Where f is the identity u_l = v_l, the lower of both.  b_l = v_l, or less where the feedback
    needs it.

    Parameters
    ----------
    ranges
        Of the activities that are known before the simulation (`forward_ranges`).
    volts_per_unit
        One number for all signals, one for each layer 0 ... L (for all its signals), or `Scales`;
        None: the rule.

    Raises
    ------
    BadInput
        When given volts are not positive, too few or too many, or would take a peak above the supply.
    """
    if volts_per_unit is None:
        return _ruled(network, technology, ranges)
    scales = given_scales(network, technology, volts_per_unit)
    _check_swing(technology, ranges, scales)
    return scales


def volts_within_swing(technology: Technology, *peaks: float) -> float:
    """The technology's volts per unit, or as much less as keeps signals of these peaks within the swing."""
    nominal = technology.volts_per_unit
    swing = min(technology.supply, FILL * technology.opamp_saturation) / HEADROOM
    return min(nominal, swing / max(peaks)) if max(peaks) > 0.0 else nominal


def driven_volts(technology: Technology, peak_volts: float, load: float) -> float:
    """Largest volts of a rate at which amplifiers of `peak_volts` still drive their feedback resistors.

    Parameters
    ----------
    peak_volts
        Largest output, V.
    load
        Largest |mu| over the scale of its column, as in `Ranges`.
    """
    lost = technology.opamp_output_resistance * technology.cell_span * load  # V per volt of a rate
    if lost == 0.0:
        return math.inf
    return (technology.opamp_saturation / HEADROOM - peak_volts) / lost


def _ruled(network: PredictiveCodingNetwork, technology: Technology, ranges: Ranges) -> Scales:
    volts = partial(volts_within_swing, technology)
    line = 1.0 if network.has_biases else 0.0
    activity = [volts(*peaks) for peaks in zip(ranges.activity, ranges.eps, strict=True)]
    rate = [volts(peak, line) for peak in ranges.rate]
    for layer in range(network.depth):
        peak_volts = activity[layer + 1] * ranges.activity[layer + 1]
        rate[layer] = min(rate[layer], driven_volts(technology, peak_volts, ranges.load[layer]))
    for layer in _without_circuit(network):
        activity[layer] = min(activity[layer], rate[layer])
        rate[layer] = activity[layer]
    feedback = (min(v, volts(peak)) for v, peak in zip(activity, ranges.feedback, strict=False))
    return Scales(tuple(activity), tuple(rate), tuple(feedback), technology.seconds_per_unit)


def _without_circuit(network: PredictiveCodingNetwork) -> list[int]:
    """Layers whose rates are their activities, on the same nodes."""
    return [k for k in range(network.depth) if network.activation_of(k).name == "identity"]


def given_scales(
    network: PredictiveCodingNetwork, technology: Technology, volts_per_unit: VoltsPerUnit
) -> Scales:
    """Scales of given volts per unit, as `choose_scales` takes them, whatever the activities.

    Parameters
    ----------
    network
        Its depth and its layers without an activation circuit.
    technology
        Gives the seconds of a unit of time.
    volts_per_unit
        One number, one for each layer 0 ... L, or `Scales`, which stay.

    Raises
    ------
    BadInput
        For volts that are not positive, too few or too many, or rates that have no circuit of their own.
    """
    if isinstance(volts_per_unit, Scales):
        _check_layers(network, volts_per_unit)
        return volts_per_unit
    layers = network.depth + 1
    values = list(volts_per_unit) if np.iterable(volts_per_unit) else [volts_per_unit] * layers
    each = [finite_number("volts_per_unit", value) for value in values]
    if len(each) != layers:
        raise BadInput(
            f"volts_per_unit: {len(each)} numbers, expected one, or one for each of {layers} layers"
        )
    below = tuple(each[:-1])
    return Scales(tuple(each), below, below, technology.seconds_per_unit)


def _check_layers(network: PredictiveCodingNetwork, scales: Scales) -> None:
    if len(scales.activity) != network.depth + 1:
        raise BadInput(f"scales of {len(scales.activity)} layers for a network of {network.depth + 1}")
    for layer in _without_circuit(network):
        if scales.rate[layer] != scales.activity[layer]:
            raise BadInput(
                f"scales: layer {layer} has no activation circuit, so a unit of rate has the "
                f"{scales.activity[layer]!r} V of its activity, not {scales.rate[layer]!r} V"
            )


def _check_swing(technology: Technology, ranges: Ranges, scales: Scales) -> None:
    signals = [("an activity", *pair) for pair in zip(scales.activity, ranges.activity, strict=True)]
    signals += [("a rate", *pair) for pair in zip(scales.rate, ranges.rate, strict=True)]
    for what, volts, peak in signals:
        if volts * peak > technology.supply * (1.0 + _ROUNDING):
            raise BadInput(
                f"volts_per_unit = {volts!r} takes {what} of {peak:.4g} to {volts * peak:.4g} V, above the "
                f"{technology.supply:g} V of technology {technology.name!r}: use at most "
                f"{technology.supply / peak:.4g}"
            )

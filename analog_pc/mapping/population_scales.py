"""Volts per unit of a graph's populations: the rule of `scales.py`, population by population.

A population v has v_v volts per unit of activity, u_v of its rate f(x_v), b_v of the feedback h_v that its
projections return.  With several arrays on one bit line, ratios of volts belong to the weights::

    V(mu_v)   = sum_p A_p V(rate_s)                        A_p = (v_v / u_s) W_p       s, v: source and target
    V(back_s) = sum_p A'_p V(eps_v)                        A'_p = (b_s / v_v) B_p^T Pi_v / p_s
    V(back_s) = b_s h_s / p_s,     C dV(x_s)/dt = ... + f'(x_s) p_s g_s (v_s / b_s) V(back_s)

p_s is the largest precision of the populations that s projects to; it is in the transconductance of the gate,
and the precisions of the others are relative to it.  A chain has one p_s and one array per bit line, and this
is then what `scales.py` says.

A projection with a gain has an amplifier of its own for its part W_p f(x_s), before it is multiplied: w_p
volts per unit; and one for the part of the feedback, c_p volts per unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from analog_pc.activations import IDENTITY
from analog_pc.arrays import Floats, is_number
from analog_pc.errors import BadInput
from analog_pc.mapping.conductance import column_scales
from analog_pc.mapping.scales import driven_volts, volts_within_swing
from analog_pc.pcn import PredictiveCodingGraph
from analog_pc.pcn.graph.state import GraphState
from analog_pc.technology import Technology

_ROUNDING = 1e-15  # of a quotient multiplied back


@dataclass(frozen=True, kw_only=True)
class PopulationScales:
    """Volts per unit of every signal of a graph, and the seconds of a unit of time, C / g_s.

    Parameters
    ----------
    activity, rate, feedback, bias
        Of each population, V; bias: of the line of its biases.
    part, part_feedback
        Of each projection, V; what they count is used where the projection has a gain.
    seconds
        Of a unit of time.
    """

    activity: tuple[float, ...]
    rate: tuple[float, ...]
    feedback: tuple[float, ...]
    bias: tuple[float, ...]
    part: tuple[float, ...]
    part_feedback: tuple[float, ...]
    seconds: float

    def __post_init__(self) -> None:
        for what in ("activity", "rate", "feedback", "bias", "part", "part_feedback"):
            for k, volts in enumerate(getattr(self, what)):
                if not (math.isfinite(volts) and volts > 0.0):
                    raise BadInput(f"volts per unit of {what} {k}: {volts!r}, must be finite and > 0")


PopulationVolts = float | Mapping[str, float] | PopulationScales


@dataclass(frozen=True, kw_only=True)
class PopulationRanges:
    """Largest magnitudes over a batch, in units; the first five by population, the others by projection.

    `activity` covers x, mu and the prior, `eps` the errors and, of a matrix of precision, the weighted errors
    over its largest entry; `feedback` is h over p_s.  `load` and `part_load` are the largest |mu| and |part|
    over the scale of its column, as in `Ranges`.
    """

    activity: tuple[float, ...]
    eps: tuple[float, ...]
    rate: tuple[float, ...]
    feedback: tuple[float, ...]
    load: tuple[float, ...]
    part: tuple[float, ...]
    part_feedback: tuple[float, ...]
    part_load: tuple[float, ...]


def spring_scale(precision: Floats) -> float:
    """p of a population: the largest entry of its precision, a vector or a matrix."""
    return float(precision.max())


def gate_precision(graph: PredictiveCodingGraph, source: int) -> float:
    """p_s: the largest p of the populations that a population projects to; 1 where it projects to none."""
    above = [t for s, t in zip(graph.sources, graph.targets, strict=True) if s == source]
    return max((spring_scale(graph.populations[t].pi) for t in above), default=1.0)


def population_ranges(graph: PredictiveCodingGraph, states: Sequence[GraphState]) -> PopulationRanges:
    """The ranges of some states of a batch; samples that are not finite are left out.

    Raises
    ------
    BadInput
        Where no sample is finite.
    """
    found = [_ranges(graph, state) for state in states]
    return PopulationRanges(
        **{
            name: tuple(max(values) for values in zip(*(ranges[name] for ranges in found), strict=True))
            for name in found[0]
        }
    )


def _ranges(graph: PredictiveCodingGraph, state: GraphState) -> dict[str, list[float]]:
    finite = np.all([np.isfinite(a).all(axis=1) for a in (*state.x, *state.mu)], axis=0)
    if not finite.any():
        raise BadInput("the activities of this graph overflow: no voltage stands for them")

    def peak(values: Floats) -> float:
        return float(np.abs(values[finite]).max(initial=0.0))

    numbered = list(enumerate(graph.populations))
    gates = [gate_precision(graph, k) for k, _ in numbered]
    returned = [state.weighted[t] @ b for t, b in zip(graph.targets, graph.feedback, strict=True)]
    feedback = [np.zeros_like(a) for a in state.x]
    for source, factor, back in zip(graph.sources, state.factor, returned, strict=True):
        feedback[source] = feedback[source] + factor * back
    priors = [float(np.abs(p.priors * (p.leaks > 0.0)).max()) for _, p in numbered]
    return {
        "activity": [max(peak(state.x[k]), peak(state.mu[k]), priors[k]) for k, _ in numbered],
        "eps": [max(peak(state.eps[k]), peak(state.weighted[k]) / spring_scale(p.pi)) for k, p in numbered],
        "rate": [peak(f) for f in state.activation],
        "feedback": [peak(h) / gate for h, gate in zip(feedback, gates, strict=True)],
        "load": [
            peak(state.mu[k] / _column_scales(graph, k)) if graph.predicted[k] else 0.0 for k, _ in numbered
        ],
        "part": [peak(part) for part in state.carried],
        "part_feedback": [peak(b) / gates[s] for b, s in zip(returned, graph.sources, strict=True)],
        "part_load": [
            peak(part / _nonzero(column_scales(w))) if gain else 0.0
            for part, w, gain in zip(state.carried, graph.weights, graph.gains, strict=True)
        ],
    }


def _column_scales(graph: PredictiveCodingGraph, target: int) -> Floats:
    """Scales of the columns of a population, had all its sources the same volts; 1 where it has no array."""
    into = [p for p, t in enumerate(graph.targets) if t == target]
    arrays = [p for p in into if graph.projections[p].kind != "identity" and graph.gains[p] is None]
    matrices = [graph.weights[p] for p in arrays]
    bias = sum((b for p in into if (b := graph.projections[p].b) is not None), np.zeros(graph.sizes[target]))
    if bias.any():
        matrices.append(bias[:, None])
    if not matrices:
        return np.ones(graph.sizes[target])
    return _nonzero(column_scales(np.concatenate(matrices, axis=1)))


def _nonzero(scale: Floats) -> Floats:
    return np.where(scale > 0.0, scale, 1.0)


def choose_population_scales(
    graph: PredictiveCodingGraph,
    technology: Technology,
    ranges: PopulationRanges,
    volts: PopulationVolts | None = None,
) -> PopulationScales:
    """The volts per unit at which a circuit works, by the rule of `choose_scales`.

    Parameters
    ----------
    ranges
        Of the states that are known before the simulation.
    volts
        One number for all signals, a number for each population (for all its signals), or the scales
        themselves; None: the rule.

    Raises
    ------
    BadInput
        For volts that are not positive, of unknown or missing populations, or that would take a peak above
        the supply.
    """
    if volts is None:
        return _ruled(graph, technology, ranges)
    scales = volts if isinstance(volts, PopulationScales) else _from_volts(graph, technology, volts)
    _check(graph, technology, ranges, scales)
    return scales


def _ruled(
    graph: PredictiveCodingGraph, technology: Technology, ranges: PopulationRanges
) -> PopulationScales:
    within = partial(volts_within_swing, technology)
    activity = [within(*peaks) for peaks in zip(ranges.activity, ranges.eps, strict=True)]
    rate = [within(peak) for peak in ranges.rate]
    bias = [within(1.0)] * len(rate)
    part = [within(peak) for peak in ranges.part]
    for p, (source, target) in enumerate(zip(graph.sources, graph.targets, strict=True)):
        limit = driven_volts(technology, activity[target] * ranges.activity[target], ranges.load[target])
        part_limit = driven_volts(technology, part[p] * ranges.part[p], ranges.part_load[p])
        rate[source] = min(rate[source], limit, part_limit)
        bias[target] = min(bias[target], limit)
    for k, population in enumerate(graph.populations):
        if population.f.name == IDENTITY.name:  # no circuit: rates are activities, on the same nodes
            activity[k] = min(activity[k], rate[k])
            rate[k] = activity[k]
    feedback = [min(v, within(peak)) for v, peak in zip(activity, ranges.feedback, strict=True)]
    return PopulationScales(
        activity=tuple(activity),
        rate=tuple(rate),
        feedback=tuple(feedback),
        bias=tuple(bias),
        part=tuple(part),
        part_feedback=tuple(within(peak) for peak in ranges.part_feedback),
        seconds=technology.seconds_per_unit,
    )


def _from_volts(
    graph: PredictiveCodingGraph, technology: Technology, volts: float | Mapping[str, float]
) -> PopulationScales:
    if isinstance(volts, Mapping):
        if set(volts) != set(graph.names):
            raise BadInput(
                f"volts_per_unit of {sorted(map(str, volts))}, expected one for each of {sorted(graph.names)}"
            )
        values = [volts[name] for name in graph.names]
    else:
        values = [volts] * len(graph.names)
    if not all(is_number(value) for value in values):
        raise BadInput(f"volts_per_unit of a graph: {volts!r:.60}, expected a number, or one a population")
    each = tuple(map(float, values))
    return PopulationScales(
        activity=each,
        rate=each,
        feedback=each,
        bias=each,
        part=tuple(each[t] for t in graph.targets),
        part_feedback=tuple(each[s] for s in graph.sources),
        seconds=technology.seconds_per_unit,
    )


def _check(
    graph: PredictiveCodingGraph, technology: Technology, ranges: PopulationRanges, scales: PopulationScales
) -> None:
    if len(scales.activity) != len(graph.names) or len(scales.part) != len(graph.projections):
        raise BadInput(f"scales of {len(scales.activity)} populations for a graph of {len(graph.names)}")
    for k, population in enumerate(graph.populations):
        if population.f.name == IDENTITY.name and scales.rate[k] != scales.activity[k]:
            raise BadInput(
                f"scales: population {population.name} has no activation circuit, so a unit of rate has the "
                f"{scales.activity[k]!r} V of its activity, not {scales.rate[k]!r} V"
            )
        for what, unit, peak in (
            ("an activity", scales.activity[k], ranges.activity[k]),
            ("a rate", scales.rate[k], ranges.rate[k]),
        ):
            if unit * peak > technology.supply * (1.0 + _ROUNDING):
                raise BadInput(
                    f"volts_per_unit = {unit!r} takes {what} of {population.name} of {peak:.4g} to "
                    f"{unit * peak:.4g} V, above the {technology.supply:g} V of technology "
                    f"{technology.name!r}: use at most {technology.supply / peak:.4g}"
                )

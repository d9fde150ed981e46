"""Waveforms of the cells of graphs that hold a charge: each relaxes by its own matrix exponential.

Op-amps as in `graph_cells`; what remains is the truncation error of transients.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import (
    differential_crossbar,
    drivers,
    eps_sense,
    free_input_node,
    gain_feedback,
    leak,
    mixed_value_node,
    mixing_crossbar,
    modulated_current,
    transimpedance,
    value_node,
)
from analog_pc.circuit import Bus, Circuit, Element, StimulusSources, Transient, bus, grounds
from analog_pc.mapping import column_scales, encode
from cases.case import TRANSIENT, Case
from cases.graph_cells import FARADS, SAMPLER, VOLTS, G
from cases.transients import linear_system

TAU = FARADS / G


def _case(
    name: str,
    elements: tuple[Element, ...],
    stimuli: dict[str, Floats],
    nodes: Bus,
    start: Floats,
    system: tuple[Floats, Floats],
) -> Case:
    """x' = -matrix (x - rest) / TAU from `start`; 6 TAU long.

    Parameters
    ----------
    system
        Matrix [n, n] and rest [n].
    """
    sources = tuple(StimulusSources(k, bus(k, len(v)), grounds(len(v))) for k, v in stimuli.items())
    matrix, rest = system
    analysis = Transient(
        stimuli, dict(zip(nodes, start.tolist(), strict=True)), 6.0 * TAU, 6.0 * TAU, save=nodes
    )
    exact = linear_system(-matrix / TAU, start, rest)
    return Case(name, Circuit(name, (*sources, *elements)), analysis, nodes, exact, TRANSIENT * VOLTS)


def leaking() -> Case:
    """C x' = g (mu - x) + g_l (prior - x): the rate (g + g_l) / C."""
    leaks = np.array([0.5, 2.0, 0.0])
    prior = np.array([0.03, 0.0, 0.07])
    mu = np.array([0.1, -0.05, 0.02])
    x = bus("x", 3)
    elements = (*value_node("node", x, bus("mu", 3), G, FARADS), *leak("node", x, leaks * G, prior))
    rest = (mu + leaks * prior) / (1.0 + leaks)
    start = np.array([-0.1, 0.1, 0.0])
    return _case("leaking", elements, {"mu": mu}, x, start, (np.diag(1.0 + leaks), rest))


def mixed_precision() -> Case:
    """C x' = -g_s (Pi (x - mu) + leak x): units of correlated precision relax by exp(-(Pi + leak) t)."""
    pi = np.array([[2.0, 0.6, -0.4], [0.6, 1.0, 0.3], [-0.4, 0.3, 1.5]])
    leaks = np.array([1.0, 0.5, 0.25])
    mu = np.array([0.1, -0.05, 0.02])
    x = bus("x", 3)
    eps = bus("eps", 3)
    anti = bus("anti", 3)
    weighted = bus("weighted", 3)
    mixing = pi / pi.max()
    pair = encode(mixing, SAMPLER.technology, column_scales(mixing))
    elements = (
        *eps_sense("eps", x, bus("mu", 3), eps, anti, SAMPLER),
        *mixing_crossbar("mix", (eps, anti), (weighted, ()), pair, SAMPLER),
        *mixed_value_node("node", x, weighted, pi.max() * G, FARADS, SAMPLER),
        *leak("node", x, leaks * G, np.zeros(3)),
    )
    matrix = pi + np.diag(leaks)
    rest = np.linalg.solve(matrix, pi @ mu)
    start = np.array([-0.1, 0.05, 0.1])
    return _case("mixed_precision", elements, {"mu": mu}, x, start, (matrix, rest))


def relaxing_gain() -> Case:
    """C z' = -g_s ((leak + y.y) z - x.y), y = V s: a gain learns as fast as its part is strong."""
    weights = np.array([[0.6, -0.3, 0.5], [-0.4, 0.8, 0.2]])
    s = np.array([0.9, -0.7, 0.5])
    x = np.array([0.5, -0.8])
    stiffness = 0.5
    ohms = 1e4
    columns = bus("column", 2)
    mu = bus("mu", 2)
    eps = bus("eps", 2)
    part = bus("part", 2)
    lines = (bus("s_p", 3), bus("s_n", 3))
    pair = encode(weights, SAMPLER.technology, column_scales(weights))
    rows = bus("part_column", 2)
    elements = (
        *drivers("drive", bus("s", 3), *lines, SAMPLER),
        *differential_crossbar("part", lines[1], lines[0], rows, pair, SAMPLER),
        *transimpedance("part", rows, part, pair.ohms, SAMPLER),
        *modulated_current("gain", "z_0", part, columns, 1.0 / ohms, VOLTS),
        *transimpedance("predict", columns, mu, ohms, SAMPLER),
        *eps_sense("eps", bus("x", 2), mu, eps, (), SAMPLER),
        *gain_feedback("back", eps, part, "z_0", np.full(2, G), VOLTS),
        *free_input_node("node", ("z_0",), FARADS),
        *leak("node", ("z_0",), np.array([stiffness * G]), np.zeros(1)),
    )
    y = weights @ s
    rate = np.array([[stiffness + y @ y]])
    rest = VOLTS * np.array([x @ y]) / rate[0]
    stimuli = {"s": VOLTS * s, "x": VOLTS * x}
    return _case("relaxing_gain", elements, stimuli, ("z_0",), np.array([-0.05]), (rate, rest))


CASES = (leaking(), mixed_precision(), relaxing_gain())

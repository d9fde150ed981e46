"""The cells of graphs: leak, one-to-one resistors, mixing crossbar, gain-modulated sum, gain node, switch.

Their op-amps have a gain of 1e9: noise gains of a few take some 1e-9 of 0.1 V, which `CELLS` covers.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.cells import (
    ComponentSampler,
    differential_crossbar,
    drivers,
    eps_sense,
    feedback_switch,
    free_input_node,
    gain_feedback,
    leak,
    mixed_value_node,
    mixing_crossbar,
    modulated_current,
    one_to_one,
    transimpedance,
    value_node,
)
from analog_pc.cells.switched import OFF, ON
from analog_pc.circuit import Circuit, Element, OperatingPoint, StimulusSources, bus, grounds
from analog_pc.mapping import column_scales, encode, encode_sum
from analog_pc.technology import IDEAL
from cases.case import Case, table

CELLS = 5e-9  # V
SAMPLER = ComponentSampler(IDEAL)
G = IDEAL.spring_conductance
FARADS = IDEAL.node_capacitance
VOLTS = 0.1  # of an activity of 1


def _sources(**volts: Floats) -> tuple[tuple[Element, ...], OperatingPoint]:
    """Stimuli [samples, n] on buses of their names."""
    elements = tuple(
        StimulusSources(name, bus(name, v.shape[1]), grounds(v.shape[1])) for name, v in volts.items()
    )
    return elements, OperatingPoint(dict(volts))


def leak_and_prior() -> Case:
    """x = (g mu + g_l prior) / (g + g_l); without a leak x = mu."""
    leaks = np.array([0.5, 2.0, 0.0]) * G
    prior = np.array([0.03, 0.0, 0.07])
    mu = np.array([[0.1, -0.05, 0.02], [-0.08, 0.1, 0.0]])
    sources, analysis = _sources(mu=mu)
    x = bus("x", 3)
    circuit = Circuit(
        "leak_and_prior",
        (*sources, *value_node("node", x, bus("mu", 3), G, FARADS), *leak("node", x, leaks, prior)),
    )
    exact = (G * mu + leaks * prior) / (G + leaks)
    return Case("leak_and_prior", circuit, analysis, x, table(*exact.T), 1e-9)


def crossbar_and_identity() -> Case:
    """mu = W_a a + W_b b + c: two crossbars and a row of resistors on the same bit lines."""
    rng = np.random.default_rng(3)
    weights = {"a": rng.normal(size=(2, 3)), "b": 0.1 * rng.normal(size=(2, 2))}
    volts = {name: 0.1 * rng.normal(size=(2, n)) for name, n in (("a", 3), ("b", 2), ("c", 2))}
    sources, analysis = _sources(**volts)
    pairs = encode_sum(weights, IDEAL)
    columns = bus("column", 2)
    ohms = pairs["a"].ohms
    elements: tuple[Element, ...] = ()
    for name, n in (("a", 3), ("b", 2), ("c", 2)):
        lines = bus(f"{name}_p", n), bus(f"{name}_n", n)
        elements += drivers(f"{name}_drive", bus(name, n), *lines, SAMPLER)
        if name == "c":
            elements += one_to_one(name, lines[1], columns, ohms)
        else:
            elements += differential_crossbar(name, *lines, columns, pairs[name], SAMPLER)
    out = bus("out", 2)
    circuit = Circuit(
        "crossbar_and_identity",
        (*sources, *elements, *transimpedance("predict", columns, out, ohms, SAMPLER)),
    )
    exact = volts["a"] @ weights["a"].T + volts["b"] @ weights["b"].T + volts["c"]
    return Case("crossbar_and_identity", circuit, analysis, out, table(*exact.T), CELLS)


def matrix_precision() -> Case:
    """Pi (x - mu) + leak x = 0, so x = (Pi + leak)^-1 Pi mu; and Pi's largest entry is in the spring."""
    pi = np.array([[2.0, 0.6, -0.4], [0.6, 1.0, 0.3], [-0.4, 0.3, 1.5]])
    leaks = np.array([1.0, 0.5, 0.25])
    mu = np.array([[0.1, -0.05, 0.02], [-0.08, 0.1, 0.04]])
    sources, analysis = _sources(mu=mu)
    x, eps, anti, weighted, opposite = (bus(k, 3) for k in ("x", "eps", "anti", "weighted", "opposite"))
    mixing = pi / pi.max()
    pair = encode(mixing, IDEAL, column_scales(mixing))
    circuit = Circuit(
        "matrix_precision",
        (
            *sources,
            *eps_sense("eps", x, bus("mu", 3), eps, anti, SAMPLER),
            *mixing_crossbar("mix", (eps, anti), (weighted, opposite), pair, SAMPLER),
            *mixed_value_node("node", x, weighted, pi.max() * G, FARADS, SAMPLER),
            *leak("node", x, leaks * G, np.zeros(3)),
        ),
    )
    rest = np.linalg.solve(pi + np.diag(leaks), pi @ mu.T).T
    lam = (rest - mu) @ mixing
    return Case(
        "matrix_precision",
        circuit,
        analysis,
        x + weighted + opposite,
        table(*rest.T, *lam.T, *-lam.T),
        CELLS,
    )


def gain_modulated_sum() -> Case:
    """mu = z_0 V_0 s + z_1 V_1 s of clamped gains: crossbars, multipliers, one row of amplifiers."""
    rng = np.random.default_rng(5)
    parts = [rng.normal(size=(2, 3)) for _ in range(2)]
    s = 0.1 * rng.normal(size=(3, 3))
    z = 0.1 * rng.normal(size=(3, 2))
    sources, analysis = _sources(s=s, z=z)
    ohms = 1e4
    columns, out = bus("column", 2), bus("out", 2)
    lines = bus("s_p", 3), bus("s_n", 3)
    elements = (*sources, *drivers("drive", bus("s", 3), *lines, SAMPLER))
    for k, weights in enumerate(parts):
        elements += _opposite_part(f"part{k}", weights, lines)
        elements += modulated_current(f"gain{k}", f"z_{k}", bus(f"part{k}", 2), columns, 1.0 / ohms, VOLTS)
    circuit = Circuit(
        "gain_modulated_sum", (*elements, *transimpedance("predict", columns, out, ohms, SAMPLER))
    )
    exact = sum(z[:, [k]] / VOLTS * (s @ w.T) for k, w in enumerate(parts))
    return Case("gain_modulated_sum", circuit, analysis, out, table(*np.asarray(exact).T), CELLS)


def _opposite_part(
    name: str, weights: Floats, lines: tuple[tuple[str, ...], tuple[str, ...]]
) -> tuple[Element, ...]:
    """-W s: the crossbar with its word lines exchanged."""
    pair = encode(weights, IDEAL, column_scales(weights))
    columns = bus(f"{name}_column", len(weights))
    return (
        *differential_crossbar(name, lines[1], lines[0], columns, pair, SAMPLER),
        *transimpedance(name, columns, bus(name, len(weights)), pair.ohms, SAMPLER),
    )


def gain_node() -> Case:
    """A free gain z between clamped x and s: leak z = sum_i (x - z y)_i y_i, so z = x.y / (leak + y.y)."""
    rng = np.random.default_rng(7)
    weights = rng.normal(size=(2, 3))
    s = rng.normal(size=(3, 3))
    x = rng.normal(size=(3, 2))
    stiffness = 0.5
    sources, analysis = _sources(s=VOLTS * s, x=VOLTS * x)
    ohms = 1e4
    columns, mu, eps = bus("column", 2), bus("mu", 2), bus("eps", 2)
    lines = bus("s_p", 3), bus("s_n", 3)
    part = bus("part", 2)
    push = np.full(2, G)  # at volts per unit that are the same everywhere
    circuit = Circuit(
        "gain_node",
        (
            *sources,
            *drivers("drive", bus("s", 3), *lines, SAMPLER),
            *_opposite_part("part", weights, lines),
            *modulated_current("gain", "z_0", part, columns, 1.0 / ohms, VOLTS),
            *transimpedance("predict", columns, mu, ohms, SAMPLER),
            *eps_sense("eps", bus("x", 2), mu, eps, (), SAMPLER),
            *gain_feedback("back", eps, part, "z_0", push, VOLTS),
            *free_input_node("node", ("z_0",), FARADS),
            *leak("node", ("z_0",), np.array([stiffness * G]), np.zeros(1)),
        ),
    )
    y = s @ weights.T
    z = (x * y).sum(axis=1) / (stiffness + (y * y).sum(axis=1))
    found = VOLTS * np.column_stack([z, x - z[:, None] * y])
    return Case("gain_node", circuit, analysis, ("z_0", *eps), table(*found.T), 4.0 * CELLS)


def feedback_cut() -> Case:
    """Connected: gated = back ON / (ON + OFF); cut: back OFF / (ON + OFF)."""
    back = np.array([[0.1, -0.05]] * 2)
    lines = np.array([[1.0, 0.0], [0.0, 1.0]])  # connect, cut
    sources, analysis = _sources(back=back, line=lines)
    gated = bus("gated", 2)
    circuit = Circuit(
        "feedback_cut", (*sources, *feedback_switch("fb", bus("back", 2), gated, "line_0", "line_1"))
    )
    passed = np.array([[ON], [OFF]]) / (ON + OFF)
    return Case("feedback_cut", circuit, analysis, gated, table(*(passed * back).T), 1e-9)


CASES = (
    leak_and_prior(),
    crossbar_and_identity(),
    matrix_precision(),
    gain_modulated_sum(),
    gain_node(),
    feedback_cut(),
)

"""Resistors, sources and ideal amplifiers; constants."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import (
    GROUND,
    Amplifiers,
    Circuit,
    Instance,
    Resistors,
    StimulusSources,
    Subcircuit,
    VoltageSources,
    bus,
    grounds,
)
from cases.case import LINEAR, Case, at, inputs, table


def divider() -> Case:
    """V = u R2 / (R1 + R2), one sample."""
    circuit = Circuit(
        "divider",
        (
            StimulusSources("u", ("a",), grounds(1)),
            Resistors("top", ("a",), ("b",), 1e3),
            Resistors("low", ("b",), grounds(1), 3e3),
        ),
    )
    return Case("divider", circuit, at([0.5]), ("a", "b"), table([0.5], [0.375]), LINEAR)


def superposition() -> Case:
    """Two stimuli, a constant source of 1 V and a load: V = (u1/1k + u2/2k + 1/4k) / (sum of all G)."""
    volts = np.random.default_rng(1).normal(size=(5, 2))
    circuit = Circuit(
        "superposition",
        (
            StimulusSources("u", bus("u", 2), grounds(2)),
            VoltageSources("one", ("one",), grounds(1), 1.0),
            Resistors("r", (*bus("u", 2), "one", GROUND), ("s",) * 4, [1e3, 2e3, 4e3, 5e3]),
        ),
    )
    total = 1 / 1e3 + 1 / 2e3 + 1 / 4e3 + 1 / 5e3
    expected = (volts @ np.array([1e-3, 5e-4]) + 2.5e-4) / total
    return Case("superposition", circuit, inputs(*volts.tolist()), ("s",), table(expected), LINEAR)


def difference_amplifier() -> Case:
    """Out = R2/R1 (u1 - u0) / (1 + (1 + R2/R1)/A), inside a subcircuit."""
    gain, r1, r2 = 1e5, 1e4, 5e4
    block = Subcircuit(
        "difference",
        ("minus", "plus", "out"),
        (
            Resistors("in", ("minus", "plus"), ("inv", "non"), r1),
            Resistors("fb", ("inv", "non"), ("out", GROUND), r2),
            Amplifiers("amp", ("non",), ("inv",), ("out",), gain),
        ),
        "out = R2/R1 (plus - minus)",
    )
    circuit = Circuit(
        "difference_amplifier",
        (StimulusSources("u", bus("u", 2), grounds(2)),),
        (Instance("diff1", block, ("u_0", "u_1", "out")),),
    )
    volts = np.array([[0.1, 0.3], [-0.2, 0.05], [0.0, 0.0]])
    out = r2 / r1 * (volts[:, 1] - volts[:, 0]) / (1.0 + (1.0 + r2 / r1) / gain)
    non = volts[:, 1] * r2 / (r1 + r2)
    analysis = inputs(*volts.tolist())
    return Case("difference_amplifier", circuit, analysis, ("out", "diff1.non"), table(out, non), LINEAR)


CASES = (divider(), superposition(), difference_amplifier())

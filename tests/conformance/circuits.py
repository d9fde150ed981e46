"""Small circuits whose answers are known in closed form; every simulator must find them.

Each case is a circuit, an analysis, the nodes to look at, and their exact volts [points, nodes] as
a function of the solution's axis (sample numbers or seconds).  `tolerance` is absolute, in volts.

Tolerances: linear circuits 1e-9 V (the residual of Newton's stopping rule, reltol 1e-9 of 1 V);
nonlinear ones 1e-8 V (the same rule divided by the smallest loop slope of these circuits, 0.1);
transients 1e-5 of the full scale (the truncation error that the step control is set to).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm
from scipy.optimize import brentq

from analog_pc.arrays import Floats
from analog_pc.circuit import (
    GROUND,
    Amplifiers,
    Analysis,
    Capacitors,
    Circuit,
    Crossbar,
    GatedTransconductors,
    Instance,
    Law,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Subcircuit,
    Transconductors,
    Transient,
    VoltageSources,
    VoltageTransfers,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import tanh_gate, tanh_law

LINEAR, NONLINEAR, TRANSIENT = 1e-9, 1e-8, 1e-5


@dataclass(frozen=True, eq=False)
class Case:
    """A circuit, what is asked of it, and the exact answer."""

    name: str
    circuit: Circuit
    analysis: Analysis
    nodes: tuple[str, ...]
    exact: Callable[[Floats], Floats]
    tolerance: float
    preset: Floats | None = None


def _inputs(volts: list[list[float]]) -> OperatingPoint:
    return OperatingPoint({"u": np.array(volts, dtype=np.float64)})


def _fixed(*rows: list[float]) -> Callable[[Floats], Floats]:
    return lambda axis: np.array(rows, dtype=np.float64)


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
    return Case("divider", circuit, _inputs([[0.5]]), ("a", "b"), _fixed([0.5, 0.375]), LINEAR)


def superposition() -> Case:
    """Two stimuli, a constant source of 1 V and a load: V = (u1/1k + u2/2k + 1/4k) / (sum of all G)."""
    rng = np.random.default_rng(1)
    volts = rng.normal(size=(5, 2))
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
    return Case(
        "superposition",
        circuit,
        _inputs(volts.tolist()),
        ("s",),
        lambda axis: np.asarray(expected[:, np.newaxis]),
        LINEAR,
    )


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
    return Case(
        "difference_amplifier",
        circuit,
        _inputs(volts.tolist()),
        ("out", "diff1.non"),
        lambda axis: np.stack([out, non], axis=1),
        LINEAR,
    )


def transimpedance() -> Case:
    """Out = -u Rf/Rs / (1 + (1 + Rf/Rs)/A): the noise gain 1 + Rf/Rs over the open-loop gain A = 1000."""
    gain, rs, rf = 1e3, 1e4, 2e4
    circuit = Circuit(
        "transimpedance",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("rs", ("u",), ("inv",), rs),
            Resistors("rf", ("inv",), ("out",), rf),
            Amplifiers("amp", grounds(1), ("inv",), ("out",), gain),
        ),
    )
    volts = np.array([0.1, -0.4])
    out = -volts * rf / rs / (1.0 + (1.0 + rf / rs) / gain)
    exact = np.stack([out, -out / gain], axis=1)
    return Case(
        "transimpedance", circuit, _inputs([[0.1], [-0.4]]), ("out", "inv"), lambda axis: exact, LINEAR
    )


def crossbar() -> Case:
    """Out_j = -Rf sum_i G_ij u_i / (1 + (1 + Rf sum_i G_ij)/A): rows are inputs, columns outputs."""
    gain, rf = 1e6, 1e4
    siemens = np.array([[1e-5, 2e-5], [3e-5, 4e-5], [5e-5, 7e-5]])
    block = Subcircuit(
        "layer",
        (*bus("row", 3), *bus("out", 2)),
        (
            Crossbar("array", bus("row", 3), bus("col", 2), siemens),
            Resistors("rf", bus("col", 2), bus("out", 2), rf),
            Amplifiers("tia", grounds(2), bus("col", 2), bus("out", 2), gain),
        ),
        "three word lines into two transimpedance amplifiers",
    )
    circuit = Circuit(
        "crossbar",
        (StimulusSources("u", bus("u", 3), grounds(3)),),
        (Instance("layer1", block, (*bus("u", 3), *bus("y", 2))),),
    )
    volts = np.array([[0.1, 0.0, 0.0], [0.0, -0.2, 0.0], [0.05, 0.1, 0.3], [0.0, 0.0, 0.0]])
    out = -rf * volts @ siemens / (1.0 + (1.0 + rf * siemens.sum(axis=0)) / gain)
    exact = np.concatenate([out, -out / gain], axis=1)
    return Case(
        "crossbar",
        circuit,
        _inputs(volts.tolist()),
        ("y_0", "y_1", "layer1.col_0", "layer1.col_1"),
        lambda axis: exact,
        LINEAR,
    )


def transfer() -> Case:
    """Y = 0.1 tanh(u / 0.1), and a transconductor of 1 mS into 1 kOhm: z = y (no minus sign)."""
    circuit = Circuit(
        "transfer",
        (
            StimulusSources("u", ("u",), grounds(1)),
            VoltageTransfers("f", ("u",), ("y",), tanh_law(0.1)),
            Transconductors("gm", ("y",), ("z",), 1e-3),
            Resistors("load", ("y", "z"), grounds(2), 1e3),
        ),
    )
    volts = np.linspace(-0.3, 0.3, 7)
    y = 0.1 * np.tanh(volts / 0.1)
    return Case(
        "transfer",
        circuit,
        _inputs(volts[:, np.newaxis].tolist()),
        ("y", "z"),
        lambda axis: np.stack([y, y], axis=1),
        NONLINEAR,
    )


def gated() -> Case:
    """A current g (1 - tanh(c/s)^2) d flows into 2 kOhm."""
    circuit = Circuit(
        "gated",
        (
            StimulusSources("u", ("c", "d"), grounds(2)),
            GatedTransconductors("gate", ("c",), ("d",), ("z",), 1e-3, tanh_gate(0.2)),
            Resistors("load", ("z",), grounds(1), 2e3),
        ),
    )
    volts = np.array([[0.0, 0.5], [-0.1, 0.5], [0.1, 0.5], [0.3, -0.2]])
    z = 2.0 * (1.0 - np.tanh(volts[:, 0] / 0.2) ** 2) * volts[:, 1]
    return Case("gated", circuit, _inputs(volts.tolist()), ("z",), lambda axis: z[:, np.newaxis], NONLINEAR)


def bistable() -> Case:
    """X = (u + 0.4 tanh(x / 0.1)) / 2 has two stable solutions at u = 0; the preset picks the one."""
    circuit = Circuit(
        "bistable",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "y"), ("x", "x"), 1e4),
            VoltageTransfers("f", ("x",), ("y",), steep_law()),
        ),
    )
    zero, high = _bistable_root(0.0), _bistable_root(0.5)
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    stimuli, preset = {"u": np.zeros((4, 1))}, {"u": 0.5 * signs[:, np.newaxis]}
    return Case(
        "bistable",
        circuit,
        OperatingPoint(stimuli, preset),
        ("x",),
        lambda axis: (zero * signs)[:, np.newaxis],
        NONLINEAR,
        preset=(high * signs)[:, np.newaxis],
    )


def guessed() -> Case:
    """The bistable circuit without a preset: the guess picks the negative solution."""
    case = bistable()
    root = -_bistable_root(0.0)
    analysis = OperatingPoint({"u": np.zeros((1, 1))}, guess={"x": -0.2, "y": -0.4})
    return Case("guessed", case.circuit, analysis, ("x",), _fixed([root]), NONLINEAR)


def steep_law() -> Law:
    """0.4 tanh(v / 0.1): a slope of 4."""
    return Law(
        "steep",
        lambda v: 0.4 * np.tanh(v / 0.1),
        lambda v: 4.0 * (1.0 - np.tanh(v / 0.1) ** 2),
        lambda v: f"0.4*tanh({v}/0.1)",
    )


def _bistable_root(u: float) -> float:
    return float(brentq(lambda x: 2.0 * x - u - 0.4 * np.tanh(x / 0.1), 0.1, 1.0, xtol=1e-15))


def rc_charging(*, stiff: bool = False) -> Case:
    """V = u (1 - exp(-t / RC)) with RC = 10 us, 1 pF and 0.1 V; the step may be as long as the run."""
    tau, volts = 1e7 * 1e-12, 0.1
    circuit = Circuit(
        "rc_charging",
        (
            StimulusSources("u", ("a",), grounds(1)),
            Resistors("r", ("a",), ("b",), 1e7),
            Capacitors("c", ("b",), grounds(1), 1e-12),
        ),
    )
    analysis = Transient({"u": np.array([volts])}, {"b": 0.0}, 6 * tau, 6 * tau, stiff=stiff)
    name = "rc_charging_stiff" if stiff else "rc_charging"
    return Case(
        name,
        circuit,
        analysis,
        ("b",),
        lambda t: volts * (1.0 - np.exp(-t / tau))[:, np.newaxis],
        TRANSIENT * volts,
    )


def coupled_rc(*, stiff: bool = False) -> Case:
    """Two capacitors of 1 pF, time constants 0.1 us and 10 us, inside an instance: x' = A (x - u)."""
    volts, r1, r2, c = 0.1, 1e5, 1e7, 1e-12
    block = Subcircuit(
        "ladder",
        ("a",),
        (
            Resistors("r", ("a", "fast"), ("fast", "slow"), [r1, r2]),
            Capacitors("c", ("fast", "slow"), grounds(2), c),
        ),
    )
    circuit = Circuit(
        "coupled_rc", (StimulusSources("u", ("a",), grounds(1)),), (Instance("l1", block, ("a",)),)
    )
    start = np.array([-0.05, 0.05])
    analysis = Transient(
        {"u": np.array([volts])},
        {"l1.fast": float(start[0]), "l1.slow": float(start[1])},
        60e-6,
        60e-6,
        save=("l1.slow", "l1.fast"),
        stiff=stiff,
    )
    matrix = np.array([[-(1 / r1 + 1 / r2), 1 / r2], [1 / r2, -1 / r2]]) / c

    def exact(t: Floats) -> Floats:
        return np.stack([(volts + expm(matrix * time) @ (start - volts))[::-1] for time in t])

    name = "coupled_rc_stiff" if stiff else "coupled_rc"
    return Case(name, circuit, analysis, ("l1.slow", "l1.fast"), exact, TRANSIENT * volts)


def wired_crossbar() -> Case:
    """One word line, two cells, wires of rw and rb, loads r to ground: a ladder solved by hand.

    The word line's node at cell 0 sees the first branch and, through rw, the second one.
    """
    rw, rb, load = 50.0, 20.0, np.array([1e3, 2e3])
    g = np.array([[1e-3, 4e-4]])
    circuit = Circuit(
        "wired",
        (
            StimulusSources("u", ("u",), (GROUND,)),
            Crossbar("array", ("u",), bus("c", 2), g, Wire(rw, rb)),
            Resistors("load", bus("c", 2), grounds(2), load),
        ),
    )
    branch = 1.0 / g[0] + rb + load
    rest = rw + branch[1]
    seen = branch[0] * rest / (branch[0] + rest)
    first = seen / (rw + seen)
    second = first * branch[1] / rest
    volts = np.array([first, second]) * load / branch
    return Case("wired_crossbar", circuit, _inputs([[1.0]]), bus("c", 2), _fixed(volts.tolist()), LINEAR)


CASES = (
    wired_crossbar(),
    divider(),
    superposition(),
    difference_amplifier(),
    transimpedance(),
    crossbar(),
    transfer(),
    gated(),
    bistable(),
    guessed(),
    rc_charging(),
    rc_charging(stiff=True),
    coupled_rc(),
    coupled_rc(stiff=True),
)

"""Controlled sources with a law: transfers, gates, several operating points."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from analog_pc.activations import TANH
from analog_pc.circuit import (
    VCCS,
    Circuit,
    MultiplyingVCCS,
    NonlinearVCVS,
    OperatingPoint,
    Resistors,
    StimulusSources,
    TransferFunction,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_gate, activation_transfer
from cases.case import NONLINEAR, Case, at, inputs, table


def transfer() -> Case:
    """Y = 0.1 tanh(u / 0.1), and a VCCS of 1 mS into 1 kOhm: z = y (no minus sign)."""
    circuit = Circuit(
        "transfer",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", ("u",), ("y",), activation_transfer(TANH, 0.1)),
            VCCS("gm", ("y",), ("z",), 1e-3),
            Resistors("load", ("y", "z"), grounds(2), 1e3),
        ),
    )
    volts = np.linspace(-0.3, 0.3, 7)
    y = 0.1 * np.tanh(volts / 0.1)
    return Case("transfer", circuit, at(volts), ("y", "z"), table(y, y), NONLINEAR)


def transfer_spread() -> Case:
    """Three circuits of a bank, each with its gain k and input offset o: y = k 0.1 tanh((u + o) / 0.1)."""
    gain, offset = np.array([1.0, 0.9, 1.2]), np.array([0.0, 0.02, -0.05])
    circuit = Circuit(
        "transfer_spread",
        (
            StimulusSources("u", ("u",), grounds(1)),
            NonlinearVCVS("f", ("u",) * 3, bus("y", 3), activation_transfer(TANH, 0.1), gain, offset),
            Resistors("load", bus("y", 3), grounds(3), 1e3),
        ),
    )
    volts = np.array([-0.2, -0.02, 0.0, 0.05, 0.3])
    y = gain * 0.1 * np.tanh((volts[:, np.newaxis] + offset) / 0.1)
    return Case("transfer_spread", circuit, at(volts), bus("y", 3), lambda axis: y, NONLINEAR)


def gated() -> Case:
    """A current g (1 - tanh(c/s)^2) d flows into 2 kOhm."""
    circuit = Circuit(
        "gated",
        (
            StimulusSources("u", ("c", "d"), grounds(2)),
            MultiplyingVCCS("gate", ("c",), ("d",), ("z",), 1e-3, activation_gate(TANH, 0.2)),
            Resistors("load", ("z",), grounds(1), 2e3),
        ),
    )
    volts = np.array([[0.0, 0.5], [-0.1, 0.5], [0.1, 0.5], [0.3, -0.2]])
    z = 2.0 * (1.0 - np.tanh(volts[:, 0] / 0.2) ** 2) * volts[:, 1]
    return Case("gated", circuit, inputs(*volts.tolist()), ("z",), table(z), NONLINEAR)


def bistable() -> Case:
    """X = (u + 0.4 tanh(x / 0.1)) / 2 has two stable solutions at u = 0; the preset picks the one."""
    circuit = Circuit(
        "bistable",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "y"), ("x", "x"), 1e4),
            NonlinearVCVS("f", ("x",), ("y",), steep_law()),
        ),
    )
    zero, high = _bistable_root(0.0), _bistable_root(0.5)
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    stimuli, preset = {"u": np.zeros((4, 1))}, {"u": 0.5 * signs[:, np.newaxis]}
    analysis = OperatingPoint(stimuli, preset)
    settled = (high * signs)[:, np.newaxis]
    return Case("bistable", circuit, analysis, ("x",), table(zero * signs), NONLINEAR, settled)


def guessed() -> Case:
    """The bistable circuit without a preset: the guess picks the negative solution."""
    circuit, root = bistable().circuit, -_bistable_root(0.0)
    analysis = OperatingPoint({"u": np.zeros((1, 1))}, guess={"x": -0.2, "y": -0.4})
    return Case("guessed", circuit, analysis, ("x",), table([root]), NONLINEAR)


def steep_law() -> TransferFunction:
    """0.4 tanh(v / 0.1): a slope of 4."""
    return TransferFunction(
        "steep",
        lambda v: 0.4 * np.tanh(v / 0.1),
        lambda v: 4.0 * (1.0 - np.tanh(v / 0.1) ** 2),
        lambda v: f"0.4*tanh({v}/0.1)",
    )


def _bistable_root(u: float) -> float:
    return float(brentq(lambda x: 2.0 * x - u - 0.4 * np.tanh(x / 0.1), 0.1, 1.0, xtol=1e-15))


CASES = (transfer(), transfer_spread(), gated(), bistable(), guessed())

"""The state of a circuit in a deck: capacitors and poles, and nothing that a source fixes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    Amplifiers,
    Capacitors,
    Circuit,
    Instance,
    NonlinearVCVS,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Subcircuit,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer
from analog_pc.errors import BadInput
from analog_pc.simulators import Native
from analog_pc.simulators.spice import single_sample_deck
from analog_pc.simulators.spice.rawfile import read_raw
from analog_pc.simulators.spice.state import state_at_rest


def follower(spare_ports: int = 0) -> Circuit:
    """An op-amp with a pole and a rail follows a source; one of its capacitors is at a free node.

    ::

        a --[ + op-amp - ]-- out --[ R ]-- y     - of the op-amp at out; C at a, y and tanh(y)
    """
    amplifier = Amplifiers(
        "amp", ("a",), ("out",), ("out",), 1e3, [1e-3], gain_bandwidth=1e6, saturation=1.0, output_ohms=1e3
    )
    elements = (
        amplifier,
        Resistors("r", ("out",), ("y",), 1e4),
        Resistors("load", ("y",), grounds(1), 1e4),
        NonlinearVCVS("law", ("y",), ("z",), activation_transfer(TANH, 0.1)),
        Capacitors("c", ("a", "y", "z"), grounds(3), 1e-12),
    )
    block = Subcircuit("block", ("a", "y", *bus("spare", spare_ports)), elements)
    instance = Instance("one", block, ("in", "end", *("in",) * spare_ports))
    return Circuit("follower", (StimulusSources("u", ("in",), grounds(1)),), (instance,))


def at_rest(circuit: Circuit, volts: float) -> dict[str, float]:
    found = Native().simulate(circuit, OperatingPoint({"u": np.array([[volts]])}))
    return dict(zip(found.nodes, found.volts[0].tolist(), strict=True))


def test_capacitors_and_poles_but_no_fixed_nodes() -> None:
    rest = at_rest(follower(), 0.4)
    state = state_at_rest(follower(), rest)
    assert state.keys() == {"end", "xone.xamp_0.pole"}
    assert state["end"] == rest["end"]
    assert state["xone.xamp_0.pole"] == pytest.approx(1e3 * (rest["in"] - rest["one.out"] + 1e-3), rel=1e-12)


def test_a_state_with_a_gap_is_refused() -> None:
    rest = at_rest(follower(), 0.4)
    for gap in ("end", "one.out"):
        with pytest.raises(BadInput, match=gap):
            single_sample_deck(
                follower(), {"u": np.array([0.4])}, equilibrium={k: rest[k] for k in rest.keys() - {gap}}
            )


@pytest.mark.parametrize("spare_ports", [0, 1100])  # the second is written flat, under other names
def test_ngspice_knows_the_nodes_of_the_state(spare_ports: int, tmp_path: Path) -> None:
    circuit = follower(spare_ports)
    rest = at_rest(circuit, 0.4)
    (tmp_path / "network.cir").write_text(
        single_sample_deck(circuit, {"u": np.array([0.4])}, equilibrium=rest)
    )
    command = ["ngspice", "-b", "-r", "out.raw", "network.cir"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60, text=True)
    assert "arning" not in done.stdout + done.stderr  # of a nodeset for an unknown node
    (plot,) = read_raw((tmp_path / "out.raw").read_bytes())
    pole = next(iter(state_at_rest(circuit, rest).keys() - {"end"}))
    assert plot.data[0, plot.variables.index(f"v({pole})")] == pytest.approx(
        state_at_rest(circuit, rest)[pole], rel=1e-9
    )

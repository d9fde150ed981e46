"""Resistive networks as circuits: their parts, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analog_pc.circuit import VCCS, Crossbar, Diodes, Resistors
from analog_pc.compiler.resistive import ResistiveParts, compile_resistive_network
from analog_pc.errors import BadInput
from analog_pc.resistive import ResistiveNetwork, nudge, random_resistive_network, settle
from analog_pc.simulators import Ngspice

INPUTS = np.array([[0.5, -0.2], [0.1, 0.4]])
NETWORK = ResistiveNetwork(
    [[[1.0, 0.2, 0.3, 0.4], [0.1, 0.5, 0.2, 0.7], [0.3, 0.3, 0.6, 0.1]], [[1.0, 0.5, 0.4]]],
    [[0.2, 0.0, -0.1], [0.3]],
    gain=5.0,
)


def test_every_device_and_diode_is_there() -> None:
    compiled = compile_resistive_network(NETWORK, INPUTS)
    elements = {e.name: e for e in compiled.circuit.elements}
    array = elements["array1"]
    assert isinstance(array, Crossbar)
    np.testing.assert_allclose(np.asarray(array.siemens), 10e-6 * NETWORK.G[0].T)
    diodes = elements["diodes1"]
    assert isinstance(diodes, Diodes)
    assert (diodes.anode, diodes.cathode) == (("0", "0", "v1_2"), ("v1_0", "v1_1", "0"))
    bias = elements["bias1"]
    assert isinstance(bias, VCCS)
    assert (bias.drive, bias.out) == (("one_p", "one_n"), ("v1_0", "v1_2"))
    assert "diodes2" not in elements


def test_bias_currents_flow_as_in_the_mathematics() -> None:
    # Diodes as sharp as ngspice takes them: 1/1000 of a real one
    parts = ResistiveParts(volts=1.0, emission=1e-3)
    compiled = compile_resistive_network(NETWORK, INPUTS, None, parts)
    found = compiled.decode(Ngspice().simulate(compiled.circuit, compiled.operating_point()))
    ideal = settle(NETWORK, INPUTS)
    np.testing.assert_allclose(found.output, ideal.output, atol=2e-3)
    assert found.relaxation.all_converged
    assert [c.tolist() for c in found.conducting] == [c.tolist() for c in ideal.conducting]


def test_a_spring_is_a_resistor_to_the_target() -> None:
    targets = np.array([[1.0], [2.0]])
    load = nudge("spring", 0.5, 0.0 * targets, targets)
    compiled = compile_resistive_network(NETWORK, INPUTS, load)
    (spring,) = (e for e in compiled.circuit.elements if isinstance(e, Resistors))
    np.testing.assert_allclose(np.asarray(spring.ohms), 1.0 / (0.5 * 10e-6))
    np.testing.assert_allclose(compiled.stimuli["target"], 0.1 * targets)


def test_a_negative_spring_is_refused() -> None:
    targets = np.array([[1.0], [2.0]])
    with pytest.raises(BadInput, match=r"a spring of -0.5 is no resistor: nudge by a current"):
        compile_resistive_network(NETWORK, INPUTS, nudge("spring", -0.5, targets, targets))


def test_a_node_without_conductance_is_refused() -> None:
    network = ResistiveNetwork([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0]]])
    # its diode alone is a path to ground for direct current
    compiled = compile_resistive_network(network, [[1.0]])
    assert not settle(network, [[1.0]]).relaxation.all_converged
    assert compiled.network is network
    alone = ResistiveNetwork([[[0.0, 0.0]]])
    with pytest.raises(BadInput, match="node 'v1_0' has no path for direct current to ground"):
        compile_resistive_network(alone, [[1.0]])


@pytest.mark.parametrize(
    ("field", "value"), [("siemens", 0.0), ("emission", -1.0), ("lift", -0.1), ("volts", float("inf"))]
)
def test_parts_that_cannot_be_are_refused(field: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"resistive parts: {field} = "):
        replace(ResistiveParts(), **dict[str, Any]({field: value}))


def test_parts_are_numbers() -> None:
    with pytest.raises(BadInput, match="resistive parts: siemens is not an array of numbers"):
        ResistiveParts(siemens="1 mS")  # type: ignore[arg-type]


def test_a_network_without_hidden_layer_has_no_diodes() -> None:
    compiled = compile_resistive_network(random_resistive_network((2, 3)), INPUTS)
    assert not any(isinstance(e, Diodes) for e in compiled.circuit.elements)

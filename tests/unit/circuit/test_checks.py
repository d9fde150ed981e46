"""Floating nodes, wrong stimuli and unknown probes are refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    Crossbar,
    Instance,
    Noise,
    NonlinearVCVS,
    OperatingPoint,
    Outcome,
    Resistors,
    Solution,
    Status,
    StimulusSources,
    Subcircuit,
    Transient,
    VoltageSources,
    check_analysis,
    check_circuit,
    grounds,
)
from analog_pc.circuit.transfer import activation_transfer
from analog_pc.errors import BadInput

SOURCE = VoltageSources("u", ("a",), grounds(1), 1.0)

FLOATING = {
    "capacitor alone": ((Capacitors("c", ("x",), grounds(1), 1e-12),), "x"),
    "behind a capacitor": ((SOURCE, Capacitors("c", ("a",), ("x",), 1e-12)), "x"),
    "island of resistors": ((Resistors("r", ("x",), ("y",), 1.0),), "x"),
    "amplifier input": ((Amplifiers("amp", ("x",), grounds(1), ("y",), 1.0),), "x"),
    "control of a law": ((NonlinearVCVS("f", ("x",), ("y",), activation_transfer(TANH, 1.0)),), "x"),
    "drive": ((VCCS("g", ("x",), ("y",), 1.0),), "x"),
    "crossbar": ((Crossbar("g", ("x", "y"), ("z",), 1e-6),), "x"),
}


@pytest.mark.parametrize(("elements", "node"), FLOATING.values(), ids=FLOATING.keys())
def test_floating(elements: tuple, node: str) -> None:
    with pytest.raises(BadInput, match=f"circuit c: node '{node}' has no path for direct current to ground"):
        check_circuit(Circuit("c", elements))


GROUNDED = {
    "through a resistor": (SOURCE, Resistors("r", ("a",), ("x",), 1.0)),
    "amplifier output": (SOURCE, Amplifiers("amp", ("a",), grounds(1), ("x",), 1.0)),
    "law output": (SOURCE, NonlinearVCVS("f", ("a",), ("x",), activation_transfer(TANH, 1.0))),
    "vccs": (
        SOURCE,
        VCCS("g", ("a",), ("x",), 1.0),
        Capacitors("c", ("x",), grounds(1), 1.0),
    ),
    "crossbar": (SOURCE, Crossbar("g", ("a", "x"), ("y", "z"), 1e-6)),
    "stimulus": (StimulusSources("s", ("x",), grounds(1)),),
}


@pytest.mark.parametrize("elements", GROUNDED.values(), ids=GROUNDED.keys())
def test_grounded(elements: tuple) -> None:
    circuit = Circuit("c", elements)
    check_circuit(circuit)
    # The same without its source floats: the check saw the path and not merely the node.
    rest = tuple(e for e in elements if not isinstance(e, (VoltageSources, StimulusSources)))
    if rest:
        with pytest.raises(BadInput, match="no path"):
            check_circuit(Circuit("c", rest))


def test_floating_inside_an_instance_is_named_with_its_path() -> None:
    sub = Subcircuit(
        "sub", ("p",), (Resistors("r", ("p",), ("q",), 1.0), Capacitors("c", ("q",), ("far",), 1.0))
    )
    with pytest.raises(BadInput, match=r"node 'top\.far' has no path"):
        check_circuit(Circuit("c", (SOURCE,), (Instance("top", sub, ("a",)),)))


def test_equal_names_in_two_instances_are_two_nodes() -> None:
    grounded = Subcircuit("one", ("p",), (Resistors("r", ("p",), ("inner",), 1.0),))
    floating = Subcircuit("two", ("p",), (Capacitors("c", ("p",), ("inner",), 1.0),))
    nested = (Instance("i", grounded, ("a",)), Instance("j", floating, ("a",)))
    with pytest.raises(BadInput, match=r"node 'j\.inner' has no path"):
        check_circuit(Circuit("c", (SOURCE,), nested))


DRIVEN = Circuit("c", (StimulusSources("u", ("a", "b"), grounds(2)),))


@pytest.mark.parametrize(
    ("stimuli", "message"),
    [
        ({}, r"stimuli of circuit c: got \[\], expected \['u'\]"),
        ({"v": np.zeros((1, 2))}, r"got \['v'\], expected \['u'\]"),
        ({"u": np.zeros((1, 3))}, r"stimuli 'u': shape \(1, 3\), expected \(1, 2\)"),
        ({"u": np.zeros(2)}, r"stimuli 'u': shape \(2,\), expected \(2, 2\)"),
        ({"u": np.array([[0.0, np.nan]])}, "stimuli 'u': holds a value that is not finite"),
    ],
)
def test_operating_point_stimuli(stimuli: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_analysis(DRIVEN, OperatingPoint(stimuli))


def test_presets_are_checked_too() -> None:
    with pytest.raises(BadInput, match=r"preset 'u': shape \(2, 2\), expected \(3, 2\)"):
        check_analysis(DRIVEN, OperatingPoint({"u": np.zeros((3, 2))}, {"u": np.zeros((2, 2))}))


def test_transient_stimuli_have_no_samples() -> None:
    check_analysis(DRIVEN, Transient({"u": np.zeros(2)}, {}, 1.0, 0.1))
    with pytest.raises(BadInput, match=r"stimuli 'u': shape \(1, 2\), expected \(2,\)"):
        check_analysis(DRIVEN, Transient({"u": np.zeros((1, 2))}, {}, 1.0, 0.1))


@pytest.mark.parametrize("field", ["duration", "max_step"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_transient_times(field: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"transient: {field} = .*, must be finite and > 0"):
        Transient({}, {}, **{"duration": 1.0, "max_step": 0.1, field: value})


def test_solutions_give_buses_in_any_order() -> None:
    volts = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    solution = Solution(np.arange(2.0), ("a", "b", "i.c"), volts, Status(Outcome.CONVERGED), 10.0 * volts)
    np.testing.assert_array_equal(solution.voltage(("i.c", "a")), [[3.0, 1.0], [6.0, 4.0]])
    np.testing.assert_array_equal(solution.preset_voltage(("b",)), [[20.0], [50.0]])
    with pytest.raises(BadInput, match="solution has no node 'x'"):
        solution.voltage(("x",))
    with pytest.raises(BadInput, match="the analysis had no preset"):
        Solution(np.arange(2.0), ("a", "b", "c"), volts, Status(Outcome.CONVERGED)).preset_voltage(("a",))


def test_status_reads_as_one_line() -> None:
    assert str(Status(Outcome.CONVERGED, ("gmin", "twice"))) == "converged; gmin; twice"


@pytest.mark.parametrize(("volts", "words"), [([0.0, 1.0], "shape"), (np.nan, "not finite")])
def test_guesses_are_checked(volts: object, words: str) -> None:
    with pytest.raises(BadInput, match=f"guess 'a'.*{words}"):
        check_analysis(DRIVEN, OperatingPoint({"u": np.zeros((3, 2))}, guess={"a": volts}))


@pytest.mark.parametrize("name", ["duration", "max_step", "precision", "least_current"])
@pytest.mark.parametrize("value", [None, "3", True, 0.0, np.inf, np.ones(2), 10**400])
def test_times_and_precisions_of_transients_are_numbers(name: str, value: Any) -> None:
    numbers = {"duration": 1.0, "max_step": 0.1, name: value}
    with pytest.raises(BadInput, match=f"transient: {name} = "):
        Transient({}, {}, **numbers)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"nodes": "a"}, "nodes = 'a', must be a tuple of names"),
        ({"nodes": True}, "nodes = True, must be a tuple of names"),
        ({"low": None}, "band None ... 2.0 Hz"),
        ({"high": "3"}, "band 1.0 ... '3' Hz"),
        ({"low": 2.0, "high": 1.0}, "must be 0 < low < high"),
    ],
)
def test_noise_has_nodes_and_a_band(changed: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Noise(**{"stimuli": {}, "nodes": ("a",), "low": 1.0, "high": 2.0, **changed})

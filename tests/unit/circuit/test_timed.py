"""Clocks, switches, multiplexers and memristors as data: what is refused, and by which name."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import (
    Circuit,
    ClockSources,
    MemristorModel,
    Memristors,
    Multiplexers,
    Resistors,
    Switches,
    Transient,
    VoltageSources,
    check_circuit,
    grounds,
    refuse_timed,
)
from analog_pc.errors import BadInput

LAW = MemristorModel("device", "v(state)*v(plus,minus)", "0*v(state)")


@pytest.mark.parametrize(
    "times", [[], [0.0, 0.0], [1e-6, 0.0], [-1e-6, 0.0], [0.0, np.nan], [[0.0, 1.0]], 3.0]
)
def test_times_of_a_clock_rise(times: object) -> None:
    with pytest.raises(BadInput, match="clock: times"):
        ClockSources("clock", ("a",), grounds(1), times, np.zeros((1, 2)))  # type: ignore[arg-type]


def test_a_clock_has_volts_at_all_its_times() -> None:
    with pytest.raises(BadInput, match=r"clock: volts has shape \(3,\), expected \(2, 2\)"):
        ClockSources("clock", ("a", "b"), grounds(2), [0.0, 1.0], [0.0, 1.0, 2.0])
    spread = ClockSources("clock", ("a", "b"), grounds(2), [0.0, 1.0], [0.0, 1.0])
    assert np.shape(spread.volts) == (2, 2)


@pytest.mark.parametrize(("on", "off"), [(1e-6, 1e-6), (1e-6, 1e-5), (1e-6, 0.0), (-1.0, 1e-9)])
def test_a_closed_switch_conducts_better(on: float, off: float) -> None:
    with pytest.raises(BadInput, match=r"s: (on|off)\[0\] = "):
        Switches("s", ("a",), ("b",), ("c",), on, off)


def test_a_multiplexer_has_an_input_for_each_line_and_output() -> None:
    with pytest.raises(BadInput, match="m: 3 inputs for 2 select lines x 2 outputs"):
        Multiplexers("m", ("s", "t"), ("p", "q", "r"), ("y", "z"))
    with pytest.raises(BadInput, match="m: 0 inputs for 0 select lines"):
        Multiplexers("m", (), (), ("y",))
    made = Multiplexers("m", ("s", "t"), ("p", "q", "r", "u"), ("y", "z"))
    assert made.inputs_of(0) == ("p", "q")
    assert made.inputs_of(1) == ("r", "u")


def test_memristors_have_a_state_each() -> None:
    with pytest.raises(BadInput, match="buses must have one equal"):
        Memristors("m", ("a", "b"), grounds(2), ("s",), LAW, 0.5)
    with pytest.raises(BadInput, match=r"m: initial\[0\] = nan"):
        Memristors("m", ("a",), grounds(1), ("s",), LAW, np.nan)
    with pytest.raises(BadInput, match="memristor model name"):
        MemristorModel("Bad Name", "0", "0")


def test_what_conducts_leads_to_ground() -> None:
    """A switch and a memristor are paths, outputs of multiplexers and clocks too; a control is none."""
    source = VoltageSources("u", ("a",), grounds(1), 1.0)
    clock = ClockSources("clock", ("c",), grounds(1), [0.0], [[1.0]])
    check_circuit(Circuit("t", (source, clock, Switches("s", ("a",), ("b",), ("c",), 1.0, 1e-9))))
    check_circuit(Circuit("t", (source, Memristors("m", ("a",), ("b",), ("s",), LAW, 0.5))))
    check_circuit(Circuit("t", (source, Multiplexers("m", ("a",), ("a",), ("y",)))))
    with pytest.raises(BadInput, match="node 'c' has no path"):
        check_circuit(Circuit("t", (source, Switches("s", ("a",), ("b",), ("c",), 1.0, 1e-9))))


def test_refusal_names_the_simulator_and_the_bank() -> None:
    circuit = Circuit("t", (Multiplexers("m", ("a",), ("a",), ("y",)),))
    with pytest.raises(BadInput, match=r"^pencil: m: has no Multiplexers; use ngspice$"):
        refuse_timed(circuit, "pencil")
    refuse_timed(Circuit("t", (Resistors("r", ("a",), grounds(1), 1.0),)), "pencil")


@pytest.mark.parametrize("bad", [0.0, -1e-12, np.inf])
def test_the_least_current_of_a_transient_is_positive(bad: float) -> None:
    with pytest.raises(BadInput, match="transient: least_current"):
        Transient({}, {}, 1.0, 1.0, least_current=bad)

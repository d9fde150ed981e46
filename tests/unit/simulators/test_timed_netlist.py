"""Clocks, switches, multiplexers and memristors as text; and a run that tells how far it is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import (
    Capacitors,
    Circuit,
    ClockSources,
    Instance,
    MemristorModel,
    Memristors,
    Multiplexers,
    Resistors,
    Subcircuit,
    Switches,
    Transient,
    VoltageSources,
    bus,
    grounds,
)
from analog_pc.devices.compact import YAKOPCIC, memristor_model
from analog_pc.errors import BadInput
from analog_pc.simulators import Ngspice, workspace
from analog_pc.simulators.spice import deck, to_pyspice
from analog_pc.simulators.spice.process import run_deck

LAW = MemristorModel("device", "v(state)*v(plus,minus)", "0*v(state)", "where it is from")
ARRAY = Subcircuit(
    "array", ("p",), (Memristors("w", ("p", "p"), grounds(2), bus("s", 2), LAW, [0.25, 0.75]),)
)


def body(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(".title")]


def test_a_line_for_each_part() -> None:
    elements = (
        ClockSources("clock", ("c",), grounds(1), [0.0, 1.0, 2.0, 3.0, 4.0], [[0.0, 0.0, 0.0, 1.0, 1.0]]),
        Switches("s", ("a",), ("b",), ("c",), 1e-3, 1e-12),
        Multiplexers("m", ("c", "c"), ("a", "0"), ("y",)),
    )
    assert body(str(to_pyspice(Circuit("t", elements)))) == [
        "Vclock_0 c 0 PWL(0.0 0.0 2.0 0.0 3.0 1.0 4.0 1.0)",  # only where it bends
        "Bs_0 a b i=v(a,b)*(1e-12+0.000999999999*min(max(v(c),0),1))",
        "Bm_0 y 0 v=v(c)*v(a)",
    ]


def test_one_subcircuit_for_a_law() -> None:
    circuit = Circuit("t", (), (Instance("one", ARRAY, ("p",)), Instance("two", ARRAY, ("p",))))
    assert body(str(to_pyspice(circuit))) == [
        "* where it is from",
        ".subckt device plus minus state",
        "Bcurrent plus minus i=v(state)*v(plus,minus)",
        "Cstate state 0 1.0",
        "Brate 0 state i=0*v(state)",
        ".ends device",
        ".subckt array p",
        "* 2 memristors w",
        "Xw_0 p 0 s_0 device",
        "Xw_1 p 0 s_1 device",
        ".ends array",
        "Xone p array",
        "Xtwo p array",
    ]


def test_states_begin_where_the_bank_or_the_analysis_says() -> None:
    circuit = Circuit("t", (VoltageSources("u", ("p",), grounds(1), 1.0),), (Instance("one", ARRAY, ("p",)),))
    text = deck(circuit, Transient({}, {"one.s_1": 0.5}, 1.0, 1.0, least_current=1e-12))
    assert re.findall(r"^\.ic .*$", text, re.MULTILINE) == [
        ".ic v(xone.s_0)=0.25",
        ".ic v(xone.s_1)=0.5",
    ]
    assert "abstol=1e-12" in text
    assert "abstol=1e-18" in deck(circuit, Transient({}, {}, 1.0, 1.0))


def test_laws_that_a_netlist_cannot_hold() -> None:
    other = MemristorModel("device", "v(plus,minus)", "0*v(state)")
    two = (
        Memristors("v", ("p",), grounds(1), ("s",), LAW, 0.5),
        Memristors("w", ("p",), grounds(1), ("t",), other, 0.5),
    )
    with pytest.raises(BadInput, match="two different subcircuits are called 'device'"):
        to_pyspice(Circuit("t", two))
    for text in ("v(state)\n.include /etc/passwd", "{nothing}", "nan"):
        bad = Memristors("v", ("p",), grounds(1), ("s",), MemristorModel("device", text, "0"), 0.5)
        with pytest.raises(BadInput, match=r"device: .* is not a plain SPICE expression"):
            to_pyspice(Circuit("t", (bad,)))


def test_the_law_is_the_one_of_the_model_files() -> None:
    """netlists/models and `memristor_model` move the same device in the same way."""
    device = YAKOPCIC["microsiemens"]
    model = Path(__file__).parents[3] / "netlists" / "models" / "yakopcic.lib"
    assert f".subckt {device.name} plus minus state" in model.read_text()
    clock = ClockSources("u", ("u",), grounds(1), [0.0, 1e-4, 2e-4], [[1.1, -0.2, -1.0]])
    cell = Memristors("cell", ("u",), grounds(1), ("s",), memristor_model(device), 0.6)
    circuit, analysis = Circuit("t", (clock, cell)), Transient({}, {}, 3e-4, 3e-4, ("s",), stiff=True)
    own = Ngspice().simulate(circuit, analysis).volts[-1, 0]
    text = deck(circuit, analysis)
    start, end = text.index(".subckt"), text.index(".ends")
    filed = text[:start] + f".include {model}\n" + text[text.index("\n", end) + 1 :]
    plot, _ = run_deck(filed)
    assert abs(own - 0.6) > 0.05
    assert plot.data[-1, plot.variables.index("v(s)")] == pytest.approx(own, abs=1e-7)


def test_a_watched_run_tells_the_time_of_the_circuit(monkeypatch: pytest.MonkeyPatch) -> None:
    """ngspice is done in some tenths of a second, so it is listened to more often than users need."""
    monkeypatch.setattr(workspace, "_LISTEN", 0.02)
    n = 400
    parts = (
        VoltageSources("u", ("u",), grounds(1), 1.0),
        Resistors("r", ("u",) * n, bus("x", n), np.geomspace(1e3, 1e6, n)),
        Capacitors("c", bus("x", n), grounds(n), 1e-9),
    )
    seen: list[float] = []
    simulator = Ngspice(watch=seen.append)
    simulator.simulate(Circuit("t", parts), Transient({}, dict.fromkeys(bus("x", n), 0.0), 1e-3, 7e-8))
    assert len(seen) >= 2
    assert seen == sorted(seen)
    assert all(0.0 <= time <= 1e-3 for time in seen)
    assert seen[-1] > 0.0

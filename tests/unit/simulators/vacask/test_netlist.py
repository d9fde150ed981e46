"""Circuit -> VACASK's dialect: flat names in quotes, exact numbers, one compiled shape for equal laws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

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
    MultiplyingVCCS,
    NonlinearVCVS,
    OperatingPoint,
    Resistors,
    StimulusSources,
    Subcircuit,
    Transient,
    VoltageSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.transfer import activation_gate, activation_transfer, cubic_transfer
from analog_pc.errors import BadInput
from analog_pc.simulators.vacask.deck import make_deck
from analog_pc.simulators.vacask.netlist import to_netlist
from analog_pc.simulators.vacask.process import loads

LAYER = Subcircuit(
    "layer",
    (*bus("x", 2), "y"),
    (
        Crossbar("g", bus("x", 2), ("col",), [[1e-3], [0.0]], Wire(2.0, 3.0), access_ohms=10.0),
        Amplifiers("tia", grounds(1), ("col",), ("y",), 1e5),
        Resistors("rf", ("col",), ("y",), 1e4 / 3.0),
    ),
)
CIRCUIT = Circuit(
    "demo",
    (
        StimulusSources("u", bus("a", 2), grounds(2)),
        VoltageSources("ref", ("r",), grounds(1), -0.25),
        Capacitors("c", ("r",), grounds(1), 1e-12),
        VCCS("t", ("r",), ("out",), 2e-3),
    ),
    (Instance("l1", LAYER, (*bus("a", 2), "out")),),
)
ONE = OperatingPoint({"u": np.array([[0.1, -0.2]])})
TWO = OperatingPoint({"u": np.array([[0.1, -0.2], [0.3, 0.4]])})


def control(analysis: OperatingPoint | Transient, circuit: Circuit = CIRCUIT) -> list[str]:
    """What comes after the netlist."""
    lines = make_deck(circuit, analysis).lines
    return list(lines[lines.index("control") + 1 :])


def test_the_text_of_a_small_circuit() -> None:
    netlist = to_netlist(CIRCUIT)
    assert netlist.modules == {}
    assert netlist.lines == [
        "model _r resistor",
        "model _c capacitor",
        "model _v vsource",
        "model _e vcvs",
        "model _g vccs",
        "'ref(0)' ('r' 0) _v dc=-0.25",
        "'c(0)' ('r' 0) _c c=1e-12",
        "'t(0)' (0 'out' 'r' 0) _g gain=0.002",
        "'l1.g(0.0)' ('l1.g.w(0.0)' 'l1.g.b(0.0)') _r r=1010.0",  # the open cell has no line
        "'l1.g.wl(0.0)' ('a_0' 'l1.g.w(0.0)') _r r=2.0",
        "'l1.g.wl(1.0)' ('a_1' 'l1.g.w(1.0)') _r r=2.0",
        "'l1.g.bl(0.0)' ('l1.g.b(0.0)' 'l1.g.b(1.0)') _r r=3.0",
        "'l1.g.bl(1.0)' ('l1.g.b(1.0)' 'l1.col') _r r=3.0",
        "'l1.tia(0)' ('out' 0 0 'l1.col') _e gain=100000.0",
        "'l1.rf(0)' ('l1.col' 'out') _r r=3333.3333333333335",
    ]


def test_laws_become_models_and_equal_shapes_one_module() -> None:
    elements = (
        StimulusSources("u", ("u",), grounds(1)),
        NonlinearVCVS("f", ("u",), ("f",), activation_transfer(TANH, 0.1), gain=2.0, offset=-0.5),
        NonlinearVCVS("h", ("u",), ("h",), activation_transfer(TANH, 0.25)),
        MultiplyingVCCS("gt", ("u",), ("f",), ("o",), 1e-3, activation_gate(TANH, 0.1)),
        Crossbar("n", ("u",), ("o",), [[1e-5]], characteristic=cubic_transfer(3.0), access_ohms=100.0),
    )
    netlist = to_netlist(Circuit("laws", elements))
    transfer, gated, cell = netlist.modules
    assert netlist.lines[5:] == [
        f"model 'f' {transfer} k0=0.1 k1=0.1",
        "'f(0)' ('f' 'u') 'f' gain=2.0 offset=-0.5",
        f"model 'h' {transfer} k0=0.25 k1=0.25",
        "'h(0)' ('h' 'u') 'h' gain=1.0 offset=0.0",
        f"model 'gt' {gated} k0=0.1",
        "'gt(0)' ('o' 'u' 'f') 'gt' siemens=0.001",
        f"model 'n' {cell} access_ohms=100.0 k0=3.0",
        "'n(0.0)' ('u' 'o') 'n' siemens=1e-05",
    ]
    assert "V(out) <+ gain*((k0*tanh((v/k1))));" in netlist.modules[transfer].text
    assert "I(word, inside) <+ V(word, inside)/access_ohms;" in netlist.modules[cell].text


def test_an_amplifier_has_the_stages_that_it_needs() -> None:
    def text(**limits: float) -> str:
        amp = Amplifiers("amp", ("u",), ("o",), ("o",), 100.0, **limits)
        (module,) = to_netlist(Circuit("x", (amp,))).modules.values()
        return module.text

    assert "V(out) <+ v;" in text(offset=1e-3)
    assert "pole" not in text(saturation=1.0)
    assert "I(out) <+ (V(out) - v)/output_ohms;" in text(output_ohms=50.0)
    assert "ddt(farads*V(pole))" in text(gain_bandwidth=1e6)
    assert "pair0" not in text(gain_bandwidth=1e6)
    assert "pair0" in text(gain_bandwidth=1e6, slew_rate=1e6)


def test_one_sample_is_a_plain_operating_point() -> None:
    assert control(replace(ONE, save=("out",)))[-3:] == ["options op_debug=1", "analysis result op", "endc"]
    assert "save v('out')" in control(replace(ONE, save=("out",)))
    assert "'u(1)' ('a_1' 0) _v dc=-0.2" in make_deck(CIRCUIT, ONE).lines


def test_a_batch_is_one_sweep_and_presets_come_first() -> None:
    preset = {"u": np.array([[1.0, 2.0], [3.0, 4.0]])}
    lines = make_deck(CIRCUIT, replace(TWO, preset=preset)).lines
    assert "'u(0)' ('a_0' 0) _v dc=[1.0,0.1,3.0,0.3][_index-0]" in lines
    assert 'sweep _index variable="_index" values=range(4) continuation=1' in lines


def test_long_tables_give_every_sample_its_own_volts() -> None:
    """1000 samples are many blocks; `read` follows the choices between them."""
    volts = np.random.default_rng(0).normal(size=1000)
    deck = make_deck(
        Circuit("t", (StimulusSources("u", ("u",), grounds(1)),)), OperatingPoint({"u": volts[:, np.newaxis]})
    )
    (line,) = (line for line in deck.lines if line.startswith("'u(0)'"))
    text = line.split("dc=")[1]

    def read(index: int, text: str = text) -> float:
        while text.startswith("("):
            limit, rest = text[1:-1].removeprefix("_index<").split(" ? ", 1)
            depth, k = 0, 0
            while depth or rest[k : k + 3] != " : ":
                depth += (rest[k] == "(") - (rest[k] == ")")
                k += 1
            text = rest[:k] if index < int(limit) else rest[k + 3 :]
        values, first = text[1:-1].split("][_index-")
        return float(values.split(",")[index - int(first)])

    assert [read(k) for k in range(1000)] == volts.tolist()


def test_a_guess_is_held_first_and_then_let_go() -> None:
    lines = control(replace(ONE, guess={"l1.col": 0.5}))
    held = lines.index('analysis held op nodeset={"l1.col", 0.5} store="held" write=0')
    assert "nr_force=1e10" in lines[held - 1]
    assert "nr_residualcheck=1" in lines[held + 1]
    assert lines[-2] == 'analysis result op nodeset="held"'


def test_the_deck_of_a_transient() -> None:
    analysis = Transient(
        {"u": np.array([0.1, 0.2])}, {"r": -0.25}, 1e-6, 1e-7, save=("r",), stiff=True, precision=1e-6
    )
    *_, options, line, _ = control(analysis)
    assert options.startswith('options reltol=1e-06 relref="sigglobal"')
    assert 'tran_method="gear2"' in options
    assert 'tran_method="trap"' in control(replace(analysis, stiff=False))[-3]
    assert line == 'analysis result tran stop=1e-06 step=1e-14 maxstep=1e-07 icmode="op" ic={"r", -0.25}'


def test_the_temperature_is_in_degrees_celsius() -> None:
    assert "options temp=100.0" in control(ONE, replace(CIRCUIT, temperature=373.15))


def test_paths_cannot_leave_their_quotes(tmp_path: Path) -> None:
    assert loads([tmp_path / 'a"b'])[0].endswith('a\\"b"')


def test_what_cannot_be_written_is_refused() -> None:
    inner = Subcircuit("s", ("p",), (StimulusSources("w", ("p",), grounds(1)),))
    with pytest.raises(BadInput, match="instance i"):
        to_netlist(Circuit("c", (), (Instance("i", inner, ("a",)),)))
    tiny = Crossbar("x", ("a",), ("b",), [[1e-320]])
    with pytest.raises(BadInput, match="x: a conductance is too small"):
        to_netlist(Circuit("c", (tiny,)))
    with pytest.raises(BadInput, match="node name"):
        to_netlist(Circuit("c", (Resistors("r", ("a b",), ("0",), 1.0),)))


def test_a_transient_cannot_save_a_node_called_time() -> None:
    """VACASK would give one column for both."""
    circuit = Circuit(
        "t",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u",), ("time",), 1e3),
            Capacitors("c", ("time",), grounds(1), 1e-9),
        ),
    )
    analysis = Transient({"u": np.ones(1)}, {}, 1e-6, 1e-6)
    with pytest.raises(BadInput, match="'time'"):
        make_deck(circuit, analysis)
    assert make_deck(circuit, replace(analysis, save=("u",))).nodes == ("u",)

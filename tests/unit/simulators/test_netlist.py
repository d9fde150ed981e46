"""Circuit -> PySpice: readable blocks, addressable elements, exact numbers, and nothing smuggled in."""

from __future__ import annotations

import time

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
    TransferFunction,
    VoltageSources,
    Wire,
    bus,
    grounds,
)
from analog_pc.circuit.circuit import node_names
from analog_pc.circuit.transfer import activation_gate, activation_transfer, sinh_transfer
from analog_pc.errors import BadInput
from analog_pc.simulators import Ngspice
from analog_pc.simulators.spice import netlist
from analog_pc.simulators.spice.names import comment_text, number, spice_node

LAYER = Subcircuit(
    "layer",
    (*bus("x", 2), "y"),
    (
        Crossbar("g", bus("x", 2), ("col",), [[1e-5], [3e-5]]),
        Amplifiers("tia", grounds(1), ("col",), ("y",), 1e5),
        Resistors("rf", ("col",), ("y",), 1e4 / 3.0),
    ),
    "y = -Rf G x",
)
CIRCUIT = Circuit(
    "demo",
    (StimulusSources("u", bus("a", 2), grounds(2)), VoltageSources("ref", ("r",), grounds(1), -0.25)),
    (Instance("layer1", LAYER, (*bus("a", 2), "out")), Instance("layer2", LAYER, ("out", "r", "end"))),
)


def test_the_text_of_a_small_circuit() -> None:
    text = str(netlist.to_pyspice(CIRCUIT, {"u": np.array([0.1, -0.2])}))
    assert text.splitlines() == [
        ".title demo",
        "* amplifier: gain 100000. Replace it by your own .subckt with these pins.",
        ".subckt amplifier plus minus out",
        "Eout out 0 plus minus 100000.0",
        ".ends amplifier",
        "",
        "* y = -Rf G x",
        ".subckt layer x_0 x_1 y",
        "* crossbar g: 2 rows x 1 columns",
        "Rg_0_0 x_0 col 99999.99999999999",
        "Rg_1_0 x_1 col 33333.333333333336",
        "Xtia_0 0 col y amplifier",
        "Rrf_0 col y 3333.3333333333335",
        ".ends layer",
        "Vu_0 a_0 0 0.1",
        "Vu_1 a_1 0 -0.2",
        "Vref_0 r 0 -0.25",
        "Xlayer1 a_0 a_1 out layer",
        "Xlayer2 out r end layer",
    ]


def test_a_user_can_address_and_change_an_element() -> None:
    pyspice = netlist.to_pyspice(CIRCUIT)
    layer = next(block for block in pyspice.subcircuits if block.name == "layer")
    layer.Rrf_0.resistance = 5000.0
    assert "Rrf_0 col y 5000.0" in str(pyspice)


def test_elements_print_as_their_equations_say() -> None:
    elements = (
        Capacitors("c", ("a",), grounds(1), 1e-12),
        NonlinearVCVS("f", ("a",), ("b",), activation_transfer(TANH, 0.1)),
        VCCS("g", ("a",), ("b",), 1e-6),
        MultiplyingVCCS("h", ("a",), ("d",), ("b",), 2e-6, activation_gate(TANH, 0.1)),
    )
    lines = str(netlist.to_pyspice(Circuit("one", elements))).splitlines()
    assert lines[1:] == [
        "Cc_0 a 0 1e-12",
        "Bf_0 b 0 v=0.1*tanh(v(a)/0.1)",
        "Gg_0 0 b a 0 1e-06",
        "Bh_0 0 b i=2e-06*((1-tanh(v(a)/0.1)^2))*v(d)",
    ]


def test_imperfect_parts_print_as_their_equations_say() -> None:
    wire, sinh = Wire(1.0, 2.0), sinh_transfer(4.0)
    elements = (
        NonlinearVCVS("f", ("x",), ("w",), activation_transfer(TANH, 0.1), 1.5, 0.25),
        Crossbar("g", ("x",), bus("c", 2), [[1e-3, 0.0]], wire, access_ohms=100.0),
        Crossbar("h", ("x",), ("c_0",), 1e-3, characteristic=sinh, access_ohms=100.0),
    )
    lines = str(netlist.to_pyspice(Circuit("one", elements))).splitlines()
    assert sorted(lines[1:]) == sorted(
        [
            "Bf_0 w 0 v=1.5*(0.1*tanh((v(x)+(0.25))/0.1))",
            "* crossbar g: 1 rows x 2 columns",
            "Rg_0_0 g_w0_0 g_b0_0 1100.0",  # an open cell is not printed
            "Rg_wl0_0 x g_w0_0 1.0",
            "Rg_wl0_1 g_w0_0 g_w0_1 1.0",
            "Rg_bl0_0 g_b0_0 c_0 2.0",
            "Rg_bl1_0 g_b0_1 c_1 2.0",
            "* crossbar h: 1 rows x 1 columns",
            "Rh_0_0_access x h_0_0_d 100.0",
            "Rh_0_0 h_0_0_d c_0 1000.0",
            "Bh_0_0 h_0_0_d c_0 I=0.001*(sinh(4.0*(v(h_0_0_d,c_0)))/4.0-v(h_0_0_d,c_0))",
        ]
    )


def test_nodes_of_instances_have_the_names_of_the_solution() -> None:
    assert node_names(CIRCUIT) == ("a_0", "a_1", "r", "layer1.col", "out", "layer2.col", "end")
    assert [spice_node(n) for n in ("out", "layer1.col")] == ["out", "xlayer1.col"]


def test_a_wide_instance_is_written_flat_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = OperatingPoint({"u": np.array([[0.1, -0.2], [0.3, 0.4]])})
    blocks = Ngspice().simulate(CIRCUIT, analysis)
    monkeypatch.setattr(netlist, "MAX_PORTS", 2)
    assert ".subckt layer" not in str(netlist.to_pyspice(CIRCUIT))
    flat = Ngspice().simulate(CIRCUIT, analysis)
    assert flat.nodes == blocks.nodes
    np.testing.assert_allclose(flat.volts, blocks.volts, rtol=0.0, atol=1e-15)


def test_an_instance_of_1200_ports_runs() -> None:
    ports = bus("p", 1200)
    block = Subcircuit("wide", ports, (Resistors("r", ports, grounds(1200), 1e3),))
    circuit = Circuit(
        "wide",
        (StimulusSources("u", ("top",), grounds(1)), Resistors("s", ("top",) * 1200, bus("n", 1200), 1e3)),
        (Instance("w", block, bus("n", 1200)),),
    )
    solution = Ngspice().simulate(circuit, OperatingPoint({"u": np.array([[1.0]])}))
    np.testing.assert_allclose(solution.voltage(bus("n", 1200)), 0.5, atol=1e-12)


def test_a_flat_instance_with_laws_gives_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    block = Subcircuit(
        "cell",
        ("x", "y"),
        (
            NonlinearVCVS("f", ("x",), ("fx",), activation_transfer(TANH, 0.1)),
            Resistors("r", ("fx", "y"), ("y", "0"), [1e4, 2e4]),
            MultiplyingVCCS("h", ("x",), ("fx",), ("y",), 1e-5, activation_gate(TANH, 0.1)),
        ),
    )
    sources = (StimulusSources("u", ("a",), grounds(1)),)
    circuit = Circuit("two", sources, (Instance("c1", block, ("a", "b")), Instance("c2", block, ("b", "c"))))
    analysis = OperatingPoint({"u": np.linspace(-0.2, 0.2, 5)[:, np.newaxis]})
    blocks = Ngspice().simulate(circuit, analysis)
    monkeypatch.setattr(netlist, "MAX_PORTS", 1)
    flat = Ngspice().simulate(circuit, analysis)
    np.testing.assert_allclose(flat.voltage(blocks.nodes), blocks.volts, rtol=0.0, atol=1e-12)
    assert np.ptp(flat.voltage(["c2.fx"])) > 0.01


@pytest.mark.parametrize("value", [0.1, np.float64(1.0) / 3.0, np.float32(0.5), 1e-30, -5e-324, 1e6, 0])
def test_numbers_read_back_exactly(value: float) -> None:
    assert float(number(value)) == float(value)
    assert not number(value)[-1].isalpha()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        number(value)


@pytest.mark.parametrize(
    "node", ["a b", "a\n.include x", "Out", "gnd", "eps_error", "time", "temper", "all", "1", "", "a.b"]
)
def test_nodes_that_ngspice_reads_otherwise_are_refused(node: str) -> None:
    with pytest.raises(BadInput, match="name"):
        netlist.to_pyspice(Circuit("bad", (Resistors("r", (node,), grounds(1), 1.0),)))


def test_laws_that_are_not_one_expression_are_refused() -> None:
    for text in ("{}\n.include x", "np.float64(0.1)*{}", "inf*{}", "v({}) ; quit", ""):
        law = TransferFunction("bad", np.tanh, np.tanh, text.format)
        circuit = Circuit("bad", (NonlinearVCVS("f", ("a",), ("b",), law),))
        with pytest.raises(BadInput, match="plain SPICE expression"):
            netlist.to_pyspice(circuit)


def test_a_law_does_not_mind_what_its_node_is_called() -> None:
    circuit = Circuit("good", (NonlinearVCVS("f", ("inf",), ("nan",), activation_transfer(TANH, 0.1)),))
    assert "tanh(v(inf)/0.1)" in str(netlist.to_pyspice(circuit))


def test_comments_become_one_plain_line() -> None:
    assert comment_text("a\n.include /x\tµ" + "z" * 200) == "a .include /x  " + "z" * 85
    block = Subcircuit("layer", ("a",), (Resistors("r", ("a",), grounds(1), 1.0),), "one\n.end")
    text = str(netlist.to_pyspice(Circuit("c", (), (Instance("i", block, ("n",)),))))
    assert text.splitlines()[1] == "* one .end"


def test_what_a_netlist_cannot_hold_is_refused() -> None:
    stimulus = Subcircuit("s", ("a",), (StimulusSources("u", ("a",), grounds(1)),))
    with pytest.raises(BadInput, match="top of the circuit"):
        netlist.to_pyspice(Circuit("c", (), (Instance("i", stimulus, ("n",)),)))
    twin = Subcircuit("layer", ("a",), (Resistors("r", ("a",), grounds(1), 1.0),))
    with pytest.raises(BadInput, match="same name"):
        netlist.to_pyspice(
            Circuit("c", (), (Instance("i", twin, ("n",)), Instance("j", LAYER, ("n", "n", "n"))))
        )
    ground = Subcircuit("s", ("0",), (Resistors("r", ("a",), grounds(1), 1.0),))
    with pytest.raises(BadInput, match="port name '0'"):
        netlist.to_pyspice(Circuit("c", (), (Instance("i", ground, ("n",)),)))
    tiny = Crossbar("g", ("a",), ("b",), 1e-310)
    with pytest.raises(BadInput, match="too small"):
        netlist.to_pyspice(Circuit("c", (tiny,)))


def test_python_keywords_are_quiet_node_names(capfd: pytest.CaptureFixture[str]) -> None:
    netlist.to_pyspice(Circuit("c", (Resistors("r", ("in",), grounds(1), 1.0),)))
    assert capfd.readouterr() == ("", "")


def test_a_full_size_layer_is_printed_in_bulk() -> None:
    rows, columns = bus("x", 784), bus("col", 128)
    elements = tuple(Crossbar(name, rows, columns, 1e-5) for name in ("plus", "minus"))
    start = time.perf_counter()
    text = str(netlist.to_pyspice(Circuit("big", elements)))
    assert text.count("\n") > 2 * 784 * 128
    # 0.7 s for the whole 784-128-10 network on an idle machine; the margin is for a busy one.
    assert time.perf_counter() - start < 5.0

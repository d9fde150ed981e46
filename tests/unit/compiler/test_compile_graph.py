"""Graph -> circuit: which parts there are, and what they hold; mostly without a simulator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import Capacitors, Crossbar, MultiplyingVCCS, Resistors, check_analysis
from analog_pc.compiler import CompiledGraph, CompileOptions, compile_network
from analog_pc.errors import BadInput
from analog_pc.mapping import PopulationScales, decode
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection, random_network, relax
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL, technology
from analog_pc.verification import compare

RNG = np.random.default_rng(0)
W = {name: RNG.normal(size=shape) for name, shape in (("ab", (3, 2)), ("cb", (3, 3)), ("bb", (3, 3)))}
OWN = RNG.normal(size=(3, 3))


def graph(**changes: object) -> PredictiveCodingGraph:
    """Two sources and a self-projection into b; the feedback of b's own projection is a matrix of its own."""
    populations = (
        Population(name="a", size=2),
        Population(name="b", size=3, activation="tanh", precision=[1.0, 2.0, 0.5], leak=0.1),
        Population(name="C", size=3, activation="relu", leak=[1.0, 0.0, 0.5], prior=[0.2, 0.0, 0.0]),
    )
    projections = (
        Projection(source="a", target="b", weight=W["ab"], bias=[0.1, -0.2, 0.3]),
        Projection(source="C", target="b", weight=W["cb"], **changes),
        Projection(source="b", target="b", weight=0.3 * W["bb"], feedback=OWN),
        Projection(source="b", target="C", kind="identity"),
    )
    return PredictiveCodingGraph(populations, projections)


X = RNG.normal(size=(4, 2))


def compiled(**changes: object) -> CompiledGraph:
    return compile_network(graph(**changes), IDEAL, clamps={"a": X})


def crossbars(circuit: CompiledGraph) -> dict[str, Crossbar]:
    found = {}
    for instance, element in circuit.circuit.banks():
        if isinstance(element, Crossbar):
            found[f"{instance}.{element.name}"] = element
    return found


def nodes_of(circuit: CompiledGraph) -> set[str]:
    found = set()
    for _, element in circuit.circuit.banks():
        found |= {n for field in vars(element).values() if isinstance(field, tuple) for n in field}
    return found


def test_probes_name_nodes_of_the_circuit() -> None:
    circuit = compiled()
    probes = circuit.probes
    assert [len(b) for b in probes.activities] == [2, 3, 3]
    assert [len(b) for b in probes.predictions] == [0, 3, 3]
    assert [len(b) for b in probes.rates] == [2, 3, 3]
    assert probes.activities[2][1] == "x_c_1"
    assert set(probes.every) <= nodes_of(circuit)


def test_one_crossbar_pair_per_projection_and_direction() -> None:
    names = {name.removesuffix("_plus") for name in crossbars(compiled()) if name.endswith("_plus")}
    forward = {"pop_b.from_a", "pop_b.from_c", "pop_b.from_b", "pop_b.bias"}
    assert names == forward | {"pop_b.back_b", "pop_c.back_b"}  # a is clamped, the identity has resistors


def test_without_feedback_there_is_no_transposed_array() -> None:
    names = crossbars(compiled(feedback="none"))
    assert not any(name.startswith("pop_c.back") for name in names)
    assert "pop_c.from_b" not in names


def test_an_identity_is_a_resistor_a_unit() -> None:
    banks = {f"{i}.{e.name}": e for i, e in compiled().circuit.banks() if isinstance(e, Resistors)}
    assert len(banks["pop_c.from_b_one_to_one"].a) == 3
    assert len(banks["pop_b.back_c_one_to_one"].a) == 3


def test_arrays_that_share_bit_lines_hold_their_weights() -> None:
    circuit = compiled()
    design = circuit.design
    scales = circuit.scales
    arrays = design.predictions[1]
    for p, name in ((0, "ab"), (1, "cb")):
        ratio = scales.activity[1] / scales.rate[design.graph.sources[p]]
        assert arrays.pairs[p].ohms is arrays.pairs[p].ohms
        np.testing.assert_array_equal(arrays.pairs[p].ohms, arrays.ohms)
        # Documented: 4 eps g_max / span of the largest weight of the column, far below 1e-13 here.
        np.testing.assert_allclose(decode(arrays.pairs[p]) / ratio, W[name], rtol=0.0, atol=1e-13)
    bias = decode(arrays.pairs["bias"])[:, 0] * scales.bias[1] / scales.activity[1]
    np.testing.assert_allclose(bias, [0.1, -0.2, 0.3], rtol=0.0, atol=1e-13)


def test_the_feedback_of_its_own_is_what_the_transposed_array_holds() -> None:
    circuit = compiled()
    gain = circuit.scales.feedback[1] / circuit.scales.activity[1]
    weighed = np.array([1.0, 2.0, 0.5]) / 2.0  # precisions over the gate's, the largest one
    found = decode(circuit.design.feedback[1].pairs[2])
    np.testing.assert_allclose(found, gain * OWN.T * weighed, rtol=0.0, atol=1e-13)


def test_no_device_where_a_block_has_none() -> None:
    weight = W["cb"] * np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1]])
    projection = Projection(source="C", target="b", weight=weight, kind="block")
    parts = graph()
    circuit = compile_network(
        PredictiveCodingGraph(parts.populations, (parts.projections[0], projection)), IDEAL, clamps={"a": X}
    )
    for name in ("pop_b.from_c_plus", "pop_b.from_c_minus"):
        siemens = np.asarray(crossbars(circuit)[name].siemens)
        np.testing.assert_array_equal(siemens > 0.0, (weight != 0.0).T)
    back = np.asarray(crossbars(circuit)["pop_c.back_b_plus"].siemens)
    np.testing.assert_array_equal(back > 0.0, weight != 0.0)


def test_gains_are_multipliers_and_only_a_free_gain_is_pushed() -> None:
    populations = (
        Population(name="s", size=2, leak=1.0),
        Population(name="z", size=2, leak=1.0),
        Population(name="t", size=2),
    )
    projections = [
        Projection(source="s", target="t", weight=np.eye(2) * (k + 1), gain=("z", k), name=f"part{k}")
        for k in range(2)
    ]
    clamps = {"t": X, "z": np.ma.masked_array(X, mask=[[True, False]] * 4)}
    circuit = compile_network(PredictiveCodingGraph(populations, projections), IDEAL, clamps=clamps)
    banks = {f"{i}.{e.name}": e for i, e in circuit.circuit.banks() if isinstance(e, MultiplyingVCCS)}
    assert set(banks["pop_t.from_s_0_gain"].control) == {"x_z_0"}
    assert set(banks["pop_t.from_s_0_back"].out) == {"x_z_0"}
    assert "pop_t.from_s_1_back" not in banks
    assert "pop_s.back_t_1_gain" in banks


def test_a_chain_is_the_same_network_as_its_graph() -> None:
    net = random_network([3, 4, 2], "tanh", seed=1, precision=[2.0, 0.5])
    inputs = RNG.normal(size=(2, 3))
    targets = RNG.normal(size=(2, 2))
    ideal = relax(net, inputs, targets)
    chain = compile_network(net, IDEAL, inputs, targets)
    whole = compile_network(net.graph, IDEAL, clamps={"0": inputs, "2": targets})
    assert chain.scales.activity == whole.scales.activity
    for circuit in (chain, whole):
        found = circuit.decode(Native().simulate(circuit.circuit, circuit.operating_point()))
        assert found.relaxation.all_converged
        for a, b in zip(found.activities, ideal.activities, strict=True):
            # Noise gains over the op-amps' gain, spread by the inverse Hessian.
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-6)
    count = [sum(isinstance(e, Crossbar) for _, e in c.circuit.banks()) for c in (chain, whole)]
    assert count[0] == count[1]


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_volts() -> None:
    parts = graph()
    ideal = relax(parts, clamps={"a": X})
    base = compiled().scales
    rng = np.random.default_rng(5)

    def unlike(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(v * float(rng.uniform(0.5, 2.0)) for v in values)

    activity = unlike(base.activity)
    scales = PopulationScales(
        activity=activity,
        rate=(activity[0], *unlike(base.rate[1:])),
        feedback=unlike(base.feedback),
        bias=unlike(base.bias),
        part=base.part,
        part_feedback=base.part_feedback,
        seconds=base.seconds,
    )
    for volts in (None, 0.2, {"a": 0.05, "b": 0.1, "C": 0.3}, scales):
        options = CompileOptions(volts_per_unit=volts)
        circuit = compile_network(parts, IDEAL, clamps={"a": X}, options=options)
        found = circuit.decode(Native().simulate(circuit.circuit, circuit.operating_point()))
        assert all(c.passed for c in compare(ideal, found, circuit))


@pytest.mark.parametrize("name", ["cmos65-rram", "breadboard"])
def test_a_realistic_chip_relaxes_within_its_supply(name: str) -> None:
    circuit = compile_network(graph(), technology(name), clamps={"a": X}, seed=3)
    found = circuit.decode(Native().simulate(circuit.circuit, circuit.operating_point()))
    assert found.relaxation.all_converged, found.relaxation.message


def test_one_seed_is_one_chip() -> None:
    def first(seed: int) -> np.ndarray:
        arrays = compile_network(graph(), technology("cmos65-rram"), clamps={"a": X}, seed=seed).design
        return arrays.predictions[1].pairs[1].plus

    np.testing.assert_array_equal(first(1), first(1))
    assert (first(1) != first(2)).any()


def test_only_a_nonlinear_circuit_needs_a_transient_to_its_operating_point() -> None:
    """A SPICE program runs one where there may be several operating points: by f, devices or amplifiers."""
    populations = [Population(name="a", size=2), Population(name="b", size=3)]
    linear = PredictiveCodingGraph(populations, [Projection(source="a", target="b", weight=W["ab"])])
    circuit = compile_network(linear, IDEAL, clamps={"a": X})
    assert circuit.operating_point().settling is None
    assert circuit.operating_point(by_relaxation=True).settling is not None
    assert compiled().operating_point().settling is not None
    assert compiled().operating_point(by_relaxation=False).settling is None
    for changes in ({"opamp_saturation": 1.0}, {"device_law": "sinh", "device_nonlinearity": 1.0}):
        real = compile_network(linear, replace(IDEAL, **changes), clamps={"a": X})
        assert real.operating_point().settling is not None


def test_analyses_are_complete_and_in_units_of_time() -> None:
    circuit = compiled()
    check_analysis(circuit.circuit, circuit.operating_point())
    check_analysis(circuit.circuit, circuit.operating_point([2, 0], by_relaxation=False))
    analysis = circuit.transient(1, duration=5.0)
    check_analysis(circuit.circuit, analysis)
    assert analysis.duration == 5.0 * IDEAL.seconds_per_unit
    np.testing.assert_array_equal(analysis.stimuli["clamp_a"], circuit.scales.activity[0] * X[1])
    given = [np.zeros(2), np.array([0.1, 0.2, 0.3]), np.zeros(3)]
    start = circuit.transient(start=given).initial
    assert start["x_b_2"] == circuit.scales.activity[1] * 0.3


def test_a_waveform_ends_at_rest() -> None:
    circuit = compiled()
    ideal = relax(graph(), clamps={"a": X})
    solution = Native().simulate(circuit.circuit, circuit.transient(0, start="zero", duration=60.0))
    waveform = circuit.decode_waveform(solution)
    # The step control leaves 1e-5 of the full scale (tests/conformance/cases).
    np.testing.assert_allclose(waveform.activities[1][-1], ideal.activities[1][0], rtol=0.0, atol=1e-4)
    assert waveform.energy[-1] == pytest.approx(ideal.energy[0], abs=1e-3)


@pytest.mark.slow
def test_a_switch_cuts_the_feedback_of_one_population() -> None:
    """One circuit, connected and cut: the graph as it is, and the graph without feedback into b."""
    options = CompileOptions(feedback_switches=("b",))
    circuit = compile_network(graph(), IDEAL, clamps={"a": X}, options=options)
    for cut in ((), ("b",)):
        whole = circuit.without_feedback(cut)
        ideal = relax(whole, clamps={"a": X})
        solution = Native().simulate(circuit.circuit, circuit.operating_point(cut=cut))
        found = circuit.decode(solution, cut)
        assert found.relaxation.all_converged
        assert found.relaxation.residual.max() < 1e-6
        for a, b in zip(found.activities, ideal.activities, strict=True):
            # Switches pass all but OFF / ON = 1e-9, amplifiers all but their noise gain over 1e9.
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-6)
    connected, apart = (
        relax(circuit.without_feedback(c), clamps={"a": X}).activities[1] for c in ((), ("b",))
    )
    assert np.abs(connected - apart).max() > 0.01


def test_switches_that_there_are_not_are_refused() -> None:
    with pytest.raises(BadInput, match="no feedback reaches population a"):
        compile_network(graph(), IDEAL, clamps={"a": X}, options=CompileOptions(feedback_switches=("a",)))
    circuit = compiled()
    with pytest.raises(BadInput, match="its feedback has no switch"):
        circuit.operating_point(cut=("b",))
    options = CompileOptions(feedback_switches=("1",))
    net = random_network([2, 1])
    with pytest.raises(BadInput, match="feedback_switches is an option of graphs"):
        compile_network(net, IDEAL, [[1.0, 2.0]], options=options)


def test_a_value_node_has_one_capacitor() -> None:
    nodes = [n for _, e in compiled().circuit.banks() if isinstance(e, Capacitors) for n in e.a]
    assert sorted(nodes) == sorted(n for b in compiled().probes.activities[1:] for n in b)


ONE = Population(name="a", size=1)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("A", "a and A: netlists have no upper case"),
        ("errors", '"error"'),
        ("b", "population b, unit 0: it is"),
    ],
)
def test_populations_that_no_circuit_holds_are_refused(other: str, message: str) -> None:
    pair = PredictiveCodingGraph([ONE, replace(ONE, name=other)], [])
    with pytest.raises(BadInput, match=message):
        compile_network(pair, IDEAL, clamps={"a": [[1.0]]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (CompileOptions(gate_feedback=True), "gate_feedback is an option of chains"),
        (CompileOptions(volts_per_unit=[0.1, 0.1, 0.1]), "one for each population by name"),
        (CompileOptions(volts_per_unit={"a": 0.1}), "expected one for each of"),
        (CompileOptions(volts_per_unit=-0.1), "must be finite and > 0"),
        (CompileOptions(volts_per_unit=100.0), "above the 10 V"),
    ],
)
def test_options_that_a_graph_does_not_have_are_refused(options: CompileOptions, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        compile_network(graph(), IDEAL, clamps={"a": X}, options=options)


def test_volts_by_name_are_no_option_of_a_chain() -> None:
    options = CompileOptions(volts_per_unit={"a": 0.1})
    net = random_network([2, 1])
    with pytest.raises(BadInput, match="volts_per_unit of a chain"):
        compile_network(net, IDEAL, [[1.0, 2.0]], options=options)


def test_analyses_that_there_are_not_are_refused() -> None:
    circuit = compiled()
    with pytest.raises(BadInput, match="there are 4 samples"):
        circuit.transient(4)
    with pytest.raises(BadInput, match="there are 4"):
        circuit.operating_point([4])
    with pytest.raises(BadInput, match="transient start"):
        circuit.transient(start="middle")
    with pytest.raises(BadInput, match="expected"):
        circuit.transient(start=[np.zeros(1)])

"""Network -> circuit -> network, without a simulator."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.circuit import Crossbar, Outcome, Solution, Status, StimulusSources, check_analysis
from analog_pc.compiler import CompiledNetwork, CompileOptions, compile_network
from analog_pc.errors import BadInput
from analog_pc.mapping import ConductancePair, decode
from analog_pc.pcn import random_network, relax
from analog_pc.technology import IDEAL

RNG = np.random.default_rng(0)
BASE = random_network([3, 4, 2], "tanh", seed=0, precision=[2.0, 0.5])
NET = BASE.with_parameters(BASE.W, [RNG.normal(size=4), RNG.normal(size=2)])
X, T = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))


def nodes_of(compiled: CompiledNetwork) -> set[str]:
    found = set()
    for _, element in compiled.circuit.banks():
        found |= {n for field in vars(element).values() if isinstance(field, tuple) for n in field}
    return found


@pytest.mark.parametrize("name", ["identity", "tanh", "relu"])
def test_probes_name_nodes_of_the_circuit(name: str) -> None:
    net = random_network([3, 4, 2], name)
    compiled = compile_network(net, IDEAL, X, T)
    probes, known = compiled.probes, nodes_of(compiled)
    assert [len(b) for b in probes.activities] == [3, 4, 2]
    assert [len(b) for b in probes.predictions] == [0, 4, 2]
    assert [len(b) for b in probes.eps] == [0, 4, 2]
    assert [len(b) for b in probes.rates] == [3, 4, 0]
    for part in (probes.activities, probes.predictions, probes.eps, probes.rates):
        assert {n for b in part for n in b} <= known


def test_one_subcircuit_per_layer() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    assert [i.name for i in compiled.circuit.instances] == ["layer0", "layer1", "layer2"]
    assert "4 rates predict 2 activities" in compiled.circuit.instances[2].subcircuit.comment


def test_the_crossbars_hold_weights_and_biases() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    arrays = {(i, e.name): e for i, e in compiled.circuit.banks() if isinstance(e, Crossbar)}
    for k in (1, 2):
        ohms = compiled.design.forward(k).ohms
        plus, minus = (arrays[f"layer{k}", f"forward_{s}"].siemens for s in ("plus", "minus"))
        both = decode(ConductancePair(plus, minus, ohms))
        # Documented: 4 eps g_max / span max|W|, far below 1e-14 here.
        np.testing.assert_allclose(both, np.column_stack([NET.W[k - 1], NET.b[k - 1]]), rtol=0.0, atol=1e-14)
    ohms = compiled.design.transposed(2).ohms
    back = decode(
        ConductancePair(*(arrays["layer2", f"transposed_{s}"].siemens for s in ("plus", "minus")), ohms)
    )
    np.testing.assert_allclose(back, NET.W[1].T, rtol=0.0, atol=1e-14)
    assert ("layer1", "transposed_plus") not in arrays  # a clamped input needs no feedback


def test_no_bias_no_bias_line() -> None:
    compiled = compile_network(BASE, IDEAL, X, T)
    assert "bias" not in {e.name for e in compiled.circuit.elements}
    assert "bias" in {e.name for e in compile_network(NET, IDEAL, X, T).circuit.elements}


def test_stimuli_are_the_clamps_in_volts() -> None:
    compiled = compile_network(NET, IDEAL, X, T, options=CompileOptions(volts_per_unit=0.2))
    analysis = compiled.operating_point()
    check_analysis(compiled.circuit, analysis)
    np.testing.assert_array_equal(analysis.stimuli["clamp0"], 0.2 * X)
    np.testing.assert_array_equal(analysis.stimuli["clamp2"], 0.2 * T)


def test_presets_are_the_forward_values() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    preset = compiled.operating_point().preset
    np.testing.assert_array_equal(preset["clamp0"], compiled.scales.activity[0] * X)
    output = relax(NET, X).output
    np.testing.assert_allclose(
        preset["clamp2"], compiled.scales.activity[2] * output, rtol=0.0, atol=1e-15
    )  # rounding


def test_predict_needs_no_preset() -> None:
    compiled = compile_network(NET, IDEAL, X)
    assert compiled.operating_point().preset is None
    assert list(compiled.circuit.stimuli) == ["clamp0"]


def test_partial_clamps_pin_only_their_nodes() -> None:
    partial = {1: np.ma.array(RNG.normal(size=(5, 4)), mask=[[True, False, True, False]] * 5)}
    compiled = compile_network(NET, IDEAL, X, clamps=partial)
    pins = {e.name: e.plus for e in compiled.circuit.elements if isinstance(e, StimulusSources)}
    assert pins["clamp1"] == ("x1_1", "x1_3")
    np.testing.assert_array_equal(
        compiled.operating_point().stimuli["clamp1"], compiled.scales.activity[1] * partial[1].data[:, [1, 3]]
    )
    assert "x1_0" in compiled.start(0)
    assert "x1_1" not in compiled.start(0)


def test_starts() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    start = compiled.start(2)
    hidden = X[2] @ NET.W[0].T + NET.b[0]
    got = [start[n] for n in compiled.probes.activities[1]]
    np.testing.assert_allclose(got, compiled.scales.activity[1] * hidden, rtol=1e-13)  # rounding
    assert set(compiled.start(2, zero=True).values()) == {0.0}


def test_transient_is_in_units_of_time() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    analysis = compiled.transient(1, duration=5.0)
    check_analysis(compiled.circuit, analysis)
    assert analysis.duration == 5.0 * IDEAL.seconds_per_unit
    np.testing.assert_array_equal(analysis.stimuli["clamp0"], compiled.scales.activity[0] * X[1])
    assert set(compiled.probes.activities[1]) <= set(analysis.save)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"start": "middle"}, "transient start 'middle': use 'forward' or 'zero'"),
    ({"sample": 5}, "transient of sample 5: there are 5 samples"),
    ({"sample": -1}, "transient of sample -1"),
    ({"duration": -1.0}, "duration"),
])  # fmt: skip
def test_refused_transients(arguments: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        compile_network(NET, IDEAL, X, T).transient(**arguments)


def test_volts_are_lowered_for_large_signals() -> None:
    nominal = IDEAL.volts_per_unit
    assert compile_network(NET, IDEAL, X, T).scales.activity == (nominal,) * 3
    one = compile_network(NET, IDEAL, X, 1000.0 * np.sign(T)).scales
    assert one.activity[:2] == (nominal, nominal)  # only the layer that needs it
    assert 1000.0 * one.activity[2] <= IDEAL.supply


def test_too_many_volts_name_their_numbers() -> None:
    with pytest.raises(
        BadInput, match=r"volts_per_unit = 1\.0 takes an activity of 50 to 50 V, above the 10 V.*at most 0\.2"
    ):
        compile_network(NET, IDEAL, X, np.full((5, 2), 50.0), options=CompileOptions(volts_per_unit=1.0))


@pytest.mark.parametrize("volts", [0.0, -0.1, np.nan])
def test_impossible_volts(volts: float) -> None:
    with pytest.raises(BadInput, match="volts_per_unit"):
        compile_network(NET, IDEAL, X, T, options=CompileOptions(volts_per_unit=volts))


def test_what_cannot_be_clamped_cannot_be_compiled() -> None:
    with pytest.raises(BadInput, match="got no clamp"):
        compile_network(NET, IDEAL)


def synthetic(compiled: CompiledNetwork, spoil: dict[str, float] | None = None) -> Solution:
    """The solution that an exact circuit would give."""
    rest, scales, probes = relax(compiled.network, clamps=compiled.clamps), compiled.scales, compiled.probes
    volts: dict[str, np.ndarray] = {}
    for buses, layers, units in (
        (probes.activities, rest.activities, scales.activity),
        (probes.predictions, rest.predictions, scales.activity),
        (probes.eps, rest.eps, scales.activity),
        (probes.rates, rest.rates, scales.rate),
    ):
        for nodes, values, unit in zip(buses, layers, units, strict=False):
            volts |= {n: unit * values[:, i] for i, n in enumerate(nodes)}
    for node, value in (spoil or {}).items():
        volts[node] = np.full(rest.samples, value)
    table = np.column_stack(list(volts.values()))
    return Solution(
        np.arange(float(rest.samples)), tuple(volts), table, Status(Outcome.CONVERGED), 0.0 * table
    )


@pytest.mark.parametrize("volts", [0.3, (0.3, 0.05, 0.7)])
def test_decode_undoes_the_scales(volts: float | tuple[float, ...]) -> None:
    compiled = compile_network(NET, IDEAL, X, T, options=CompileOptions(volts_per_unit=volts))
    rest, got = relax(NET, X, T), compiled.decode(synthetic(compiled))
    for field in ("activities", "predictions", "eps", "rates"):
        for a, b in zip(getattr(got, field), getattr(rest, field), strict=True):
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-14)  # one multiplication and one division
    np.testing.assert_allclose(got.energy, rest.energy, rtol=1e-13)
    assert got.relaxation.all_converged
    assert got.relaxation.residual.max() < 1e-11  # tolerance 1e-12 of `relax`, and rounding


def test_decode_reports_saturation() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    got = compiled.decode(synthetic(compiled, {"mu1_0": -10.5})).relaxation
    assert not got.converged.any()
    assert "exceeds the 10 V supply" in got.message


def test_decode_reports_stepping() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    exact = synthetic(compiled)
    stepped = Solution(exact.axis, exact.nodes, exact.volts, Status(Outcome.STEPPED), exact.preset_volts)
    got = compiled.decode(stepped).relaxation
    assert not got.converged.any()
    assert "stepping" in got.message


def test_decode_reports_samples_that_started_elsewhere() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    exact = synthetic(compiled)
    astray = exact.preset_volts.copy()
    astray[3, exact.columns(["eps1_2"])] = 0.01
    got = compiled.decode(Solution(exact.axis, exact.nodes, exact.volts, exact.status, astray)).relaxation
    assert got.converged.tolist() == [True, True, True, False, True]
    assert "sample 3 was not approached from its forward state" in got.message


def test_decode_needs_every_probe() -> None:
    compiled = compile_network(NET, IDEAL, X, T)
    exact = synthetic(compiled)
    with pytest.raises(BadInput, match="solution has no node"):
        compiled.decode(Solution(exact.axis, exact.nodes[1:], exact.volts[:, 1:], exact.status))

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

from analog_pc import BadInput, Native, Ngspice, PredictiveCodingNetwork, compile_network, relax, technology
from analog_pc.compiler import CompileOptions
from analog_pc.mapping import ConductancePair, NetworkArrays, choose_scales, encode, forward_ranges
from analog_pc.pcn import make_clamps
from analog_pc.relaxers import (
    AutoZeroed,
    CircuitRelaxer,
    EffectiveRelaxer,
    FixedPrediction,
    IdealRelaxer,
    Relaxer,
)


@pytest.fixture
def net() -> PredictiveCodingNetwork:
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=(5, 4)), rng.normal(size=(3, 5))]
    return PredictiveCodingNetwork(weights, [rng.normal(size=5), rng.normal(size=3)], activation="tanh")


INPUTS, TARGETS = np.random.default_rng(4).normal(size=(2, 6, 4))
TARGETS = TARGETS[:, :3]


def test_ideal_relaxer_is_the_reference(net: PredictiveCodingNetwork) -> None:
    want = relax(net, INPUTS, TARGETS)
    got = IdealRelaxer(tolerance=1e-12).relax(net, INPUTS, TARGETS)
    np.testing.assert_allclose(got.activities[1], want.activities[1], atol=1e-11)


def test_a_circuit_of_ideal_parts_agrees(net: PredictiveCodingNetwork) -> None:
    got = CircuitRelaxer(Native(), technology("ideal")).relax(net, INPUTS, TARGETS)
    assert got.relaxation.all_converged
    # 1 / opamp_gain times noise gains of about 10
    np.testing.assert_allclose(got.eps[2], relax(net, INPUTS, TARGETS).eps[2], atol=1e-7)


def test_arrays_take_the_place_of_weights(net: PredictiveCodingNetwork) -> None:
    """A transposed array of zeros feeds nothing back, so the hidden layer rests at its prediction."""
    ideal = technology("ideal")
    pairs = [encode(np.column_stack([w, b]), ideal) for w, b in zip(net.W, net.b, strict=True)]
    forward = tuple(pairs)
    empty = [np.full(p.plus[:-1].T.shape, ideal.g_min) for p in pairs]
    transposed = tuple(ConductancePair(g, g, 1e3) for g in empty)
    relaxer = CircuitRelaxer(Native(), ideal)
    got = relaxer.relax(net, INPUTS, TARGETS, arrays=NetworkArrays(forward, transposed))
    np.testing.assert_allclose(got.eps[1], 0.0, atol=1e-7)
    assert np.abs(got.eps[2]).max() > 0.1


def test_arrays_of_another_shape_are_refused(net: PredictiveCodingNetwork) -> None:
    pairs = tuple(encode(w, technology("ideal")) for w in net.W)
    arrays = NetworkArrays(pairs, tuple(p.transposed for p in pairs))
    with pytest.raises(BadInput, match=r"arrays: forward of layer 1 is \(4, 5\), expected .* \(5, 5\)"):
        compile_network(net, technology("ideal"), INPUTS, options=CompileOptions(arrays=arrays))


def test_a_target_that_is_predicted_already_teaches_nothing(net: PredictiveCodingNetwork) -> None:
    """Whatever the offsets: clamping the output to what it rests at changes no voltage of the circuit."""
    plain = EffectiveRelaxer(technology("breadboard"), seed=1, tolerance=1e-12)
    found = AutoZeroed(plain).relax(net, INPUTS, plain.relax(net, INPUTS).output)
    assert np.abs(plain.relax(net, INPUTS).eps[1]).max() > 1e-3
    for eps in found.eps[1:]:
        np.testing.assert_allclose(eps, 0.0, atol=1e-9)
    assert found.relaxation.all_converged


def test_auto_zero_leaves_predictions_alone(net: PredictiveCodingNetwork) -> None:
    plain = EffectiveRelaxer(technology("breadboard"), seed=1)
    found = AutoZeroed(plain).relax(net, INPUTS)
    np.testing.assert_array_equal(found.output, plain.relax(net, INPUTS).output)


@pytest.mark.parametrize(
    "relaxer",
    [
        IdealRelaxer(),
        FixedPrediction(),
        CircuitRelaxer(Native(check_stability=False), technology("ideal")),
        CircuitRelaxer(Ngspice(), technology("ideal")),
        AutoZeroed(EffectiveRelaxer(technology("breadboard"))),
    ],
    ids=lambda relaxer: relaxer.name,
)
def test_a_relaxer_travels_to_another_process(relaxer: Relaxer, net: PredictiveCodingNetwork) -> None:
    here = relaxer.relax(net, INPUTS, TARGETS)  # what it keeps from now on is not in the way
    there = pickle.loads(pickle.dumps(relaxer)).relax(net, INPUTS, TARGETS)
    np.testing.assert_array_equal(there.activities[1], here.activities[1])


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_deep_rectifiers_on_a_chip_come_to_rest(activation: str) -> None:
    """Every sample of 8 layers; a search that only knows |R| loses some of them."""
    rng = np.random.default_rng(0)
    sizes = (20, *(16,) * 7, 5)
    weights = [rng.normal(size=(b, a)) * np.sqrt(2.0 / (a + b)) for a, b in pairwise(sizes)]
    net = PredictiveCodingNetwork(weights, activation=activation)
    inputs, targets = rng.normal(size=(40, 20)), rng.normal(size=(40, 5))
    for name in ("ideal", "breadboard"):
        t = technology(name)
        relaxer = EffectiveRelaxer(t, volts_per_unit=min(t.volts_per_unit, t.supply / 30.0))
        assert relaxer.relax(net, inputs, targets).relaxation.all_converged, name
        assert relaxer.relax(net, inputs).relaxation.all_converged, name


@pytest.mark.parametrize("circuit", ["native", "effective"])
def test_both_phases_are_read_at_the_same_volts(net: PredictiveCodingNetwork, circuit: str) -> None:
    """Targets of 50 lower the volts of their layer; offsets in units then are larger, in both readings."""
    parts = technology("breadboard")
    relaxers: dict[str, Relaxer] = {
        "native": CircuitRelaxer(Native(check_stability=False), parts, 1),
        "effective": EffectiveRelaxer(parts, 1),
    }
    held = make_clamps(net, INPUTS, np.full((len(INPUTS), 3), 50.0))
    scales = choose_scales(net, parts, forward_ranges(net, held))
    assert scales.activity[2] < parts.volts_per_unit / 4.0
    _, alone = relaxers[circuit].both_phases(net, held, None)
    fixed = EffectiveRelaxer(parts, 1, volts_per_unit=scales).relax(net, INPUTS)
    own = EffectiveRelaxer(parts, 1).relax(net, INPUTS)
    np.testing.assert_allclose(
        alone.eps[2], fixed.eps[2], rtol=0.0, atol=1e-4
    )  # as in test_effective_relaxer
    assert np.abs(alone.eps[2] - own.eps[2]).max() > 1e-2


def test_an_auto_zeroed_relaxer_has_the_properties_of_its_circuit() -> None:
    circuit = EffectiveRelaxer(technology("breadboard"), 3)
    wrapped = AutoZeroed(circuit)
    names = ("technology", "reads_arrays", "backpropagates", "seed")
    assert [getattr(wrapped, n) for n in names] == [getattr(circuit, n) for n in names]
    assert wrapped.seed == 3
    assert not AutoZeroed(IdealRelaxer()).reads_arrays


@pytest.mark.parametrize("wrong", [None, "native", IdealRelaxer])
def test_an_auto_zeroed_relaxer_takes_a_relaxer(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"AutoZeroed: relaxer is .*, expected a Relaxer"):
        AutoZeroed(wrong)  # type: ignore[arg-type]

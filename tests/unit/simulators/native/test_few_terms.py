"""Node voltages as few terms of what the blocks of their cell read, against the whole map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.circuit import Circuit, OperatingPoint, Resistors, StimulusSources, VoltageTransfers, grounds
from analog_pc.circuit.transfer import tanh_law
from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.simulators.native.few_terms import LARGEST, in_few_terms
from analog_pc.simulators.native.map_kernel import ROUNDING, Plan, fill
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.reduce import Reduced
from analog_pc.technology import IDEAL

FINITE = replace(IDEAL, name="finite", opamp_gain=1e3, opamp_gain_bandwidth=1e9)
PARTS = {
    "ideal": IDEAL,
    "finite": FINITE,
    "wired": replace(FINITE, word_line_resistance=5.0, bit_line_resistance=5.0),
    "offsets": replace(FINITE, opamp_offset=1e-3, opamp_output_resistance=100.0, opamp_saturation=1.0),
}
LAYERS = (40, 20, 4)


def reduced(parts: str, phase: str) -> Reduced:
    net = random_network(LAYERS, seed=0)
    targets = np.eye(LAYERS[-1])[:1] if phase == "learn" else None
    circuit = compile_network(net, PARTS[parts], np.ones((1, LAYERS[0])), targets).circuit
    return Model(circuit).reduced(False)[0]


def plan(static: Reduced) -> tuple[Plan, np.ndarray, np.ndarray]:
    equations = static.equations
    nodes = np.arange(len(equations.flat.names))
    outputs, reads = np.arange(equations.n_writes)[::-1], np.arange(equations.n_reads)
    return in_few_terms(static, nodes, outputs, reads), nodes, reads


@pytest.mark.parametrize("parts", list(PARTS))
@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_few_terms_are_the_whole_map(parts: str, phase: str) -> None:
    static, rng, samples = reduced(parts, phase), np.random.default_rng(0), 9
    few, nodes, reads = plan(static)
    whole, seen = static.nodes.rows(nodes), static.reads.rows(reads)
    volts = np.maximum(np.abs(whole.by_d).max(axis=0), np.abs(seen.by_d).max(axis=0))
    q = rng.normal(size=(samples, len(volts))) / np.where(volts > 0.0, volts, 1.0)
    u = rng.normal(size=(samples, whole.by_u.shape[1]))
    out = np.empty((len(nodes), samples))
    fill(few, np.concatenate([q.T[::-1], u.T, seen.value(None, q, u).T]), 0, samples, out, 0)
    inputs = sum(whole.matrix.shape)
    np.testing.assert_allclose(out.T, whole.value(None, q, u), atol=inputs * ROUNDING * LARGEST)


def test_a_circuit_of_one_cell() -> None:
    circuit = Circuit(
        "bent",
        (
            StimulusSources("u", ("u",), grounds(1)),
            Resistors("r", ("u", "f"), ("v", "v"), [1e3, 2e3]),
            VoltageTransfers("f", ("v",), ("f",), tanh_law(0.3)),
        ),
    )
    point, native = OperatingPoint({"u": np.linspace(-1.0, 1.0, 50)[:, None]}), Native(check_stability=False)
    first, again = (native.simulate(circuit, point) for _ in range(2))  # the second time in few terms
    v, f = again.voltage(("v", "f")).T
    np.testing.assert_allclose(f, 0.3 * np.tanh(v / 0.3), atol=1e-14)
    np.testing.assert_allclose(3.0 * v, 2.0 * point.stimuli["u"][:, 0] + f, atol=1e-14)
    np.testing.assert_allclose(again.volts, first.volts, atol=1e-14)


@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_only_the_output_layer_has_many_terms(phase: str) -> None:
    few, nodes, _ = plan(reduced("finite", phase))
    many = (few.first_of >= 0) | (few.second_of >= 0)
    assert many.sum() <= 4 * LAYERS[-1]  # whose cells no block reads
    assert np.diff(few.starts).max() <= 12
    assert len(nodes) > 4 * sum(LAYERS)

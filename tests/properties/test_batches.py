"""A sample's operating point does not depend on its batch: how large it is, in which order, what came before.

A large batch is searched by units in compiled code, a small one with dense matrices; outputs that one batch
needs in the implicit set stay there for the next one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.circuit import Solution
from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.simulators.native.nonlinear_solve.block_newton import LEAST_SAMPLES
from analog_pc.simulators.native.nonlinear_solve.newton import STOP
from analog_pc.technology import IDEAL, Technology

FINITE = replace(IDEAL, name="finite", opamp_gain=1e3, opamp_gain_bandwidth=1e9)
PARTS = {
    "ideal": IDEAL,
    "finite": FINITE,
    "offsets": replace(FINITE, opamp_offset=1e-3, activation_gain_spread=0.02, opamp_output_resistance=50.0),
    "rails": replace(FINITE, opamp_saturation=2.0, opamp_offset=1e-3),
    "wires": replace(FINITE, word_line_resistance=2.0, bit_line_resistance=3.0),
}
SAMPLES = LEAST_SAMPLES + 8
SMALL = LEAST_SAMPLES // 2

layers = st.lists(st.integers(2, 12), min_size=3, max_size=4).map(tuple)


@settings(max_examples=40, deadline=None)
@given(
    layers=layers,
    activation=st.sampled_from(["tanh", "sigmoid"]),
    parts=st.sampled_from(list(PARTS.values())),
    learn=st.booleans(),
    check=st.booleans(),
    gate_feedback=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_batch_does_not_show(
    layers: tuple[int, ...],
    activation: str,
    parts: Technology,
    learn: bool,
    check: bool,
    gate_feedback: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    net = random_network(layers, seed=seed, activation=activation)
    inputs = rng.uniform(-1.0, 1.0, (SAMPLES, layers[0]))
    targets = rng.uniform(-0.5, 0.5, (SAMPLES, layers[-1])) if learn else None
    compiled = compile_network(
        net, parts, inputs, targets, seed=seed, options=CompileOptions(gate_feedback=gate_feedback)
    )
    order = rng.permutation(SAMPLES)
    native = Native(check_stability=check)

    def run(samples: np.ndarray) -> Solution:
        return native.simulate(compiled.circuit, compiled.operating_point(samples.tolist()))

    first = run(np.arange(SAMPLES))
    # Each search ends where its next step would be below STOP of the inputs; nodes may move some times that.
    near = 10.0 * STOP * np.abs(first.volts).max()
    for samples in (np.arange(SAMPLES), order, order[:SMALL], order[:1]):
        again = run(samples)
        assert again.status.samples == tuple(first.status.samples[k] for k in samples)
        np.testing.assert_allclose(again.volts, first.volts[samples], rtol=0.0, atol=near)

"""A sample's operating point does not depend on how its batch was searched.

A large batch is searched by units, the second time from stimuli to volts in compiled code; a small one by
Newton's method for all samples together.  All three find the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from analog_pc.simulators.native.batch import MANY
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.simulators.native.newton import STOP
from analog_pc.technology import IDEAL, Technology

FINITE = replace(IDEAL, name="finite", opamp_gain=1e3, opamp_gain_bandwidth=1e9)
PARTS = {
    "ideal": IDEAL,
    "finite": FINITE,
    "offsets": replace(FINITE, opamp_offset=1e-3, activation_gain_spread=0.02, opamp_output_resistance=50.0),
    "rails": replace(FINITE, opamp_saturation=2.0, opamp_offset=1e-3),
    "wires": replace(FINITE, word_line_resistance=2.0, bit_line_resistance=3.0),
}
SAMPLES, SMALL = MANY + 8, MANY // 2

layers = st.lists(st.integers(2, 12), min_size=3, max_size=4).map(tuple)


@settings(max_examples=60, deadline=None)
@given(
    layers=layers,
    activation=st.sampled_from(["tanh", "sigmoid"]),
    parts=st.sampled_from(list(PARTS.values())),
    learn=st.booleans(),
    gate_feedback=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_how_a_batch_is_searched_does_not_show(
    layers: tuple[int, ...], activation: str, parts: Technology, learn: bool, gate_feedback: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net = random_network(layers, seed=seed, activation=activation)
    inputs = rng.uniform(-1.0, 1.0, (SAMPLES, layers[0]))
    targets = rng.uniform(-0.5, 0.5, (SAMPLES, layers[-1])) if learn else None
    compiled = compile_network(net, parts, inputs, targets, seed=seed, gate_feedback=gate_feedback)
    native, point = Native(check_stability=False), compiled.operating_point()
    first, again = (native.simulate(compiled.circuit, point) for _ in range(2))
    few = native.simulate(compiled.circuit, compiled.operating_point(list(range(SMALL))))
    assert first.status.samples == again.status.samples
    assert few.status.samples == first.status.samples[:SMALL]
    # Each search ends where its next step would be below STOP of the reads; nodes may move some times that.
    scale = np.abs(first.volts).max()
    np.testing.assert_allclose(again.volts, first.volts, rtol=0.0, atol=10.0 * STOP * scale)
    np.testing.assert_allclose(few.volts, first.volts[:SMALL], rtol=0.0, atol=10.0 * STOP * scale)

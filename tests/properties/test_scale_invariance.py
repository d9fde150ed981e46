"""Volts per unit are a choice of the compiler; the decoded network does not depend on them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analog_pc.compiler import compile_network
from analog_pc.pcn import random_network, relax
from analog_pc.simulators import SIMULATORS
from analog_pc.technology import IDEAL


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0.01, 0.5), st.sampled_from(["identity", "tanh", "sigmoid"]), st.integers(0, 1000))
def test_decoded_results_do_not_depend_on_the_volts(volts: float, name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = random_network([2, 3, 2], name, seed=seed)
    x, t = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))
    decoded = []
    for scale in (volts, 0.1):
        compiled = compile_network(net, IDEAL, x, t, volts_per_unit=scale)
        solution = SIMULATORS["ngspice"]().simulate(compiled.circuit, compiled.operating_point())
        decoded.append(compiled.decode(solution))
    exact = relax(net, x, t)
    for got in decoded:
        assert got.relaxation.all_converged, got.relaxation.message
        for a, b in zip(got.activities, exact.activities, strict=True):
            # Noise gain / op-amp gain is 1e-8; ngspice's iterates stop within about 1e-8 V, and the smallest
            # scale here has 10 mV per unit.
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-5)
    for a, b in zip(decoded[0].activities, decoded[1].activities, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-5)

"""Learning without a clock: the circuit against its differential equation."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.pcn import relax
from analog_pc.testbench import (
    EXAMPLES,
    ContinuousTestbench,
    compare_continuous,
    flow_of,
    run_continuous,
)


@pytest.mark.parametrize("example", ["bear", "8-6-3"])
def test_the_circuit_follows_the_equation(example: str) -> None:
    network, inputs, target, _ = EXAMPLES[example]()
    bench = ContinuousTestbench(network, inputs, target)
    circuit = run_continuous(bench)
    found = compare_continuous(bench, circuit, flow_of(bench, circuit.times))
    print(f"{example}: {len(circuit.times)} points; weights apart {found.weights:.1e} of their change,")
    print(f"  activities {found.activities:.1e}, largest change {found.largest_change:.3g}")
    assert found.largest_change > 0.3
    assert found.agrees
    # The target's clock rises within 1e-3 tau, in which hidden activities move by 1e-3 of their way.
    assert found.activities <= 1e-3
    # It has learned the sample, and stays so: without a target nothing pulls at a weight for long.
    np.testing.assert_allclose(found.again, target, atol=5e-3)
    assert found.adrift < 1e-3


def test_slow_weights_learn_what_small_steps_of_the_rule_learn() -> None:
    """Incremental predictive coding: for tau_w >> tau the flow is the rule at equilibrium, in small steps.

    The gap closes with the slowness, in proportion.
    """
    network, inputs, target, _ = EXAMPLES["bear"]()
    gaps = []
    for slowness in (100.0, 400.0):
        bench = ContinuousTestbench(
            network, inputs, target, slowness=slowness, predict=1e-6, learn=slowness, again=1.0
        )
        flow = flow_of(bench, np.array([0.0, bench.learn]))
        gaps.append(
            max(float(np.abs(f[1] - q).max()) for f, q in zip(flow.weights, quasistatic(), strict=True))
        )
    assert gaps[0] < 0.02
    assert gaps[1] == pytest.approx(gaps[0] / 4.0, rel=0.2)


def quasistatic() -> list[np.ndarray]:
    """Weights of the bear after one tau_w of the rule at equilibrium, by 200 midpoint steps (1e-6)."""
    network, inputs, target, _ = EXAMPLES["bear"]()
    weights = [w.copy() for w in network.W]
    step = 1.0 / 200

    def rule(example: list[np.ndarray]) -> list[np.ndarray]:
        rest = relax(network.with_parameters(example, network.b), inputs[None], target[None], follow=False)
        return [e.T @ r for e, r in zip(rest.eps[1:], rest.rates, strict=True)]

    for _ in range(200):
        middle = [w + 0.5 * step * d for w, d in zip(weights, rule(weights), strict=True)]
        weights = [w + step * d for w, d in zip(weights, rule(middle), strict=True)]
    return weights

"""Chips that are written early, in between and late, in one ngspice transient, against their models.

Held errors lag by a tenth of an edge, and an edge is at most a 200th of the delay: 1e-3 of an error that
grows in proportion to the delay.
"""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.testbench import (
    EXAMPLES,
    behavioural_model,
    build_testbench,
    compare_with_model,
    run_side_by_side,
)

DELAYS = {"early": 0.03, "between": 0.3, "late": 3.0}


def test_one_transient_writes_at_three_delays() -> None:
    network, inputs, target, _ = EXAMPLES["bear"]()
    benches = {
        name: build_testbench(network, inputs, target, lr=0.2, write_delay=delay)
        for name, delay in DELAYS.items()
    }
    waves = run_side_by_side(benches)
    smell = {}
    for name, bench in benches.items():
        agreement = compare_with_model(bench, waves[name], behavioural_model(bench))
        assert agreement.agrees
        h = 2.0 / 3.0 + np.exp(-3.0 * DELAYS[name]) / 3.0
        held = np.concatenate(waves[name].at(bench.schedule.written, waves[name].held)[1:])
        np.testing.assert_allclose(held, [h - 1.0, -h, 1.0 - h], atol=2e-3)
        learned = bench.network_of(tuple(w[-1] for w in waves[name].forward))
        smell[name] = (learned.W[1][1, 0] - 1.0) / (1.0 - learned.W[1][0, 0])
    assert smell["early"] < 0.03 < smell["between"] < smell["late"]  # backpropagation would write 0


def test_a_delay_is_positive() -> None:
    network, inputs, target, _ = EXAMPLES["bear"]()
    with pytest.raises(BadInput, match=r"testbench: write_delay = 0\.0, must be finite and > 0"):
        build_testbench(network, inputs, target, write_delay=0.0)

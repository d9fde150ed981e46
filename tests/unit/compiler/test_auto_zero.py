"""What auto-zero adds to a chip."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.compiler import auto_zero, compile_network
from analog_pc.pcn import random_network
from analog_pc.technology import technology

X, T = np.ones((1, 3)), np.ones((1, 2))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_parts_and_phase(activation: str) -> None:
    t = technology("cmos65-rram")
    found = auto_zero(compile_network(random_network((3, 4, 2), activation), t, X, T))
    # Drivers 2 (3 + 4), predictions 4 + 2, eps 4 + 2, inverse eps of layer 2, feedback into layer 1.
    n = 14 + 6 + 6 + 2 + 4
    assert (found.amplifiers, found.capacitors, found.switches) == (n, n, 4 * n)
    assert found.farads == pytest.approx(n * 0.2e-12)
    assert found.seconds == t.auto_zero_time
    assert found.joules == pytest.approx(n * t.opamp_power * t.auto_zero_time)


def test_nothing_where_nothing_is_auto_zeroed() -> None:
    found = auto_zero(compile_network(random_network((3, 4, 2), "tanh"), technology("breadboard"), X, T))
    assert (found.amplifiers, found.switches, found.farads, found.seconds, found.joules) == (0, 0, 0, 0, 0)

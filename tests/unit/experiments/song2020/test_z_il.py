"""Z-IL: the reference, and clocked circuits."""

from __future__ import annotations

import numpy as np
import pytest

from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.result import DIFFERS
from analog_pc.experiments.song2020.z_il import CLOSE, EXACT, Z_IL, Config, reference_difference, updates
from analog_pc.relaxers import Relaxer


def test_the_reference_is_backpropagation() -> None:
    assert reference_difference() < EXACT


@pytest.mark.parametrize("column", ["native", "ngspice"])
def test_a_clocked_circuit_writes_powers_of_its_step(relaxers: dict[str, Relaxer], column: str) -> None:
    found = updates(5.0, relaxers[column])
    gamma = -np.expm1(-5.0)
    np.testing.assert_allclose(found["ratios"], [gamma**2, gamma, 1.0], atol=CLOSE)
    np.testing.assert_allclose(found["cosines"], 1.0, atol=1e-9)
    late = found["times"] > 0.5
    errors = found["errors"][late]
    assert errors[0, 0] < 1e-5 < errors[-1, 0]  # the lowest layer is the last one to hear of the target


def test_the_result_agrees_and_is_drawn(relaxers: dict[str, Relaxer]) -> None:
    columns = {c: relaxers[c] for c in ("ideal", "ngspice")}
    result = collect(Z_IL, Config(periods=(5.0,), chips=0), columns)
    assert [row.id for row in result.rows if row.verdict == DIFFERS] == []
    assert {"update-ratio@n=5,k=2", "cos@n=5,layer=1"} <= {row.id for row in result.rows}
    assert len(Z_IL.draw(result).axes) == 2

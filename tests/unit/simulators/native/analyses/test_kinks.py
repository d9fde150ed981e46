"""Operating points on kinks, seen from the other side."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit.transfer import ramp_transfer
from analog_pc.simulators.native.analyses.kinks import NEAR, other_sides
from analog_pc.simulators.native.mna.elements import ScalarNonlinearity
from analog_pc.simulators.native.mna.equations import ElementInstance
from analog_pc.simulators.native.nonlinear_solve.feedback import FeedbackForm


def form_of(edges: tuple[float, ...], slopes: tuple[float, ...], offset: float = 0.0) -> FeedbackForm:
    element = ScalarNonlinearity(
        ramp_transfer(edges, slopes), gain=np.ones(2), offset=np.full(2, offset), slope=np.zeros(2)
    )
    return FeedbackForm((ElementInstance(element, slice(0, 2), slice(0, 2)),), np.zeros((2, 2)))


def test_only_inputs_near_a_kink_change_sides() -> None:
    y = np.array([[0.5, 2.0], [1.0 - 1e-9, 2.0], [1.0 + 1e-9, 2.0]])
    found = other_sides(form_of((1.0,), (0.0, 1.0)), y)
    assert found.samples.tolist() == [1, 2]
    np.testing.assert_array_equal(found.y[:, 1], 2.0)
    np.testing.assert_allclose(found.y[:, 0], [1.0 + 2.0 * NEAR, 1.0 - 2.0 * NEAR], rtol=1e-12)


def test_a_kink_stands_where_the_offset_puts_it() -> None:
    found = other_sides(form_of((1.0,), (0.0, 1.0), offset=0.25), np.array([[0.75, 3.0], [1.0, 3.0]]))
    assert found.samples.tolist() == [0]


def test_an_edge_without_a_jump_is_no_kink() -> None:
    assert len(other_sides(form_of((1.0,), (2.0, 2.0)), np.ones((1, 2))).samples) == 0

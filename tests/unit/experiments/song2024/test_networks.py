"""Prospective index, less erratic learning, teacher and student."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analog_pc.experiments.song2024 import less_erratic, prospective_index, teacher_student
from analog_pc.relaxers import Relaxer


def test_prospective_index_as_published(relaxers: dict[str, Relaxer], published: dict[str, Any]) -> None:
    """Mean of five networks, between the lowest and highest published line but for 0.01 of reading."""
    want = published["prospective_index"]
    found = [prospective_index.indices(prospective_index.Config(), s, relaxers["ideal"]) for s in range(5)]
    mean = np.mean([part["once"] for part in found], axis=0)
    assert (mean >= np.array(want["lowest"]) - 0.01).all()
    assert (mean <= np.array(want["highest"]) + 0.01).all()
    assert min(part["once"].min() for part in found) > 0.95
    np.testing.assert_allclose([part["held"] for part in found], want["converged"], atol=1e-6)


def test_backpropagation_has_the_lower_index(relaxers: dict[str, Relaxer]) -> None:
    config = prospective_index.Config(held=1)
    pc, bp = (prospective_index.indices(config, 0, relaxers[c])["once"] for c in ("ideal", "backprop"))
    # What the first hidden layer will predict is W_1 x alone: both rules move it along their own error.
    assert pc[0] == pytest.approx(bp[0], abs=1e-6)
    assert (bp[1:] < pc[1:] - 0.1).all()


@pytest.mark.parametrize("column", ["native", "ngspice"])
def test_prospective_index_on_circuits(relaxers: dict[str, Relaxer], column: str) -> None:
    config = prospective_index.Config(depth=4, width=8, held=1)
    ideal, circuit = (prospective_index.indices(config, 0, relaxers[c])["once"] for c in ("ideal", column))
    np.testing.assert_allclose(circuit, ideal, atol=1e-5)


def test_the_way_of_the_weights(relaxers: dict[str, Relaxer]) -> None:
    config = less_erratic.Config(epochs=2, per_class=20, batch=50)
    path = less_erratic.path_lengths(config, 0.001, 0, relaxers["ideal"])["way"]
    assert path.shape == (9, 2)
    assert (np.diff(path[:, 1]) > 0.0).all()
    assert (path[1:, 0] <= path[1:, 1] * (1.0 + 1e-12)).all()  # no way is shorter than the straight one


def test_lengths_are_compared_at_equal_displacement() -> None:
    straight = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    detour = np.array([[0.0, 0.0], [1.0, 2.0], [1.5, 3.0]])
    assert less_erratic.length_ratio(straight, detour) == pytest.approx(1.5 / 3.0)


def test_the_way_of_predictive_coding_is_the_shorter_one(relaxers: dict[str, Relaxer]) -> None:
    config = less_erratic.Config(epochs=6, per_class=50, batch=100)
    pc, bp = (less_erratic.path_lengths(config, 0.001, 0, relaxers[c])["way"] for c in ("ideal", "backprop"))
    assert less_erratic.length_ratio(pc, bp) < 1.0


def test_students_learn(relaxers: dict[str, Relaxer]) -> None:
    config = teacher_student.Config(epochs=4)
    for column in ("ideal", "backprop"):
        loss = teacher_student.student(config, 0.05, 2, relaxers[column])["loss"]
        assert loss[-1] < 0.6 * loss[0]


def test_students_on_the_circuit_of_rectifiers(relaxers: dict[str, Relaxer]) -> None:
    config = teacher_student.Config(epochs=1, points=16)
    ideal, circuit = (
        teacher_student.student(config, 0.05, 0, relaxers[c])["loss"] for c in ("ideal", "ngspice")
    )
    np.testing.assert_allclose(circuit, ideal, atol=1e-6)

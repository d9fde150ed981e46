"""Accuracy, and samples that have none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork, accuracy_of, relax

NET = PredictiveCodingNetwork([np.eye(3)], activation="identity")
REST = relax(NET, np.eye(3)[[0, 1, 2, 2]])
LABELS = np.array([0, 1, 2, 0])


def test_all_at_rest() -> None:
    found = accuracy_of(REST, LABELS)
    assert (found.right, found.unconverged, found.value) == (3, 0, 0.75)
    assert str(found) == "0.75"


def test_a_sample_that_is_not_at_rest_is_neither_right_nor_wrong() -> None:
    some = replace(REST.relaxation, converged=np.array([True, False, True, True]))
    found = accuracy_of(replace(REST, relaxation=some), LABELS)
    assert found.value is None
    assert (found.low, found.high) == (0.5, 0.75)
    assert str(found) == "0.5 to 0.75, 1 of 4 samples not at rest"


def test_labels_of_other_samples_are_refused() -> None:
    with pytest.raises(BadInput, match=r"labels of shape \(2,\) for 4 samples"):
        accuracy_of(REST, np.array([0, 1]))

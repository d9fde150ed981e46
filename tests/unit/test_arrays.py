"""What counts as a number."""

import numpy as np
import pytest

from analog_pc import BadInput
from analog_pc.arrays import has_whole_value, is_number, is_whole
from analog_pc.devices.programming import Programming
from analog_pc.pcn.learning import IncrementalPredictiveCoding


@pytest.mark.parametrize("value", [0, -3, 2.0, np.int64(4), np.float64(5.0)])
def test_whole_values(value: object) -> None:
    assert has_whole_value(value)


@pytest.mark.parametrize("value", [True, 2.5, np.nan, np.inf, -np.inf, "2", None, 1j])
def test_what_has_no_whole_value(value: object) -> None:
    assert not has_whole_value(value)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5, True])
def test_is_refused_as_a_count(value: float) -> None:
    with pytest.raises(BadInput, match="steps"):
        IncrementalPredictiveCoding(steps=value)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="levels"):
        Programming(1e-6, 1e-4, levels=value)


def test_times_of_numpy_are_no_numbers() -> None:
    """np.timedelta64 is a subclass of np.integer."""
    for check in (is_number, is_whole, has_whole_value):
        assert not check(np.timedelta64(1))


def test_whole_numbers_may_be_beyond_float64() -> None:
    assert has_whole_value(10**400)

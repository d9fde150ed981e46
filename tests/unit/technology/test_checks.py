"""Checks of single values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from analog_pc.cost.components import read_catalogue
from analog_pc.devices.pulsed import measured_device
from analog_pc.errors import BadInput
from analog_pc.importers import import_network
from analog_pc.pcn import load_network
from analog_pc.study import read_study
from analog_pc.technology import IDEAL, load_technology, quantities
from analog_pc.technology.checks import checked, nearest, number, text, whole
from analog_pc.technology.quantity import FINITE, LIMIT, NOT_NEGATIVE, POSITIVE, Quantity


@pytest.mark.parametrize("field", quantities())
def test_every_field_takes_a_value_of_its_own_type(field: str) -> None:
    value = getattr(IDEAL, field)
    taken = checked(field, [list(pair) for pair in value] if isinstance(value, tuple) else value)
    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize("field", quantities())
@pytest.mark.parametrize("value", [None, {}, b"1", True, 1j], ids=str)
def test_no_field_takes_another_type(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=re.escape(field)):
        checked(field, value)


NUMPY = [np.float16, np.float32, np.longdouble, np.int8]


@pytest.mark.parametrize("kind", NUMPY)
def test_a_number_of_numpy_becomes_one_of_python(kind: type) -> None:
    """Whatever is calculated with a float16 is rounded to 11 bits."""
    made = replace(IDEAL, opamp_gain=kind(100), opamp_offset=kind(0))
    assert type(made.opamp_gain) is type(made.opamp_offset) is float
    assert made == replace(IDEAL, opamp_gain=100.0, opamp_offset=0.0)


@pytest.mark.parametrize("field", ["opamp_gain", "opamp_offset", "temperature", "opamp_saturation"])
@pytest.mark.parametrize("value", ["abc", None, 1j, np.ones(2), 10**400, True, np.nan], ids=lambda v: type(v))
def test_a_technology_takes_numbers_alone(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=f"{field} = "):
        replace(IDEAL, **{field: value})


@pytest.mark.parametrize(
    "spread",
    [0.01, None, "1 mV", 1j, 10**400, {}, (1e-6, 1e-7), ((10**400, 1),), (("1e-6", "1e-7"),),
     ((1e-6, 1e-7), (1e-6,)), ((1e-6, 1e-7, 1e-5), (2e-7, 1e-4, 1e-7)), ((1e-6,), (1e-7,))],
    ids=repr,
)  # fmt: skip
def test_a_programming_spread_is_pairs_of_numbers(spread: object) -> None:
    with pytest.raises(BadInput, match="spread = "):
        replace(IDEAL, programming_spread=spread)


def test_a_programming_spread_may_be_an_array() -> None:
    spread = np.array([[1e-6, 1e-7], [1e-5, 2e-7]])
    assert replace(IDEAL, programming_spread=spread).programming_spread == ((1e-6, 1e-7), (1e-5, 2e-7))


@pytest.mark.parametrize("law", [[0.01], {}, None, np.ones(2)], ids=repr)
def test_a_device_law_is_a_name(law: object) -> None:
    with pytest.raises(BadInput, match="device_law = "):
        replace(IDEAL, device_law=law)


@pytest.mark.parametrize("path", [None, 5, "a\0b"])
@pytest.mark.parametrize(
    "load", [load_network, load_technology, read_study, measured_device, read_catalogue, import_network]
)
def test_a_loader_takes_a_path(load: Callable[..., object], path: object) -> None:
    with pytest.raises(BadInput, match="give its path"):
        load(path)


def test_an_integer_becomes_a_float_and_a_float_no_integer() -> None:
    assert type(number("x", 3)) is float
    assert type(number("x", np.float32(0.5))) is float
    assert whole("n", 3) == 3
    assert type(whole("n", np.int16(3))) is int
    with pytest.raises(BadInput, match=r"n must be a whole number, got 3\.0, a float"):
        whole("n", 3.0)


@pytest.mark.parametrize("check", [number, whole])
def test_numbers_have_a_range(check: object) -> None:
    assert callable(check)
    with pytest.raises(BadInput, match=r"x = 1000+\.\.\.0+ is beyond the range of numbers"):
        check("x", 10**400)


def test_a_text_is_one_printable_line() -> None:
    assert text("x", "  two\n\tlines\x1b[31m ") == "two lines[31m"


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(BadInput) as caught:
        number("x", "y" * 10_000)
    assert len(str(caught.value)) < 100


def test_the_nearest_word_or_all_of_them() -> None:
    assert nearest("opamp_gian", quantities()) == ", did you mean opamp_gain?"
    assert nearest("zzz", ["one", "two"]) == ", use one of one, two"


@pytest.mark.parametrize(("bound", "within", "outside"), [
    (POSITIVE, [1e-30, 1e30], [0.0, -1.0, float("inf"), float("nan")]),
    (NOT_NEGATIVE, [0.0, -0.0, 1.0], [-1e-300, float("inf"), float("nan")]),
    (LIMIT, [1e-30, float("inf")], [0.0, -1.0, float("-inf"), float("nan")]),
    (FINITE, [-1.0, 0.0, 1.0], [float("inf"), float("-inf"), float("nan")]),
    ("", [-1.0, float("nan")], []),
], ids=["positive", "not negative", "limit", "finite", "none"])  # fmt: skip
def test_bounds(bound: str, within: list[float], outside: list[float]) -> None:
    quantity = Quantity("scales", "V", "a value", bound)
    for value in within:
        quantity.checked("mine", "x", value)
    for value in outside:
        with pytest.raises(BadInput) as caught:
            quantity.checked("mine", "x", value)
        assert str(caught.value) == f"technology 'mine': x = {value!r}, must be {bound}"


@pytest.mark.parametrize("bound", [POSITIVE, NOT_NEGATIVE, LIMIT, FINITE])
@pytest.mark.parametrize("value", [1e31, 1e-31, 5e-324, 1.7e308])
def test_sizes_that_calculations_can_follow(bound: str, value: float) -> None:
    with pytest.raises(BadInput) as caught:
        Quantity("scales", "V", "a value", bound).checked("mine", "x", value)
    assert str(caught.value) == f"technology 'mine': x = {value!r}, must be of a size within 1e-30 ... 1e30 V"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("source", 3),
        ("process", b"65 nm"),
        ("sources", None),
        ("sources", {"opamp_gain": "a data sheet"}),
        ("levels", 10**400),
        ("levels", 1),
    ],
    ids=str,
)
def test_texts_sources_and_levels_are_what_they_say(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=field) as refusal:
        replace(IDEAL, **{field: value})
    assert len(str(refusal.value)) < 300

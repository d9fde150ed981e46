"""Quantities: their texts, what is found by name and condition, and the way to JSON and back."""

from __future__ import annotations

import json

import pytest

from analog_pc.experiments import Quantity, quantity
from analog_pc.experiments.framework.quantity import named, numbers, quantity_dict, read_quantity

ALL = [
    quantity("least", batch=64, lr=0.005),
    quantity("least", batch=1, lr=0.2),
    quantity("least", batch=1, lr=0.05),
    quantity("least"),
    quantity("least error", batch=8, lr=0.1),
]


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (quantity("lowest smell", lr=0.2), "lowest smell, lr 0.2"),
        (quantity("lowest smell", lr=5e-5), "lowest smell, lr 5e-05"),
        (quantity("output {unit} after update {update}", update=4, unit=1), "output 1 after update 4"),
        (quantity("dip, lr {lr}, PC / BP", lr=1.0), "dip, lr 1, PC / BP"),
        (quantity("least error", per_class=60), "least error, 60 a class"),
        (quantity("index of layer {layer}", networks=5, layer=2), "index of layer 2, 5 networks"),
        (quantity("fear, {group}", group="LN+,L-"), "fear, LN+,L-"),
        (quantity("none"), "none"),
    ],
)
def test_the_text_is_for_people(of: Quantity, text: str) -> None:
    assert str(of) == text
    assert read_quantity(json.loads(json.dumps(quantity_dict(of)))) == of


def test_a_script_finds_a_quantity_by_its_id() -> None:
    assert quantity("lowest smell", lr=0.2).id == "lowest-smell@lr=0.2"
    assert quantity("index of layer {layer}", networks=5, layer=2).id == "index-of-layer@layer=2,networks=5"
    assert quantity("none").id == "none"


def test_the_order_of_conditions_does_not_matter() -> None:
    assert quantity("a", x=1, y=2.0) == quantity("a", y=2.0).at(x=1) == quantity("a", y=2, x=1)
    assert quantity("a", x=1).renamed("b") == quantity("b", x=1)
    assert quantity("a", x="1") != quantity("a", x=1)


def test_what_is_found_is_of_the_name_and_under_the_conditions() -> None:
    assert named(ALL, "least") == ALL[:4]
    assert named(ALL, "least", batch=1) == ALL[1:3]
    assert named(ALL, "least", batch=1, lr=0.2) == [ALL[1]]
    assert numbers(ALL, "least", "batch") == [1, 64]
    assert numbers(ALL, "least", "lr", batch=1) == [0.05, 0.2]
    assert numbers(ALL, "most", "lr") == []


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"name": 1, "conditions": {}},
        {"name": "a", "conditions": {"lr": None}},
        {"name": "a", "conditions": {"lr": [1]}},
        {"name": "a {lr}", "conditions": {}},
        {"name": "a {", "conditions": {}},
    ],
)
def test_what_is_no_quantity_is_not_read(stored: object) -> None:
    with pytest.raises((LookupError, ValueError)):
        read_quantity(stored)

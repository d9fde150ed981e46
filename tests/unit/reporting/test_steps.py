"""Which steps are done."""

from __future__ import annotations

import pytest

from analog_pc.errors import BadInput
from analog_pc.reporting.steps import chosen_steps

NAMES = ("a", "b", "c", "d")
NEEDS = {"c": ("a",), "d": ("a", "c")}


@pytest.mark.parametrize(
    ("skip", "only", "expected"),
    [
        ("", "", ("a", "b", "c", "d")),
        ("b", "", ("a", "c", "d")),
        ("cb", "", ("a",)),  # d builds on c
        ("a", "", ("b",)),
        ("", "c", ("a", "c")),
        ("", "bd", ("a", "b", "c", "d")),
    ],
)
def test_chosen(skip: str, only: str, expected: tuple[str, ...]) -> None:
    assert chosen_steps(NAMES, skip, only, NEEDS) == expected


def test_without_dependencies() -> None:
    assert chosen_steps(NAMES, only=("d",)) == ("d",)
    assert chosen_steps(NAMES, skip=("a", "c")) == ("b", "d")


@pytest.mark.parametrize(
    ("skip", "only", "words"),
    [("e", "", "'e'"), ("", ("a", ""), "''"), ("a", "b", "not both"), ("ab", "", "nothing is left")],
)
def test_refused(skip: str, only: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        chosen_steps(NAMES, skip, only, NEEDS)

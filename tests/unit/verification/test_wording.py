"""Counted nouns."""

from __future__ import annotations

import pytest

from analog_pc.verification.wording import counted


@pytest.mark.parametrize(("number", "words"), [(0, "0 samples"), (1, "1 sample"), (12, "12 samples")])
def test_nouns_are_counted(number: int, words: str) -> None:
    assert counted(number, "sample") == words

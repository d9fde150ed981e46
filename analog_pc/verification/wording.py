"""Numbers and nouns in messages."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """``counted(1, "sample")`` is "1 sample", of 2 it is "2 samples"."""
    return f"{number} {what}{'' if number == 1 else 's'}"

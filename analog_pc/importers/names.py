"""The tensors of a file that are the layers, by patterns such as ``fc{i}.weight``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from analog_pc.errors import BadInput

PLACE = "{i}"
NO_BIASES = "none"
# What biases are called where weights are called so; the longer words first.
_WORDS = (
    ("weights", "biases"),
    ("weight", "bias"),
    ("kernel", "bias"),
    ("coefs_", "intercepts_"),
    ("W", "b"),
)


def layer_names(
    maps: Sequence[str], bias_maps: Sequence[str], names: Collection[str]
) -> list[tuple[str, str | None]]:
    """Names of weights and biases (None: no such tensor) of layers 1 ... L.

    Parameters
    ----------
    maps
        Patterns with one ``{i}``, which stands for whole numbers in rising order (0, 2, 4 is fine), or plain
        names; the layers of the first pattern come first.
    bias_maps
        As many patterns for the biases, or "none" alone; where empty they follow from `maps` by the usual
        words (weight -> bias, kernel -> bias, coefs_ -> intercepts_, W -> b).
    names
        What the file holds.

    Raises
    ------
    BadInput
        For a pattern that matches nothing or matches twice, and biases that are not there or have no pattern.
    """
    weights = [_matches(pattern, names) for pattern in maps]  # first: what is not there has no biases
    biases = _bias_patterns(maps, bias_maps)
    found: list[tuple[str, str | None]] = []
    for matched, bias in zip(weights, biases, strict=True):
        for name, index in matched:
            found.append((name, _bias_name(bias, index, names, asked=bool(bias_maps))))
    twice = sorted({name for name, _ in found if [n for n, _ in found].count(name) > 1})
    if twice:
        raise BadInput(f"--map: {twice[0]} is matched twice")
    return found


def _bias_patterns(maps: Sequence[str], patterns: Sequence[str]) -> list[str | None]:
    if list(patterns) == [NO_BIASES]:
        return [None] * len(maps)
    if patterns and len(patterns) != len(maps):
        raise BadInput(
            f"{len(patterns)} --bias-map for {len(maps)} --map: give one for each, or '{NO_BIASES}'"
        )
    if patterns:
        return list(patterns)
    return [_usual(pattern) for pattern in maps]


def _usual(pattern: str) -> str:
    for word, bias in _WORDS:
        head, found, tail = pattern.rpartition(word)
        if found:
            return head + bias + tail
    raise BadInput(f"--map {pattern}: what are its biases called? Give --bias-map PATTERN, or '{NO_BIASES}'")


def _matches(pattern: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Names that a pattern matches, with the text in the place of {i}, by rising number."""
    if PLACE not in pattern:
        if pattern not in names:
            raise BadInput(f"--map {pattern}: there is no such tensor; {held(names)}")
        return [(pattern, "")]
    if pattern.count(PLACE) > 1:
        raise BadInput(f"--map {pattern}: has more than one {PLACE}")
    head, _, tail = pattern.partition(PLACE)
    form = re.compile(f"{re.escape(head)}([0-9]{{1,9}}){re.escape(tail)}")
    found = {name: match[1] for name in names if (match := form.fullmatch(name))}
    if not found:
        raise BadInput(f"--map {pattern}: matches nothing; {held(names)}")
    ordered = sorted(found.items(), key=lambda item: int(item[1]))
    for (first, index), (second, following) in pairwise(ordered):
        if int(index) == int(following):
            raise BadInput(f"--map {pattern}: {first} and {second} have the same number")
    return ordered


def _bias_name(pattern: str | None, index: str, names: Collection[str], *, asked: bool) -> str | None:
    if pattern is None:
        return None
    name = pattern.replace(PLACE, index)
    if name in names:
        return name
    if asked:
        raise BadInput(f"--bias-map {pattern}: there is no {name}; {held(names)}")
    return None


def held(names: Collection[str]) -> str:
    """The end of a message about a missing name: what the file holds."""
    shown = sorted(names)
    more = f" and {len(shown) - 6} more" if len(shown) > 6 else ""
    return f"it holds {', '.join(shown[:6])}{more}" if shown else "it holds nothing"

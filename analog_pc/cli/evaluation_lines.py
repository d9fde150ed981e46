"""What `analog-pc evaluate` prints, step by step, in 80 columns where the words allow it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

from analog_pc.evaluation import Evaluation
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.evaluation.sentences import (
    accuracy_text,
    check_text,
    headline,
    interval_text,
    limit_text,
    percent,
    points,
    proposal_text,
)

WIDTH = 80


def opening(found: Evaluation) -> list[str]:
    """What is known before the first step: the ideal accuracy."""
    bench = found.bench
    return [
        f"ideal accuracy     {percent(bench.ideal_accuracy)}   {found.facts['network']}, {bench.data.source}",
    ]


def step_lines(found: Evaluation, step: str) -> list[str]:
    """What a step adds, or how it failed."""
    if step in found.failed:
        return ["", *_wrapped(f"{step} failed: {found.failed[step]}", 0)]
    return _LINES[step](found)


def _chips(found: Evaluation) -> list[str]:
    chips = found.chips
    if chips is None:
        return []
    said = [f"on the chip        {accuracy_text(chips)}   {found.bench.technology.name}"]
    said += _wrapped(interval_text(chips), 19)
    messages = [f"chip {chip.seed}: {chip.message}" for chip in chips.chips if chip.message]
    said += _wrapped("; ".join(messages[:1]), 19)
    return [*said, "", *_wrapped(headline(found), 0)]


def _non_idealities(found: Evaluation) -> list[str]:
    rows = found.sorted_non_idealities
    if not rows:
        return ["", f"{found.bench.technology.name} has no non-ideality"]
    still = [row.name for row in rows if not row.acts]
    said = ["", "what costs it, each non-ideality alone"]
    said += [_row(row) for row in rows if row.acts]
    if still:
        said += _wrapped(f"no effect on operating points: {', '.join(still)}", 2)
    return said


def _row(row: NonIdeality) -> str:
    text = percent(row.accuracy.mean)
    if row.accuracy.mean is None:
        text = f"{percent(row.accuracy.lowest)} to {percent(row.accuracy.highest)}"
    more = f", {row.accuracy.unconverged} unconverged" if row.accuracy.unconverged else ""
    return f"  {row.name:<20} {text:>8}   {points(row.lost):>12} lost{more}"


def _limits(found: Evaluation) -> list[str]:
    if not found.limits:
        return []
    said = ["", "what to change"]
    for limit in found.limits:
        said += _wrapped(limit_text(found, limit), 2)
    return said


def _proposal(found: Evaluation) -> list[str]:
    if found.proposal is None:
        return []
    return ["", "proposal (proposal.toml)", *_wrapped(proposal_text(found.proposal), 2)]


def _check(found: Evaluation) -> list[str]:
    said = ["", "check"]
    for one in found.checks:
        said += _wrapped(check_text(one), 2)
    return said


def _wrapped(text: str, indent: int) -> list[str]:
    room = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=room, subsequent_indent=room, break_long_words=False)


_LINES: Mapping[str, Callable[[Evaluation], list[str]]] = {
    "chips": _chips,
    "non-idealities": _non_idealities,
    "limits": _limits,
    "proposal": _proposal,
    "check": _check,
}

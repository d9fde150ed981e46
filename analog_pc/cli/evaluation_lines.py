"""What `analog-pc evaluate` prints, step by step, in 80 columns where the words allow it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence

from analog_pc.evaluation import Evaluation
from analog_pc.evaluation.comparison import Compared
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.evaluation.sentences import (
    accuracy_text,
    break_even_sentences,
    check_text,
    cost_over,
    cost_sentences,
    headline,
    interval_text,
    limit_text,
    lost_text,
    no_proposal_text,
    outliers_text,
    percent,
    proposal_text,
    ratio_text,
    unconverged_text,
    undecided_text,
)
from analog_pc.reporting.text import counted
from analog_pc.si import si

WIDTH = 80


def opening(found: Evaluation) -> list[str]:
    """What is known before the first step: the ideal accuracy."""
    bench = found.bench
    return [
        f"ideal accuracy     {percent(bench.ideal_accuracy)}   {found.facts['network']}, {bench.data.source}",
        *(line for said in undecided_text(bench) for line in _wrapped(said, 19)),
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
    said += [_row(row, found.bench.data.samples) for row in rows if row.acts]
    if still:
        said += _wrapped(f"no effect on operating points: {', '.join(still)}", 2)
    return said


def _row(row: NonIdeality, samples: int) -> str:
    text = percent(row.accuracy.mean)
    if row.accuracy.mean is None:
        text = f"{percent(row.accuracy.lowest)} to {percent(row.accuracy.highest)}"
    more = f", {row.accuracy.unconverged} unconverged" if row.accuracy.unconverged else ""
    if row.accuracy.samples < samples:
        more += f", {percent(row.ideal)} ideal on these {counted(row.accuracy.samples, 'sample')}"
    return f"  {row.name:<20} {text:>8}   {lost_text(row.lost):>18}{more}"


def _signals(found: Evaluation) -> list[str]:
    said = ["", "signals of the predictions, and what their amplifiers add, rms"]
    for row in found.signals:
        said.append(
            f"  layer {row.layer}  {si(row.rms, 'V')}, peak {si(row.peak, 'V')} of {si(row.swing, 'V')};"
            f"  offset {si(row.offset, 'V')}, noise {si(row.noise, 'V')}"
        )
    return said


def _cost(found: Evaluation) -> list[str]:
    if found.cost is None:
        return []
    said = ["", "what it costs, per stimulus (parts: cost.csv)"]
    for sentence in cost_sentences(found):
        said += _wrapped(sentence, 2)
    return said


def _baselines(found: Evaluation) -> list[str]:
    said = ["", "digital machines on the same task"]
    if found.cost is not None:
        said = [
            "",
            "digital machines on the same task, and the energy of the chip over theirs",
            f"  {'':<8}{'energy':>9} {'latency':>9}{'always on':>10}{'gated':>8}",
        ]
    for one in found.baselines:
        if not math.isfinite(one.energy):
            continue
        joules = si(one.energy, "J")
        seconds = si(one.latency, "s") if math.isfinite(one.latency) else "-"
        ratio = ""
        if found.cost is not None:
            on = cost_over(found, one)
            gated = cost_over(found, one, gated=True)
            ratio = "".join(f"{'-' if times is None else ratio_text(times):>9}" for times in (on, gated))
        line = f"  {one.phase:<8}{joules:>9} {seconds:>9}{ratio}  "
        hanging = " " * len(line)
        text = f"{one.name} ({one.grade})"
        said += textwrap.wrap(text, WIDTH, initial_indent=line, subsequent_indent=hanging)
    return said + _wrapped(unconverged_text(found.baselines), 2)


def _break_even(found: Evaluation) -> list[str]:
    said = ["", "break-even, networks width-width-10 on this technology"]
    for sentence in break_even_sentences(found):
        said += _wrapped(sentence, 2)
    return said


def _limits(found: Evaluation) -> list[str]:
    if not found.limits:
        return []
    said = ["", "what to change"]
    for limit in found.limits:
        said += _wrapped(limit_text(found, limit), 2)
    return said


def _proposal(found: Evaluation) -> list[str]:
    if found.proposal is None:
        return ["", "proposal", *_wrapped(no_proposal_text(found), 2)]
    return ["", "proposal (proposal.toml)", *_wrapped(proposal_text(found.proposal), 2)]


def _outliers(found: Evaluation) -> list[str]:
    return ["", *_wrapped(outliers_text(found), 0), *remedy_lines(found)]


def remedy_lines(found: Evaluation) -> list[str]:
    """The remedies beside each other; a clipped network has an accuracy of its own."""
    if not found.remedies:
        return []
    said = [f"  {'':<17}{'ideal':>7}{'on chip':>9}{'devices':>9}{'area':>14}{'arrays take':>13}"]
    for row in found.remedies:
        mean = row.accuracy.mean
        chip = "not known" if mean is None else percent(mean)
        area = f"{ratio_text(1e6 * row.area)} mm^2"
        watts = si(row.power, "W")
        said.append(f"  {row.name:<17}{percent(row.ideal):>7}{chip:>9}{row.devices:>9}{area:>14}{watts:>13}")
    return said


def _check(found: Evaluation) -> list[str]:
    said = ["", "check"]
    for one in found.checks:
        said += _wrapped(check_text(one), 2)
    return said


def comparison_lines(rows: Sequence[Compared]) -> list[str]:
    """Technologies beside each other; 95 % interval over chips, costs of one inference and one relaxation."""
    said = ["", "accuracy in %, with its 95 % interval over chips; energy and latency per stimulus"]
    said.append(f"{'technology':<16} {'ideal':>7} {'on chip':>17}  {'predict':>18} {'learn':>18}")
    for row in rows:
        accuracy = "not known" if row.mean is None else f"{100.0 * row.mean:.1f}"
        if row.low is not None and row.high is not None and row.mean is not None:
            same = row.low == row.high
            spread = "no spread" if same else f"{100.0 * row.low:.1f}-{100.0 * row.high:.1f}"
            accuracy += f" ({spread})"
        predict = _cost_text(row.predict_energy, row.predict_latency, row.predict_bound)
        learn = _cost_text(row.learn_energy, row.learn_latency, row.learn_bound)
        said.append(
            f"{row.technology:<16} {100.0 * row.ideal:>7.1f} {accuracy:>17}  {predict:>18} {learn:>18}"
        )
    return said


def _cost_text(energy: float | None, latency: float | None, bound: bool | None) -> str:
    """ "3 nJ 1 µs", "<3 nJ <1 µs" for upper bounds"""
    if energy is None or latency is None:
        return "-"
    less = "<" if bound else ""
    return f"{less}{si(energy, 'J')} {less}{si(latency, 's')}"


def _wrapped(text: str, indent: int) -> list[str]:
    room = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=room, subsequent_indent=room, break_long_words=False)


_LINES: Mapping[str, Callable[[Evaluation], list[str]]] = {
    "chips": _chips,
    "non-idealities": _non_idealities,
    "signals": _signals,
    "cost": _cost,
    "baselines": _baselines,
    "limits": _limits,
    "proposal": _proposal,
    "outliers": _outliers,
    "check": _check,
    "break-even": _break_even,
}

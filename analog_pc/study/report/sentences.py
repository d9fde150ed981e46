"""What a study says in lines and sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from analog_pc.evaluation.sentences import percent
from analog_pc.reporting.text import counted
from analog_pc.si import si
from analog_pc.study.confirm import AGREED, Confirmation, Verdict
from analog_pc.study.definition import OWN, Study
from analog_pc.study.fields import fields
from analog_pc.study.objectives import MIN
from analog_pc.study.point import Values
from analog_pc.study.results import Combination, Results
from analog_pc.study.search import objective_front, objective_values
from analog_pc.study.sensitivity import Index, main_column
from analog_pc.study.yields import Yield

SHOWN = 24  # combinations on the screen
PREFIXED = {"S", "F", "V", "Ohm", "Hz", "V/s", "V/sqrt(Hz)", "W", "s", "J"}


def value_text(name: str, value: object) -> str:
    """A value of an axis or a column with its unit, short."""
    unit = fields()[name].unit if name in fields() else ""
    return number_text(value, unit)


def number_text(value: object, unit: str) -> str:
    """A number with its unit, short; what is no number as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return si(float(value), unit) if unit in PREFIXED else f"{value:.4g} {unit}".rstrip()
    return "-" if value is None else str(value)


def limit_text(value: float | None, unit: str) -> str:
    """An end of a limit; "-" where there is none."""
    return "-" if value is None or not math.isfinite(value) else number_text(value, unit)


def values_text(values: Values) -> str:
    """A combination in words."""
    return ", ".join(f"{name} {value_text(name, value)}" for name, value in values.items()) or "as it is"


def opening(study: Study) -> list[str]:
    """What is going to be evaluated."""
    total = len(study)
    combinations = total // study.chips_each
    chips = "a chip of its own each" if study.chips == OWN else counted(study.chips_each, "chip")
    of_axes = f" of {', '.join(axis.name for axis in study.axes)}" if study.axes else ""
    return [
        f"{study.name}: {counted(combinations, 'combination')}{of_axes} ({study.sampler}), {chips}: "
        f"{counted(total, 'point')}",
        f"measured: {', '.join(one.name for one in study.measured)}; {study.data.source}",
    ]


def combination_lines(results: Results, found: Sequence[Yield]) -> list[str]:
    """A line for each combination, those beyond `SHOWN` counted; then what failed.

    Parameters
    ----------
    results, found
        Of the study; a yield for each combination, or none.
    """
    told = {id(one.values): one for one in found}
    names = [axis.name for axis in results.study.axes]
    cells = [names] + [
        [value_text(name, one.values[name]) for name in names] for one in results.combinations[:SHOWN]
    ]
    widths = [max(len(row[k]) for row in cells) for k in range(len(names))]
    texts = ["accuracy, 95 % interval over chips" if "right" in results.study.columns else "mean over chips"]
    texts += [result_text(one, results.study, told) for one in results.combinations[:SHOWN]]
    said = [""]
    for row, text in zip(cells, texts, strict=True):
        columns = [f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)]
        said.append("  ".join([*columns, text]))
    hidden = len(results.combinations) - SHOWN
    if hidden > 0:
        said.append(f"and {counted(hidden, 'more combination')}: results.csv")
    return said + failure_lines(results)


def culprit_lines(found: Sequence[Yield]) -> list[str]:
    """What the failing chips of each combination fail by."""
    return [line for one in found[:SHOWN] if (line := culprit_text(one))]


def result_text(combination: Combination, study: Study, told: Mapping[int, Yield]) -> str:
    """Accuracy with its interval, or the first column; the yield, where there is one."""
    if combination.failed:
        text = f"{len(combination.failed)} of {counted(len(combination.chips), 'chip')} failed"
    elif combination.accuracy is not None:
        text = accuracy_text(combination)
    else:
        name = next(iter(study.columns))
        text = f"{name} {number_text(combination.mean(name), study.columns[name])}"
    if id(combination.values) in told:
        text += f", {yield_text(told[id(combination.values)])}"
    return text


def accuracy_text(combination: Combination) -> str:
    """ "91.2 % (89.0-93.4)" over chips; bounds where samples are unconverged."""
    accuracy = combination.accuracy
    assert accuracy is not None
    if accuracy.unconverged:
        return (
            f"{percent(accuracy.lowest)} to {percent(accuracy.highest)}, {accuracy.unconverged} unconverged"
        )
    text = percent(accuracy.mean)
    if accuracy.interval is None or accuracy.spread == 0.0:
        return text
    low, high = accuracy.interval
    return f"{text} ({100.0 * low:.1f}-{100.0 * high:.1f})"


def yield_text(found: Yield) -> str:
    """ "yield 90.0 % (68.3-98.8)" """
    text = f"yield {percent(found.share)} ({100.0 * found.low:.1f}-{100.0 * found.high:.1f})"
    if len(found.lots) < 2:
        return text
    shares = [one.good / one.chips for one in found.lots]
    return f"{text}, {len(shares)} lots from {percent(min(shares))} to {percent(max(shares))}"


def culprit_text(found: Yield) -> str:
    """What the failing chips of a combination fail by; "" where none fails."""
    if not found.failing:
        return ""
    examined = len(found.culprits)
    where = f"{values_text(found.values)}: {found.failing} of {counted(found.chips, 'chip')} fail"
    if found.pending:
        where += f" ({found.pending} still to be examined)"
    if not examined:
        return where if found.pending else f"{where}; none of them examined"
    if found.culprit:
        return f"{where}; without {found.culprit} {found.mended} of {examined} examined would pass"
    return f"{where}; no single non-ideality's removal mends one of {examined} examined"


def confirmation_lines(found: Sequence[Confirmation]) -> list[str]:
    """How many points a simulator confirmed, how far it was away at most, and each that it did not."""
    if not found:
        return []
    good = [one for one in found if one.verdict is Verdict.CONFIRMED]
    text = f"{found[0].simulator} confirms {len(good)} of {counted(len(found), 'point')}"
    known = [one.deviation for one in found if one.deviation is not None]
    if known:
        text += f"; outputs differ by at most {max(known):.1e} of full scale, {AGREED:g} is allowed"
    whole = [one.whole_deviation for one in found if one.left_out and one.whole_deviation is not None]
    if whole:
        names = sorted({name for one in found for name in one.left_out})
        text += f"; with {' and '.join(names)}, which the closed form leaves out, by {max(whole):.1e}"
    return [text] + [
        f"point {one.index}, chip {one.chip}: {one.verdict.value}"
        f" ({one.solved} of {counted(one.samples, 'sample')} solved, {one.same} of one class)"
        + (f": {one.message}" if one.message else "")
        for one in found
        if one.verdict is not Verdict.CONFIRMED
    ]


def index_lines(found: Sequence[Index], study: Study) -> list[str]:
    """A line for each axis, the one that matters most first."""
    ordered = sorted(found, key=lambda one: -one.total)
    return [
        f"{one.axis}: {percent(one.first)} +- {100.0 * one.first_half_width:.1f} of the variance of "
        f"{main_column(study)} alone, {percent(one.total)} +- {100.0 * one.total_half_width:.1f} with others"
        for one in ordered
    ]


def front_lines(results: Results) -> list[str]:
    """The candidates of a search that no other beats, with their objectives, best of the first one first."""
    objectives = results.study.objectives
    if not objectives:
        return []
    values = objective_values(results)
    front = np.flatnonzero(objective_front(results))
    first = next(iter(objectives.values()))
    order = front[np.argsort(values[front, 0] if first == MIN else -values[front, 0], kind="stable")]
    said = ["", f"Pareto front: {len(order)} of {counted(len(values), 'candidate')}"]
    for k in order[:SHOWN].tolist():
        measured = ", ".join(
            f"{name} {number_text(float(value), results.study.columns[name])}"
            for name, value in zip(objectives, values[k], strict=True)
        )
        said.append(f"  {measured}: {values_text(results.combinations[k].values)}")
    if len(order) > SHOWN:
        said.append(f"and {len(order) - SHOWN} more: front.csv")
    return said


def failure_lines(results: Results) -> list[str]:
    """Failed points by their message, the commonest first."""
    messages = Counter(one.row.failed for one in results.failed)
    return [f"{counted(number, 'point')} failed: {text}" for text, number in messages.most_common(5)]

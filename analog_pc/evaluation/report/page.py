"""The page of an evaluation: the answer first, then its reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from analog_pc.evaluation.results import Evaluation
from analog_pc.evaluation.sentences import (
    accuracy_text,
    break_even_sentences,
    check_text,
    cost_over,
    cost_sentences,
    interval_text,
    lost_text,
    outliers_text,
    percent,
    points,
    ratio_text,
    unconverged_text,
)
from analog_pc.nonideality.accuracy import within_budget
from analog_pc.reporting.page import panel, template


def render_page(found: Evaluation, report: dict[str, Any], drawn: Mapping[str, Figure]) -> str:
    """The HTML of an evaluation; `report` is its dictionary, `drawn` its figures."""
    return template(
        "analog_pc.evaluation.report",
        percent=percent,
        points=points,
        lost_text=lost_text,
        ratio=ratio_text,
    ).render(
        report=report,
        good=_good(found),
        chip=None if found.chips is None else accuracy_text(found.chips),
        interval=None if found.chips is None else interval_text(found.chips),
        cost=found.cost,
        ratios=[
            (cost_over(found, one), cost_over(found, one, gated=True))
            for one in found.baselines
            if math.isfinite(one.energy)
        ],
        unconverged=unconverged_text(found.baselines),
        costs=[
            *cost_sentences(found),
            *break_even_sentences(found),
        ],
        outliers=outliers_text(found) if "outliers" in found.done else None,
        checks=[check_text(one) for one in found.checks],
        panels={name: panel(figure, name, *CAPTIONS[name]) for name, figure in drawn.items()},
    )


def _good(found: Evaluation) -> bool | None:
    """Whether the answer is yes, samples that did not converge counted as wrong; None where no chip was
    measured."""
    if found.chips is None:
        return None
    if found.chips.by_chance(found.bench.guess):
        return False
    return within_budget(found.bench.ideal_accuracy - found.chips.lowest, found.chips.samples)


CAPTIONS = {
    "accuracy": (
        "Accuracy of the chips",
        "Hollow marks: chips, each drawn anew from the technology's spreads, all on the same samples. "
        "Middle: their mean with the 95 % interval of Student's t over chips, which tells of other chips of "
        "this technology. Top: the mean with Wilson's 95 % interval, which tells of other samples of this "
        "kind. Where samples did not converge, bars reach from all of these counted wrong to all counted "
        "right.",
    ),
    "non_idealities": (
        "What costs accuracy",
        "Each non-ideality alone, all other parts ideal; bars are means over chips, marks single chips. "
        "Losses do not add up: two harmless ones may cost much together. Hatched: samples did not converge "
        "and count as lost.",
    ),
    "energy": (
        "Energy per stimulus",
        "Filled: the chip, always on, all parts together, gated where it can be, and by part; hatched: "
        "digital machines on the same task, whose assumptions stand in the table. Logarithmic axes; parts "
        "below 0.01 % of a phase are in the table alone.",
    ),
    "break_even": (
        "Where the chip wins, and where it loses",
        "Energy of networks width-width-10 with random weights on this technology, always on, over that of "
        "digital machines on the same task. Above the dashed line the chip loses. Narrow networks are "
        "simulated, wide ones follow the formula.",
    ),
    "limits": (
        "How large a non-ideality may be",
        "Each alone, at multiples of its present size: offsets, resistances and spreads times that factor, "
        "gains and swings divided by it. The dashed line is the budget. Two chips stand for all.",
    ),
}

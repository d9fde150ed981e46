"""What a specification says: a line for each field, and all together."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from analog_pc.evaluation.sentences import percent, points
from analog_pc.reporting.text import counted
from analog_pc.study.report.sentences import number_text
from analog_pc.study.specification.bounds import MIN
from analog_pc.study.specification.budget import Budget, Candidate
from analog_pc.study.specification.joint import Joint
from analog_pc.study.specification.run import FieldLimit, Specification, Target
from analog_pc.study.specification.trial import Trial, Verdict

WIDTH = 80


def opening(target: Target) -> list[str]:
    """What is asked for, and what is known before the first trial."""
    bench = target.bench
    sizes = "-".join(map(str, bench.network.sizes))
    return [
        f"ideal accuracy {percent(bench.ideal_accuracy)}   {sizes} {bench.network.activation}, "
        f"{bench.data.source}",
        f"at most {points(target.budget)} may be lost, a mean over chips of {bench.technology.name}",
        "",
        f"{'field, alone':<24}{'min':>11}{'typ':>11}{'max':>11}  beyond",
    ]


def field_line(one: FieldLimit) -> str:
    """ "levels                           11        any             at 10 2.5 points lost" """
    unit = one.bound.field.unit
    limit = number_text(one.limit, unit) if one.bounded else "-"
    lowest = limit if one.bound.direction == MIN else ""
    largest = "" if one.bound.direction == MIN else limit
    typical = typical_text(one)
    return f"{one.bound.field.name:<24}{lowest:>11}{typical:>11}{largest:>11}  {beyond_text(one)}"


def typical_text(one: FieldLimit) -> str:
    """The technology's own value; "none" where the field is off there, "any" of levels."""
    if one.bound.whole and not one.typical:
        return "any"
    if not one.typical or math.isinf(one.typical):
        return "none"
    return number_text(one.typical, one.bound.field.unit)


def beyond_text(one: FieldLimit) -> str:
    """What happens beyond the limit; or why there is none."""
    if one.failed:
        return f"failed: {one.failed}"
    beyond = one.beyond
    unit = one.bound.field.unit
    if beyond is None:
        return f"no limit as far as {number_text(one.limit, unit)}"
    at = f"at {number_text(beyond.value, unit)} {what_text(beyond)}"
    return at if one.bounded else f"no value keeps the budget: {at}"


def what_text(trial: Trial) -> str:
    """What is lost at a value, in words."""
    if trial.remark:
        return trial.remark
    if trial.verdict is Verdict.UNDECIDED:
        return f"{points(trial.loss)} lost on {trial.chips} chips, up to {points(trial.high)} possible"
    return f"{points(trial.loss)} lost"


def joint_lines(found: Specification) -> list[str]:
    """All limits together."""
    joint = found.joint
    if joint is None:
        return [] if found.partial else ["", "no field has a limit: nothing to share"]
    said = ["", *textwrap.wrap(joint_text(joint, found.target), WIDTH)]
    if joint.share is None:
        return said
    said += ["", f"{'field, all together':<24}{'':<4}{'limit':>11}{'joint limit':>13}{'typ':>11}  price"]
    said += [
        _joint_line(one, joint, found.costs) for one in found.ordered if one.bound.field.name in joint.values
    ]
    return [*said, *budget_lines(found.costs)]


def _joint_line(one: FieldLimit, joint: Joint, costs: Budget | None) -> str:
    """ "levels                  min          11           37        any  unpriced" """
    name = one.bound.field.name
    limit = number_text(one.limit, one.bound.field.unit)
    value = number_text(joint.values[name], one.bound.field.unit)
    cells = f"{name:<24}{one.bound.direction:<4}{limit:>11}{value:>13}{typical_text(one):>11}"
    return f"{cells}  {price_text(costs, name)}".rstrip()


def price_text(costs: Budget | None, name: str) -> str:
    """What the cost model takes for a field; "unpriced (-1.2 %)" where it takes nothing."""
    one = None if costs is None else costs.of(name)
    if one is None:
        return ""
    if one.priced_by:
        return one.priced_by
    return "unpriced" if one.energy_ratio is None else f"unpriced ({100.0 * (one.energy_ratio - 1.0):+.1f} %)"


HEADINGS = ("share of limits", "lost", "verdict", "GBW", "energy", "power", "area")
WIDTHS = (15, 12, 11, 12, 11, 11, 11)


def budget_lines(costs: Budget | None) -> list[str]:
    """Cost against accuracy: a line for each share, * on the Pareto front, <- the chip that is handed on."""
    if costs is None:
        return []
    said = ["", *textwrap.wrap(f"Not priced: {costs.message}", WIDTH)] if costs.message else []
    if costs.candidates:
        said += ["", _row(HEADINGS)]
    for number, one in enumerate(costs.candidates):
        marks = ("  *" if one.on_front else "") + ("  <-" if number == costs.chosen else "")
        said.append(_row(candidate_cells(one)) + marks)
    if costs.cheapest is not None:
        said += ["", *textwrap.wrap(cheapest_text(costs), WIDTH)]
    return said


def _row(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def candidate_cells(one: Candidate) -> list[str]:
    """Share, loss, verdict, bandwidth, energy, power and area."""
    price = one.price
    lost = "-" if math.isnan(one.trial.loss) else points(one.trial.loss)
    cells = [f"{100.0 * one.share:.1f} %", lost, one.trial.verdict.value]
    cells += [
        "-" if value is None else number_text(value, unit)
        for value, unit in ((price.bandwidth, "Hz"), (price.energy, "J"), (price.power, "W"))
    ]
    return [*cells, "-" if price.area is None else f"{1e6 * price.area:.3g} mm2"]


def cheapest_text(costs: Budget) -> str:
    """The chip that is handed on, and what its price leaves out; or why there is none."""
    one = costs.cheapest
    if one is None:
        return costs.message
    return (
        f"* Pareto front. <- cheapest chip that keeps the budget, each field at {100.0 * one.share:.0f} % of "
        f"its limit: at most {number_text(one.price.energy, 'J')} and "
        f"{number_text(one.price.latency, 's')} a prediction (linear bound of settling; component values of "
        f"{costs.process}). {UNPRICED}"
    )


UNPRICED = (
    "Bandwidth alone has a price in the cost model; better values of an unpriced field are taken as free. In "
    "brackets: change of energy with this field alone back at its own limit, the bandwidth sized anew."
)


def joint_text(joint: Joint, target: Target) -> str:
    """The share that all together keep, in a sentence."""
    if joint.share is None:
        worst = joint.trials[-1]
        return f"All together: not even 1/{1.0 / worst.value:.0f} of every limit keeps the budget."
    return (
        f"All together, each at {100.0 * joint.share:.0f} % of its limit: {percent(joint.accuracy)} "
        f"({100.0 * joint.low:.1f}-{100.0 * joint.high:.1f}) on {counted(joint.chips, 'other chip')}, "
        f"{joint.good} of which lose at most {points(target.budget)} (yield "
        f"{100.0 * joint.yield_low:.0f}-{100.0 * joint.yield_high:.0f} %)."
    )


def confidence_text(target: Target) -> str:
    """What the numbers claim."""
    sure = f"{100.0 * target.confidence:g} %"
    return (
        f"Each limit is the worst value tried whose mean loss over chips is within {points(target.budget)}; "
        f"all verdicts of a field are right with at least {sure} confidence (Student's t over chips, shared "
        "among all looks at all values). Fields without chance are tried on one chip: their loss on these "
        "samples is exact. Accuracies at the limits come from chips that did not find them; their intervals "
        f"hold together with {sure}. A limit holds for a field alone, all other parts ideal but those that "
        "it acts through; bandwidth is bounded by the damping of the whole circuit's modes instead, because "
        "it moves no operating point."
    )

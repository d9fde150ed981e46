"""What a specification says: a line for each field, and all together."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from analog_pc.evaluation.sentences import percent, points, undecided_text
from analog_pc.reporting.text import counted
from analog_pc.study.report.sentences import number_text
from analog_pc.study.specification.bounds import MIN
from analog_pc.study.specification.budget import Budget, Candidate
from analog_pc.study.specification.joint import Joint
from analog_pc.study.specification.run import FieldLimit, Specification, Target
from analog_pc.study.specification.search import Searched
from analog_pc.study.specification.trial import Trial, Verdict

WIDTH = 80
NAME = 26  # column of names
WORSE = "!"  # beside a typical value that is beyond a limit


def opening(target: Target) -> list[str]:
    """What is known before the first trial, for a terminal, and the head of the table of fields."""
    head = f"{'field, alone':<{NAME}}{'min':>11}{'typ':>11}{'max':>11}  beyond"
    return [*(line for said in known(target) for line in textwrap.wrap(said, WIDTH)), "", head]


def known(target: Target) -> list[str]:
    """What is asked for, and what is known before the first trial."""
    bench = target.bench
    sizes = "-".join(map(str, bench.network.sizes))
    return [
        f"ideal accuracy {percent(bench.ideal_accuracy)}   {sizes} {bench.network.activation}, "
        f"{bench.data.source}",
        f"at most {budget_text(target)} may be lost, a mean over chips of {bench.technology.name}",
        *undecided_text(bench),
    ]


def budget_text(target: Target) -> str:
    """ "1.0 point", "0.04 points": small ones with their digits."""
    lost = 100.0 * target.budget
    told = round(target.budget, 3)
    return points(told) if math.isclose(told, target.budget) else f"{lost:.4g} points"


def field_line(one: FieldLimit) -> str:
    """ "levels                           11        any             at 10 2.5 points lost" """
    unit = one.bound.field.unit
    limit = number_text(one.limit, unit) if one.bounded else "-"
    lowest = limit if one.bound.direction == MIN else ""
    largest = "" if one.bound.direction == MIN else limit
    typical = f"{typical_text(one):>11}{WORSE if one.met is False else ' '}"
    return f"{one.bound.field.name:<{NAME}}{lowest:>11}{typical}{largest:>10}  {beyond_text(one)}"


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
    if one.searched is not None and one.bound.by_modes:
        return _modes_text(one.searched, unit)
    if beyond is None:
        return f"no limit as far as {number_text(one.limit, unit)}"
    return at_text(beyond, unit) if one.bounded else f"no value keeps the budget: {at_text(beyond, unit)}"


def _modes_text(searched: Searched, unit: str) -> str:
    """What happens with less bandwidth than the limit; and with more, where that rings."""
    kept = searched.kept
    if kept is None:
        return "no value tried is damped: " + "; ".join(at_text(one, unit) for one in searched.trials)
    said = [
        "damped down to the smallest tried" if searched.beyond is None else at_text(searched.beyond, unit)
    ]
    said += [
        at_text(one, unit)
        for one in searched.trials
        if one.value > kept.value and one.verdict is not Verdict.KEPT
    ]
    return "; ".join(said)


def at_text(trial: Trial, unit: str) -> str:
    """ "at 10 2.5 points lost" """
    return f"at {number_text(trial.value, unit)} {what_text(trial)}"


def what_text(trial: Trial) -> str:
    """What is lost at a value, in words."""
    if trial.remark:
        return trial.remark
    said = f"{points(trial.loss)} lost"
    if trial.verdict is Verdict.UNDECIDED:
        said = f"{points(trial.loss)} lost on {trial.chips} chips, up to {points(trial.high)} possible"
    return "; ".join([said, *faults(trial)])


def faults(trial: Trial) -> list[str]:
    """What else is wrong with these chips: some cannot be built, some answers do not converge."""
    said = []
    if trial.not_built:
        of = f"{trial.not_built} of {counted(trial.chips, 'chip')}"
        said.append(f"{of} cannot be built, a drawn value is outside what a part can have")
    if trial.unconverged:
        said.append(f"{counted(trial.unconverged, 'answer')} without convergence count as wrong")
    return said


def joint_lines(found: Specification) -> list[str]:
    """All limits together."""
    joint = found.joint
    if joint is None:
        nothing = f"No field has a limit of accuracy: nothing to share. {missing_text(found)}"
        return [] if found.partial else ["", *textwrap.wrap(nothing, WIDTH), *_worse_lines(found)]
    said = ["", *textwrap.wrap(joint_text(joint, found), WIDTH)]
    if joint.share is None:
        return [*said, *_worse_lines(found), *budget_lines(found)]
    said += ["", f"{'field, all together':<{NAME}}{'':<4}{'limit':>11}{'joint limit':>13}{'typ':>11}  price"]
    said += [
        _joint_line(one, joint, found.costs) for one in found.ordered if one.bound.field.name in joint.values
    ]
    return [*said, *_worse_lines(found), *budget_lines(found)]


def _worse_lines(found: Specification) -> list[str]:
    text = exceeding_text(found)
    return ["", *textwrap.wrap(f"{WORSE} {text}", WIDTH)] if text else []


def exceeding_text(found: Specification) -> str:
    """Which of the technology's own values are not good enough; "" where all are."""
    alone = [one.bound.field.name for one in found.ordered if one.met is False]
    together = [name for name in found.exceeding if name not in alone]
    said = []
    if alone:
        said.append(f"beyond the limit of {' and '.join(alone)}")
    if together:
        said.append(f"beyond the joint limit of {' and '.join(together)}")
    return f"{found.target.bench.technology.name} itself is {', and '.join(said)}." if said else ""


def _joint_line(one: FieldLimit, joint: Joint, costs: Budget | None) -> str:
    """ "levels                  min          11           37        any  unpriced" """
    name = one.bound.field.name
    limit = "-" if one.limit is None else number_text(one.limit, one.bound.field.unit)
    value = number_text(joint.values[name], one.bound.field.unit)
    mark = " " if one.within(joint.values[name]) else WORSE
    cells = f"{name:<{NAME}}{one.bound.direction:<4}{limit:>11}{value:>13}{typical_text(one):>11}{mark}"
    return f"{cells} {price_text(costs, name)}".rstrip()


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


def budget_lines(found: Specification) -> list[str]:
    """Cost against accuracy: a line for each share, * on the Pareto front, <- the joint chip."""
    costs = found.costs
    if costs is None:
        return []
    said = ["", *textwrap.wrap(f"Not priced: {costs.message}", WIDTH)] if costs.message else []
    if costs.candidates:
        said += ["", _row(HEADINGS)]
    for number, one in enumerate(costs.candidates):
        marks = ["*"] * one.on_front + ["<-"] * (number == costs.chosen) + faults(one.trial)
        said.append("  ".join([_row(candidate_cells(one)), *marks]))
    if costs.joint is not None:
        said += ["", *textwrap.wrap(costs_text(costs, found.missing), WIDTH)]
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


def costs_text(costs: Budget, missing: Sequence[str] = ()) -> str:
    """The chip that is handed on, the cheapest one, and what prices leave out; or why there are none."""
    one = costs.joint
    if one is None:
        return f"{costs.message} {not_monotone_text(costs)}".strip()
    without = f" without {' and '.join(missing)}" if missing else ""
    said = (
        "* Pareto front. <- joint limits, the largest share up to which every share tried keeps the "
        f"budget{without}, each field at {100.0 * one.share:.0f} % of its limit: at most "
        f"{number_text(one.price.energy, 'J')} and "
        f"{number_text(one.price.latency, 's')} a prediction (linear bound of settling; component values of "
        f"{costs.process})."
    )
    least = costs.cheapest
    if least is not None and least.share != one.share:
        said += (
            f" The cheapest that keeps it is at {100.0 * least.share:.0f} %: "
            f"{number_text(least.price.energy, 'J')}."
        )
    return " ".join([said, *filter(None, [not_monotone_text(costs)]), UNPRICED])


def not_monotone_text(costs: Budget) -> str:
    """Which larger share keeps the budget too, where one below it does not; "" where the loss is monotone."""
    if not costs.strays:
        return ""
    largest = costs.strays[-1]
    failed = next(one for one in costs.candidates if one.trial.verdict is not Verdict.KEPT)
    does = "does not" if failed.trial.verdict is Verdict.EXCEEDED else "is not known to"
    return (
        f"The loss does not grow steadily with the share: {100.0 * largest.share:.1f} % keeps the budget, "
        f"but {100.0 * failed.share:.1f} % {does}, so the joint limits are below both."
    )


UNPRICED = (
    "Bandwidth alone has a price in the cost model; better values of an unpriced field are taken as free. In "
    "brackets: change of energy with this field alone back at its own limit, the bandwidth sized anew. The "
    "joint bandwidth damps the chip of the other joint values: amplifiers of more gain damp less and may "
    "need more of it."
)


def joint_text(joint: Joint, found: Specification) -> str:
    """The share that all together keep, and which fields are not among them."""
    target = found.target
    who = "All others together" if found.missing else "All together"
    if joint.share is None:
        least = min(one.value for one in joint.trials)
        said = f"{who}: not even {100.0 * least:.3g} % of every limit keeps the budget."
        return f"{said} {missing_text(found)}".rstrip()
    said = (
        f"{who}, each at {100.0 * joint.share:.0f} % of its limit: {percent(joint.accuracy)} "
        f"({100.0 * joint.low:.1f}-{100.0 * joint.high:.1f}) on {counted(joint.chips, 'other chip')}, "
        f"{joint.good} of which lose at most {budget_text(target)} (yield "
        f"{100.0 * joint.yield_low:.0f}-{100.0 * joint.yield_high:.0f} %)."
    )
    return f"{said} {missing_text(found)}".rstrip()


def missing_text(found: Specification) -> str:
    """Which fields no chip of all together has a value of, and what follows; "" where there is none."""
    said = []
    if found.missing:
        names = ", ".join(found.missing)
        said.append(f"Not among them: {names}, of which no value tried is known to keep the budget.")
    together = {} if found.joint is None else found.joint.values
    if any(one.limit is None and one.bound.field.name in together for one in found.ordered):
        said.append("Its modes are damped, though they are not beside the technology's other values.")
    if found.joint is not None and found.joint.share is not None and found.chip is None:
        said.append("No chip is handed on: its modes are not known to be damped.")
    return " ".join(said)


def confidence_text(target: Target) -> str:
    """What the numbers claim."""
    sure = f"{100.0 * target.confidence:g} %"
    return (
        f"Each limit is the worst value tried whose mean loss over chips is within {budget_text(target)}; "
        f"all verdicts of a field are right with at least {sure} confidence (Student's t over chips, shared "
        "among all looks at all values). Fields without chance are tried on one chip: their loss on these "
        "samples is exact. Accuracies at the limits come from chips that did not find them; their intervals "
        "(Student's t over chips, within 0 ... 100 %) "
        f"hold together with {sure}. A limit holds for a field alone, all other parts ideal but those that "
        "it acts through; bandwidth is bounded by the damping of the whole circuit's modes instead, because "
        "it moves no operating point."
    )

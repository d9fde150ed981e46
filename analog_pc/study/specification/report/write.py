"""The files of a specification, all rendered before the first is written; the JSON comes last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from analog_pc.errors import BadInput
from analog_pc.evaluation.sentences import percent
from analog_pc.files import withdraw, write_together
from analog_pc.reporting.facts import versions
from analog_pc.reporting.figures import KINDS, figure_contents
from analog_pc.reporting.json_report import finite, json_text, plain
from analog_pc.reporting.page import panel, template
from analog_pc.reporting.tables import csv_text
from analog_pc.study.report.sentences import number_text
from analog_pc.study.specification.bounds import MIN
from analog_pc.study.specification.budget import Budget, Candidate
from analog_pc.study.specification.report import figures
from analog_pc.study.specification.report.lines import (
    beyond_text,
    candidate_cells,
    confidence_text,
    costs_text,
    exceeding_text,
    faults,
    joint_text,
    known,
    price_text,
    typical_text,
)
from analog_pc.study.specification.run import FieldLimit, Specification
from analog_pc.technology.toml_file import technology_text

SCHEMA = "analog-pc specification"
VERSION = 2  # a field that changes its meaning or goes makes it one more
FIGURES = "figures"
DRAWN = ("losses", "margins", "front")
JSON = "specification.json"
TOML = "specification.toml"
CSV = "specification.csv"
PAGE = "specification.html"
NAMES = (*(f"{FIGURES}/{name}.{kind}" for name in DRAWN for kind in KINDS), CSV, TOML, PAGE, JSON)


def write_specification(found: Specification, folder: Path) -> None:
    """Table, technology, page, figures and numbers into a folder, which is made if it is missing.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written; then none of the files is left.
    """
    drawn = draw(found)
    contents: dict[str, bytes | memoryview] = {}
    for name, figure in drawn.items():
        contents |= figure_contents(figure, f"{FIGURES}/{name}")
    contents[CSV] = specification_csv(found).encode()
    if found.chip is not None:
        contents[TOML] = (_about(found) + technology_text(found.chip)).encode()
    contents[PAGE] = _page(found, drawn).encode()
    contents[JSON] = json_text(specification_dict(found)).encode()
    try:
        (folder / FIGURES if drawn else folder).mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadInput(f"{folder}: cannot be made: {fault.strerror or fault}") from None
    withdraw(folder, NAMES)
    write_together(folder, contents)


def _about(found: Specification) -> str:
    """Comments above the technology that is handed on: what was specified, what not, and what it is else."""
    values = {} if found.joint is None else found.joint.values
    others = [name for name in found.target.fields if name not in values and name not in found.missing]
    lines = [
        ("Limits of all together: ", values),
        ("Not specified, no value tried keeps the budget: ", found.missing),
        ("Not specified, no limit of accuracy was found: ", others),
    ]
    said = [f"# {label}{', '.join(names)}." for label, names in lines if names]
    return "\n".join([*said, "# All other non-ideal fields are as in ideal parts.", "", ""])


def draw(found: Specification) -> Mapping[str, Figure]:
    """The figures of what is there."""
    drawn: dict[str, Figure] = {}
    if any(one.searched is not None and not one.bound.by_modes for one in found.ordered):
        drawn["losses"] = figures.losses(found)
    if any(one.bounded for one in found.ordered):
        shares = {} if found.joint is None else found.joint.values
        drawn["margins"] = figures.margins(found.ordered, shares)
    if found.costs is not None and any(one.price.energy is not None for one in found.costs.candidates):
        drawn["front"] = figures.front(found.costs, found.target.budget)
    return drawn


def specification_dict(found: Specification) -> dict[str, Any]:
    """The specification for JSON; numbers are SI, accuracies fractions, None stands where there is none.

    ::

        schema, version  of this file
        network [sizes], data, samples, technology, ideal_accuracy, loss, confidence, seed, versions, partial
        missing          fields of which no value tried is known to keep the budget: not in the joint chip
        fields           [{name, limit, unit, direction, confidence, accuracy_at_limit, ...}]: each alone.
                         limit: the worst value that keeps the budget, null without one; direction: "min" or
                         "max"; confidence: that all verdicts are right, null where no chance is in it;
                         accuracy_at_limit: on chips that did not find it, with low, high (t over chips,
                         within 0 ... 1) and
                         sample_low, sample_high (on other samples), each of interval_confidence.
                         typical: value of the technology, met: whether it keeps the limit; beyond: the best
                         value tried beyond it, {value, loss, verdict, remark, not_built (chips),
                         unconverged (answers)}; trials: all values tried;
                         joint_limit: with all fields at work, null where it is not among them; joint_met:
                         whether the technology keeps it
        joint            {share, fields [{name, limit, unit, direction}], accuracy, low, high, chips, good,
                         yield_low, yield_high, confidence, trials}, or null
        costs            {candidates (every share tried) [{share, trial, on_front, price {energy, latency,
                         power, area, bandwidth, remark}}], chosen (index of the joint chip),
                         fields [{name, priced_by, energy_ratio}], process, message}, or null; of a
                         prediction, with linear bounds of the settling time
    """
    target = found.target
    bench = target.bench
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "network": list(bench.network.sizes),
        "data": bench.data.source,
        "samples": bench.data.samples,
        "technology": bench.technology.name,
        "ideal_accuracy": bench.ideal_accuracy,
        "loss": target.budget,
        "confidence": target.confidence,
        "seed": target.seed,
        "partial": found.partial,
        "missing": list(found.missing),
        "fields": [_field(one) | _together(one, found) for one in found.ordered],
        "joint": _joint(found),
        "costs": _costs(found.costs),
        "versions": versions(),
    }


def _field(one: FieldLimit) -> dict[str, Any]:
    confirmed = one.confirmed
    return {
        "name": one.bound.field.name,
        "meaning": one.bound.field.meaning,
        "limit": one.limit if one.bounded else None,
        "unit": one.bound.field.unit,
        "direction": one.bound.direction,
        "confidence": one.confidence,
        "accuracy_at_limit": None if confirmed is None else confirmed.accuracy,
        "low": None if confirmed is None else confirmed.low,
        "high": None if confirmed is None else confirmed.high,
        "sample_low": None if confirmed is None else confirmed.sample_low,
        "sample_high": None if confirmed is None else confirmed.sample_high,
        "interval_confidence": None if confirmed is None else confirmed.confidence,
        "chips": None if confirmed is None else confirmed.chips,
        "typical": finite(one.typical),
        "met": one.met,
        "by": "modes" if one.bound.by_modes else "accuracy",
        "beside": list(one.bound.beside),
        "beyond": None if one.beyond is None else plain(one.beyond),
        "trials": [] if one.searched is None else plain(one.searched.trials),
        "failed": one.failed or None,
    }


def _together(one: FieldLimit, found: Specification) -> dict[str, Any]:
    limit = _joint_limit(one, found)
    return {"joint_limit": limit, "joint_met": None if limit is None else one.within(limit)}


def _joint_limit(one: FieldLimit, found: Specification) -> float | None:
    return None if found.joint is None else found.joint.values.get(one.bound.field.name)


def _costs(costs: Budget | None) -> dict[str, Any] | None:
    if costs is None:
        return None
    return {
        "candidates": plain(costs.candidates),
        "chosen": costs.chosen,
        "fields": plain(costs.fields),
        "message": costs.message or None,
        "process": costs.process or None,
    }


def _joint(found: Specification) -> dict[str, Any] | None:
    joint = found.joint
    if joint is None:
        return None
    fields = [
        {
            "name": one.bound.field.name,
            "limit": joint.values[one.bound.field.name],
            "unit": one.bound.field.unit,
            "direction": one.bound.direction,
        }
        for one in found.ordered
        if one.bound.field.name in joint.values
    ]
    names = ("share", "accuracy", "low", "high", "chips", "good", "yield_low", "yield_high", "confidence")
    return {name: plain(getattr(joint, name)) for name in names} | {
        "fields": fields,
        "trials": plain(joint.trials),
    }


def specification_csv(found: Specification) -> str:
    """A line for each field: min, typ, max, and the limits of all together."""
    header = (
        "field", "unit", "min", "typ", "max", "joint limit, min", "joint limit, max", "confidence",
        "accuracy at limit", "low", "high", "beyond", "priced by", "energy ratio at limit alone",
    )  # fmt: skip
    return csv_text(header, (_line(one, found) for one in found.ordered))


def _line(one: FieldLimit, found: Specification) -> list[Any]:
    limit = one.limit if one.bounded else None
    together = _joint_limit(one, found)
    price = None if found.costs is None else found.costs.of(one.bound.field.name)
    is_min = one.bound.direction == MIN
    confirmed = one.confirmed
    return [
        one.bound.field.name,
        one.bound.field.unit,
        limit if is_min else None,
        finite(one.typical),
        None if is_min else limit,
        together if is_min else None,
        None if is_min else together,
        one.confidence,
        None if confirmed is None else confirmed.accuracy,
        None if confirmed is None else confirmed.low,
        None if confirmed is None else confirmed.high,
        beyond_text(one),
        None if price is None else price.priced_by or None,
        None if price is None else price.energy_ratio,
    ]


CAPTIONS = {
    "losses": (
        "Accuracy lost over every field",
        "Each field alone; better values to the left. Bars: what the chips tried tell of the mean over "
        "chips, at the confidence of one look. Where no bar is seen one chip stands for all, or it is "
        "shorter than the mark. Arrow at the upper edge: more is lost than the axis shows. Dashed: the "
        "budget.",
    ),
    "margins": (
        "How far the technology is from its limits",
        "The technology's own value, over the largest allowed one or under the smallest: left of 1 it is "
        "good enough. Fields that the technology has not are left out.",
    ),
    "front": (
        "Cost against accuracy, all fields together",
        "Energy of a prediction and accuracy lost, with all fields at the same share of their limits, in "
        "percent beside the marks; each chip with the smallest bandwidth that damps its circuit. Bars: what "
        "the chips tried tell of the mean over chips. Step: the Pareto front. Filled: the chip handed on. "
        "Arrow at the upper edge: a chip that loses more than the axis shows. "
        "Dashed: the budget.",
    ),
}


def _candidate(one: Candidate) -> dict[str, Any]:
    """A row of the page's table of costs."""
    return {"cells": candidate_cells(one), "remarks": ["Pareto front"] * one.on_front + faults(one.trial)}


def _page(found: Specification, drawn: Mapping[str, Figure]) -> str:
    target = found.target
    joint = found.joint
    rows = []
    for one in found.ordered:
        unit = one.bound.field.unit
        limit = number_text(one.limit, unit) if one.bounded else "-"
        value = _joint_limit(one, found)
        together = "" if value is None else number_text(value, unit)
        confirmed = one.confirmed
        rows.append(
            {
                "name": one.bound.field.name,
                "meaning": one.bound.field.meaning,
                "beside": ", ".join(one.bound.beside),
                "is_min": one.bound.direction == MIN,
                "limit": limit,
                "together": together,
                "typical": typical_text(one),
                "worse": one.bound.field.name in found.exceeding,
                "accuracy": "" if confirmed is None else percent(confirmed.accuracy),
                "interval": ""
                if confirmed is None or confirmed.chips < 2
                else f"{100.0 * confirmed.low:.1f}-{100.0 * confirmed.high:.1f}",
                "samples": ""
                if confirmed is None or one.bound.by_modes
                else f"{100.0 * confirmed.sample_low:.1f}-{100.0 * confirmed.sample_high:.1f}",
                "price": price_text(found.costs, one.bound.field.name),
                "beyond": beyond_text(one),
            }
        )
    return template("analog_pc.study.specification.report").render(
        title=f"Specification on {target.bench.technology.name}",
        opening=known(target),
        partial=found.partial,
        joint="" if joint is None else joint_text(joint, found),
        kept=found.kept,
        handed_on=found.chip is not None,
        rows=rows,
        candidates=[] if found.costs is None else [_candidate(one) for one in found.costs.candidates],
        priced="" if found.costs is None else costs_text(found.costs, found.missing),
        exceeding=exceeding_text(found),
        confidence=confidence_text(target),
        panels=[panel(figure, name, *CAPTIONS[name]) for name, figure in drawn.items()],
        versions=versions(),
    )

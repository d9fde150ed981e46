"""The files of a study, all rendered before the first is written; `results.json` comes last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.files import withdraw, write_together
from analog_pc.reporting.facts import versions
from analog_pc.reporting.figures import KINDS, figure_contents
from analog_pc.reporting.json_report import json_text, plain
from analog_pc.reporting.page import panel, template
from analog_pc.reporting.tables import csv_text
from analog_pc.reporting.text import counted
from analog_pc.study.analyses import Analyses
from analog_pc.study.confirm import Confirmation
from analog_pc.study.datasets import netcdf
from analog_pc.study.report import figures
from analog_pc.study.report.sentences import (
    confirmation_lines,
    culprit_text,
    failure_lines,
    front_lines,
    index_lines,
    limit_text,
    number_text,
    opening,
    result_text,
    value_text,
    values_text,
)
from analog_pc.study.report.wafer_map import wafer_map
from analog_pc.study.results import Results
from analog_pc.study.search import objective_front, objective_values
from analog_pc.study.yields import Yield

SCHEMA = "analog-pc study results"
VERSION = 1  # a field that changes its meaning or goes makes it one more
FIGURES = "figures"
DRAWN = ("accuracy", "map", "yield", "wafer", "pareto", "search", "tornado")
PAGE = "study.html"
RESULTS = "results.json"
CSV = "results.csv"
NETCDF = "results.nc"
YIELD = "yield.csv"
CONFIRMED = "confirmed.csv"
FRONT = "front.csv"
NAMES = (
    *(f"{FIGURES}/{name}.{kind}" for name in DRAWN for kind in KINDS),
    CSV,
    NETCDF,
    YIELD,
    CONFIRMED,
    FRONT,
    PAGE,
    RESULTS,
)
MOST_BARS = 40
MOST_ROWS = 200  # of the table on the page
COST = "energy"


def write_study(results: Results, analyses: Analyses, folder: Path, *, as_netcdf: bool = False) -> None:
    """Page, numbers, tables and figures into a folder, which holds the rows already.

    Parameters
    ----------
    results, analyses
        Of the study.
    folder
        Files of an earlier report go first.
    as_netcdf
        Whether ``results.nc`` is among them; needs the extra ``analog-pc[results]``.

    Raises
    ------
    BadInput, OSError
        When the folder cannot be written; then none of the files is left.
    """
    drawn = draw(results, analyses)
    contents: dict[str, bytes | memoryview] = {}
    for name, figure in drawn.items():
        contents |= figure_contents(figure, f"{FIGURES}/{name}")
    contents[CSV] = results.csv().encode()
    if as_netcdf:
        contents[NETCDF] = netcdf(results)
    if analyses.yields:
        contents[YIELD] = yield_csv(analyses.yields).encode()
    if analyses.confirmations:
        contents[CONFIRMED] = confirmed_csv(analyses.confirmations).encode()
    if results.study.objectives:
        contents[FRONT] = front_csv(results).encode()
    contents[PAGE] = _page(results, analyses, drawn).encode()
    contents[RESULTS] = json_text(study_dict(results, analyses)).encode()
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    withdraw(folder, NAMES)
    write_together(folder, contents)


def draw(results: Results, analyses: Analyses) -> Mapping[str, Figure]:
    """The figures of what was measured, by name."""
    drawn: dict[str, Figure] = {}
    study = results.study
    known = [one for one in results.combinations if one.accuracy is not None]
    if known and study.axes:
        drawn["accuracy"] = figures.accuracy(results)
        if len(study.axes) == 2 and study.sampler == "grid":
            drawn["map"] = figures.map_of(results)
        if len(study.axes) > 1:
            drawn["tornado"] = figures.tornado(figures.swings(results))
    if 0 < len(analyses.yields) <= MOST_BARS:
        drawn["yield"] = figures.yield_bars(analyses.yields)
    if study.wafer is not None and analyses.yields:
        drawn["wafer"] = wafer_map(results)
    if study.objectives:
        if objective_front(results).any():
            drawn["search"] = figures.search_front(results)
    elif known and COST in study.columns and len(known) > 1:
        costs = np.array([np.nan if (c := one.mean(COST)) is None else c for one in results.combinations])
        if np.isfinite(costs).any():
            drawn["pareto"] = figures.front(results, costs, COST)
    return drawn


def study_dict(results: Results, analyses: Analyses) -> dict[str, Any]:
    """The results for JSON; numbers are SI, and None stands where there is none.

    ::

        schema, version   of this file
        name, sampler, seed, chips, measures, data, samples, versions
        axes            [{name, unit, values or low, high, scale}]
        columns         column -> SI unit
        points          [{index, key, values {axis: value}, chip, measured {column: value}, failed}]
        combinations    [{values, chips, mean, low, high, unconverged}]: accuracy over chips, unconverged
                        samples counted wrong in mean; low, high: 95 % t interval
        yields          [{values, chips, good, low, high, culprits [{chip, broken, name, mended}],
                         pending: failing chips whose culprit is still to be found,
                         spreads [{name, least, typical, largest}], lots [{lot, chips, good}]}]
        confirmations   [{index, chip, simulator, samples, solved, same, deviation, whole_deviation, left_out,
                        seconds, message, verdict}]: points that ngspice solved again
        indices         [{axis, first, first_half_width, total, total_half_width}]: Sobol indices of
                        accuracy_low, or the first column, where the sampler is "saltelli"
        objectives      column -> "min" or "max", of a search
        front           indices of the combinations that no other beats in all of them; null without a search
        partial         whether points are missing
    """
    study = results.study
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "name": study.name,
        "sampler": study.sampler,
        "seed": study.seed,
        "chips": study.chips,
        "measures": [one.name for one in study.measured],
        "data": study.data.source,
        "samples": study.data.samples,
        "versions": versions(),
        "axes": [
            {"name": axis.name, "unit": axis.unit}
            | (
                {"values": plain(axis.values)}
                if axis.values
                else plain({"low": axis.low, "high": axis.high, "scale": axis.scale})
            )
            for axis in study.axes
        ],
        "columns": dict(study.columns),
        "points": plain(results.as_dict()),
        "combinations": [
            {
                "values": plain(one.values),
                "chips": len(one.chips),
                "mean": None if one.accuracy is None else one.accuracy.lowest,
                "low": _end(one.accuracy, 0),
                "high": _end(one.accuracy, 1),
                "unconverged": None if one.accuracy is None else one.accuracy.unconverged,
            }
            for one in results.combinations
        ],
        "yields": plain(analyses.yields),
        "confirmations": [plain(one) | {"verdict": one.verdict.value} for one in analyses.confirmations],
        "indices": plain(analyses.indices),
        "objectives": dict(study.objectives),
        "front": np.flatnonzero(objective_front(results)).tolist() if study.objectives else None,
        "partial": not results.whole,
    }


def _end(accuracy: Any, which: int) -> float | None:
    return None if accuracy is None or accuracy.interval is None else float(accuracy.interval[which])


def front_csv(results: Results) -> str:
    """A line for each candidate on the front: values of the axes, then means of the objectives."""
    study = results.study
    units = {axis.name: axis.unit for axis in study.axes} | dict(study.columns)
    names = [*(axis.name for axis in study.axes), *study.objectives]
    values = objective_values(results)
    return csv_text(
        [f"{name} ({units[name]})" if units.get(name) else name for name in names],
        (
            [*results.combinations[k].values.values(), *values[k].tolist()]
            for k in np.flatnonzero(objective_front(results)).tolist()
        ),
    )


def yield_csv(found: Sequence[Yield]) -> str:
    """A line for each combination."""
    names = list(found[0].values)
    header = [*names, "chips", "good", "yield", "95 % low", "95 % high", "culprit", "mended", "examined"]
    limited = list(dict.fromkeys(spread.name for one in found for spread in one.spreads))
    header += [f"{name} {end}" for name in limited for end in ("min", "typ", "max")]
    return csv_text(
        header,
        (
            [
                *one.values.values(), one.chips, one.good, one.share, one.low, one.high, one.culprit or None,
                one.mended if one.culprit else None, len(one.culprits), *_spread_cells(one, limited),
            ]
            for one in found
        ),
    )  # fmt: skip


def _spread_cells(one: Yield, limited: Sequence[str]) -> list[float | None]:
    """Least, median and largest value of every limited column."""
    there = {spread.name: (spread.least, spread.typical, spread.largest) for spread in one.spreads}
    return [value for name in limited for value in there.get(name, (None, None, None))]


CONFIRMED_COLUMNS = (
    "index", "chip", "verdict", "simulator", "samples", "solved", "same", "deviation", "whole_deviation",
    "seconds", "message",
)  # fmt: skip


def confirmed_csv(found: Sequence[Confirmation]) -> str:
    """A line for each point that a simulator solved again; deviations over full scale."""
    values = (plain(one) | {"verdict": one.verdict.value} for one in found)
    header = [f"{name} (s)" if name == "seconds" else name for name in CONFIRMED_COLUMNS]
    return csv_text(header, ([one[name] for name in CONFIRMED_COLUMNS] for one in values))


def _confirmed(one: Confirmation) -> list[str]:
    """A line of the page's table."""
    return [
        str(one.index), str(one.chip), one.verdict.value, f"{one.solved} of {one.samples}", str(one.same),
        number_text(one.deviation, ""), number_text(one.whole_deviation, ""),
    ]  # fmt: skip


CAPTIONS = {
    "accuracy": (
        "Accuracy over the axes",
        "Hollow marks: chips, unconverged samples counted wrong. With a single axis also their mean with "
        "the 95 % interval of Student's t over chips. With more axes, combinations that share a value stand "
        "side by side, ordered by the other axes' values. Dashed: the ideal network on the same samples.",
    ),
    "map": ("Accuracy over two axes", "Mean over the chips of each combination."),
    "yield": (
        "Yield",
        "Share of chips that keep all limits, with Clopper and Pearson's 95 % interval, which takes chips as "
        "independent: with lots it holds for these lots alone.",
    ),
    "wafer": (
        "Yield over the wafer",
        "Share of the lots whose chip at this place keeps all limits, for the first combinations.",
    ),
    "pareto": (
        "Accuracy against energy",
        "Every combination, means over its chips; on the front nothing is both cheaper and more accurate.",
    ),
    "search": (
        "Objectives of the search",
        "Every candidate, means over its chips, in the first two objectives, dark where it came late; no "
        "other candidate beats those on the front in all objectives.",
    ),
    "tornado": (
        "What matters",
        "Mean accuracy from the worst to the best value of each axis, averaged over all else; the values "
        "stand at the ends. Of drawn axes four equal parts are compared, named by their medians.",
    ),
}


def _page(results: Results, analyses: Analyses, drawn: Mapping[str, Figure]) -> str:
    study = results.study
    told = {id(one.values): one for one in analyses.yields}
    pending = sum(one.pending for one in analyses.yields)
    rows = [
        (
            [value_text(name, value) for name, value in one.values.items()],
            len(one.chips),
            result_text(one, study, told),
            [number_text(one.mean(column), unit) for column, unit in _others(results)],
        )
        for one in results.combinations[:MOST_ROWS]
    ]
    limits = [
        (
            name,
            [limit_text(value, study.columns[name]) for value in (one.least, one.typical, one.largest)],
            [number_text(value, study.columns[name]) for value in _range(results.column(name))],
        )
        for name, one in study.limits.each.items()
    ]
    return template("analog_pc.study.report").render(
        title=study.name,
        opening=opening(study),
        headline=_headline(results, pending),
        whole=results.whole and not results.failed and not pending,
        facts=_facts(results),
        axes=[figures.label(axis) for axis in study.axes],
        others=[f"{name} ({unit})" if unit else name for name, unit in _others(results)],
        rows=rows,
        hidden=max(len(results.combinations) - MOST_ROWS, 0),
        limits=limits,
        failures=failure_lines(results),
        culprits=[text for one in analyses.yields if (text := culprit_text(one))],
        indices=index_lines(analyses.indices, study),
        front=front_lines(results),
        confirmations=confirmation_lines(analyses.confirmations),
        confirmed=[_confirmed(one) for one in analyses.confirmations],
        panels=[panel(figure, name, *CAPTIONS[name]) for name, figure in drawn.items()],
        versions=versions(),
    )


def _range(values: Floats) -> tuple[float | None, float | None, float | None]:
    """Least, median and largest of the values that are there."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None, None, None
    return float(known.min()), float(np.median(known)), float(known.max())


def _others(results: Results) -> list[tuple[str, str]]:
    """Columns of the page beside accuracy."""
    hidden = ("accuracy", "accuracy_low", "accuracy_high", "ideal_accuracy", "samples", "right", "commonest")
    return [(name, unit) for name, unit in results.study.columns.items() if name not in hidden]


def _headline(results: Results, pending: int) -> str:
    known = [one for one in results.combinations if one.accuracy is not None]
    failed = f"; {counted(len(results.failed), 'point')} failed" if results.failed else ""
    missing = f"; without the culprits of {counted(pending, 'failing chip')}" if pending else ""
    said = f"{counted(len(results), 'point')} of {len(results.study)}{failed}{missing}"
    if not known:
        return f"{said}."
    best = max(known, key=lambda one: one.accuracy.lowest if one.accuracy else 0.0)
    assert best.accuracy is not None
    return f"{said}; best mean accuracy {100.0 * best.accuracy.lowest:.1f} % at {values_text(best.values)}."


def _facts(results: Results) -> list[tuple[str, str]]:
    study = results.study
    networks = [
        f"{name}: {'-'.join(map(str, network.sizes))} {network.activation}"
        for name, network in study.networks.items()
    ]
    return [
        ("networks", "; ".join(networks)),
        ("technologies", "; ".join(f"{one.name}: {one.source}" for one in study.technologies.values())),
        ("data", study.data.source),
        ("sampler, seed", f"{study.sampler}, {study.seed}"),
    ]

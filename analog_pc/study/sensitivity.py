"""Sobol indices: which axis the variance of a result comes from.

Needs the extra ``analog-pc[sensitivity]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.study.definition import Study
from analog_pc.study.results import Results
from analog_pc.study.samplers import SALTELLI
from analog_pc.study.seeds import BOOTSTRAP, generator
from analog_pc.technology.checks import nearest

CONFIDENCE = 0.95
RESAMPLES = 1000  # of the bootstrap


@dataclass(frozen=True, kw_only=True)
class Index:
    """Sobol indices of an axis.

    Parameters
    ----------
    first
        Share of the variance that this axis alone explains.
    total
        Share that would be left if all others were fixed: with what it does together with others.
    first_half_width, total_half_width
        Of their 95 % intervals, by bootstrap.
    """

    axis: str
    first: float
    first_half_width: float
    total: float
    total_half_width: float


def _salib() -> Any:
    try:
        return import_module("SALib.analyze.sobol")
    except ImportError:
        raise BadInput("sobol_indices: needs SALib: pip install 'analog-pc[sensitivity]'") from None


def check_sensitivity(study: Study) -> None:
    """`BadInput` where a study is sampled for Sobol indices, and SALib is not installed."""
    if study.sampler == SALTELLI:
        _salib()


def indices_of(results: Results) -> tuple[Index, ...]:
    """Sobol indices of accuracy, or of the first column; none where the study does not give them."""
    column = main_column(results.study)
    values = [one.mean(column) for one in results.combinations]
    known = {value for value in values if value is not None}
    complete = results.whole and not results.failed and None not in values
    if results.study.sampler != SALTELLI or not complete or len(known) < 2:
        return ()
    return sobol_indices(results, column)


def main_column(study: Study) -> str:
    """The column that a report has the indices of."""
    return "accuracy_low" if "accuracy_low" in study.columns else next(iter(study.columns))


def sobol_indices(results: Results, column: str) -> tuple[Index, ...]:
    """Sobol indices of every axis for the mean of a column over the chips of a combination.

    ::

        first = Var(E[y | axis]) / Var(y)        total = 1 - Var(E[y | all other axes]) / Var(y)

    Estimated by SALib (Saltelli 2010, Jansen 1999).  Each axis is taken as uniform over its range, on a
    log scale where it has one.  With few chips a combination's own chance counts as interaction.

    Parameters
    ----------
    results
        Of a whole study with the sampler "saltelli".
    column
        Of what was measured.

    Returns
    -------
    tuple of Index
        In the order of the axes.

    Raises
    ------
    BadInput
        For another sampler, an unknown column, points that are missing or failed, a column that does not
        vary, and where SALib is not installed.

    Examples
    --------
    >>> study = study_of(network, "cmos65-rram", data, axes, sampler="saltelli", points=4 * 64)
    ... # doctest: +SKIP
    >>> sobol_indices(run_study(study), "accuracy_low")  # doctest: +SKIP
    """
    study = results.study
    if study.sampler != SALTELLI:
        raise BadInput(f"sobol_indices: needs the sampler 'saltelli', got {study.sampler!r}")
    if column not in study.columns:
        raise BadInput(f"sobol_indices: unknown column {column!r}{nearest(column, study.columns)}")
    if not results.whole or results.failed:
        raise BadInput(
            f"sobol_indices: of {len(study)} points {len(results.failed)} failed, or some are missing"
        )
    sobol = _salib()
    means = [one.mean(column) for one in results.combinations]
    values = np.array([np.nan if mean is None else mean for mean in means])
    if not np.isfinite(values).all() or np.ptp(values) == 0.0:
        raise BadInput(f"sobol_indices: column {column!r} is unknown at a point, or the same at all of them")
    names = [axis.name for axis in study.axes]
    found = sobol.analyze(
        {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)},
        values,
        calc_second_order=False,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        seed=int(generator(study.seed, BOOTSTRAP).integers(2**31)),
    )
    return tuple(
        Index(
            axis=name,
            first=float(found["S1"][k]),
            first_half_width=float(found["S1_conf"][k]),
            total=float(found["ST"][k]),
            total_half_width=float(found["ST_conf"][k]),
        )
        for k, name in enumerate(names)
    )

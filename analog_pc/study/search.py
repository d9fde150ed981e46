"""Multi-objective search: candidates are chosen by what earlier ones measured (NSGA-II of Optuna).

Needs the extra ``analog-pc[search]``.

::

    generation g:  `population` candidates asked of the sampler  ->  points of a study, evaluated and stored
                   means of the objectives over their chips      ->  told to the sampler, in the order asked

The sampler is seeded, and sees nothing but these means.  So a run that was ended is resumed by the same
sequence from its start: candidates that have rows are read, not computed.  It is the same on any number of
workers; another version of Optuna may choose others.

Source: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm:
NSGA-II", IEEE Trans. Evol. Comput. 6, 182 (2002).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.errors import BadInput
from analog_pc.study.definition import Study
from analog_pc.study.engine import Progress, Tell, silent
from analog_pc.study.objectives import MAX
from analog_pc.study.pareto import pareto
from analog_pc.study.point import Found, Row, Values
from analog_pc.study.results import Combination, Results
from analog_pc.study.samplers import NSGA2
from analog_pc.study.seeds import SEARCH, generator

Evaluate = Callable[[Study, Tell], Results]
"""Evaluates the points of one generation; tells of every chunk."""


def search_study(study: Study, evaluate: Evaluate, tell: Tell = silent) -> Results:
    """Search for candidates that no other beats in all objectives.

    Parameters
    ----------
    study
        With the sampler "nsga2": `points` candidates in generations of `population`.
    evaluate
        Such as ``partial(run_study, folder=folder, workers=2)`` with its arguments in order; see `Evaluate`.
    tell
        Is told of every chunk that ends.

    Returns
    -------
    Results
        Of all candidates, in the order in which they were asked for.

    Raises
    ------
    BadInput
        For another sampler, or where Optuna is not installed; and as `run_study`.

    Examples
    --------
    >>> from analog_pc.study import axis, run_study, study_of
    >>> axes = [axis("opamp_gain", {"low": 10, "high": 1e4, "scale": "log"}), axis("levels", [4, 8, 16])]
    >>> study = study_of(network, "cmos65-rram", data, axes, sampler="nsga2", points=60, population=20,
    ...     measures=("accuracy", "cost"), objectives={"accuracy": "max", "energy": "min"})  # doctest: +SKIP
    >>> found = search_study(study, lambda part, tell: run_study(part, "out", tell=tell))  # doctest: +SKIP
    """
    check_search(study)
    if study.sampler != NSGA2:
        raise BadInput(f"search_study: needs the sampler {NSGA2!r}, got {study.sampler!r}")
    sampler = _Sampler(study)
    asked: list[Values] = []
    rows: dict[str, Row] = {}
    before = Progress(total=len(study), done=0, stored=0, failed=0)
    while len(asked) < study.points:
        count = min(study.population, study.points - len(asked))
        generation = sampler.ask(count)
        asked += generation
        last = before

        def told(progress: Progress, base: Progress = before) -> None:
            nonlocal last
            last = _sum(base, progress)
            tell(last)

        results = evaluate(dataclasses.replace(study, candidates=tuple(generation)), told)
        before = last
        rows |= {one.row.key: one.row for one in results}
        sampler.tell([objectives_of(one, study.objectives) for one in results.combinations])
    whole = dataclasses.replace(study, candidates=tuple(asked))
    points = (point for point in whole.all_points() if point.key in rows)
    return Results(whole, tuple(Found(point=point, row=rows[point.key]) for point in points))


def _sum(base: Progress, progress: Progress) -> Progress:
    """Progress of a generation after others."""
    return Progress(
        total=base.total,
        done=base.done + progress.done,
        stored=base.stored + progress.stored,
        failed=base.failed + progress.failed,
    )


def check_search(study: Study) -> None:
    """`BadInput` where a study is searched by NSGA-II, and Optuna is not installed."""
    if study.sampler == NSGA2:
        _optuna()


def _optuna() -> Any:
    try:
        return import_module("optuna")
    except ImportError:
        raise BadInput(f"sampler {NSGA2!r}: needs optuna: pip install 'analog-pc[search]'") from None


class _Sampler:
    """NSGA-II over shares of the axes, 0 to 1, which `Axis.at` makes values of."""

    def __init__(self, study: Study) -> None:
        optuna = _optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._axes = study.axes
        seed = int(generator(study.seed, SEARCH).integers(2**32))
        directions = [
            "maximize" if direction == MAX else "minimize" for direction in study.objectives.values()
        ]
        self._study = optuna.create_study(
            directions=directions,
            sampler=optuna.samplers.NSGAIISampler(population_size=study.population, seed=seed),
        )
        self._shares = {axis.name: optuna.distributions.FloatDistribution(0.0, 1.0) for axis in study.axes}
        self._failed = optuna.trial.TrialState.FAIL
        self._pending: list[Any] = []

    def ask(self, count: int) -> list[Values]:
        """So many candidates."""
        self._pending = [self._study.ask(self._shares) for _ in range(count)]
        return [
            {axis.name: axis.at(trial.params[axis.name]) for axis in self._axes} for trial in self._pending
        ]

    def tell(self, found: list[tuple[float, ...] | None]) -> None:
        """The objectives of the candidates that were asked for last, in their order; None: it failed."""
        for trial, values in zip(self._pending, found, strict=True):
            if values is None:
                self._study.tell(trial, state=self._failed)
            else:
                self._study.tell(trial, values)


def objectives_of(combination: Combination, objectives: Mapping[str, str]) -> tuple[float, ...] | None:
    """Means over the chips of a candidate; None where a chip failed or has no such number."""
    values = [combination.mean(name) for name in objectives]
    known = [value for value in values if value is not None]
    return tuple(known) if len(known) == len(values) and not combination.failed else None


def objective_values(results: Results) -> Floats:
    """Means of the objectives, [candidates, objectives]; NaN where there is none."""
    objectives = results.study.objectives
    nothing = (np.nan,) * len(objectives)
    found = [objectives_of(one, objectives) or nothing for one in results.combinations]
    return np.array(found, dtype=np.float64).reshape(-1, len(objectives))


def objective_front(results: Results) -> Bools:
    """Which candidates no other beats in all objectives, [candidates]."""
    signs = np.array([-1.0 if direction == MAX else 1.0 for direction in results.study.objectives.values()])
    return pareto(signs * objective_values(results))

"""An experiment on several relaxers and under backpropagation, joined into one result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import COLUMNS, RELAXERS, Array, Result, Row, classify
from analog_pc.experiments.framework.result_cache import NoCache, ResultCache
from analog_pc.relaxers import FixedPrediction, Relaxer

BACKPROP = "backprop"
DEVIATION = "largest deviation from ideal, {column}"


def _no_cache(column: str, config: Any) -> ResultCache:
    return NoCache()


def collect(
    experiment: Experiment[Any],
    config: Any,
    relaxers: Mapping[str, Relaxer],
    caches: Callable[[str, Any], ResultCache] = _no_cache,
    facts: Mapping[str, str] | None = None,
    agreement: Mapping[str, float] | None = None,
) -> Result:
    """Run an experiment on every relaxer, and under backpropagation where it learns; join the columns.

    Parameters
    ----------
    relaxers
        Column -> relaxer; columns are "ideal", "native", "ngspice".
    caches
        ``caches(column, config)``: cache of the finished parts of a column.
    facts
        Whatever the result should say of how it came about.
    agreement
        Column -> how near a circuit has to come to the ideal column; without an entry that is measured and
        not checked, as it should be for real parts.  None: what the experiment says of ideal parts.
    """
    outcomes: dict[str, Outcome] = {}
    everyone: dict[str, Relaxer] = {BACKPROP: FixedPrediction()} if experiment.backpropagation else {}
    everyone |= relaxers
    with single_threaded_blas():
        for column, relaxer in everyone.items():
            fitted = experiment.fit(config, column)
            outcomes[column] = experiment.run(fitted, relaxer, caches(column, fitted))
    values = {c: dict(o.values) for c, o in outcomes.items()}
    if experiment.backpropagation:
        for column in relaxers:
            values[column] |= experiment.compare(outcomes[column], outcomes[BACKPROP])
    said = {key: fact for outcome in outcomes.values() for key, fact in outcome.facts.items()}
    return Result(
        experiment.name,
        experiment.title,
        experiment.source,
        (
            *(_row(claim, values) for claim in experiment.claims(config)),
            *_deviations(values, outcomes, experiment.agreement if agreement is None else agreement),
        ),
        {c: {q: np.asarray(a) for q, a in o.arrays.items()} for c, o in outcomes.items()},
        tuple(dict.fromkeys(note for c in COLUMNS if c in outcomes for note in outcomes[c].notes)),
        config != experiment.full,
        int(getattr(config, "seeds", 1)),
        {"configuration": repr(config), **said, **_circuits(relaxers), **(facts or {})},
    )


def _circuits(relaxers: Mapping[str, Relaxer]) -> dict[str, str]:
    """Which columns are not simply what their name says."""
    return {f"column {c}": r.name for c, r in relaxers.items() if r.name != c}


def _row(claim: Claim, values: Mapping[str, Mapping[Quantity, float]]) -> Row:
    """A claim on predictive coding is checked on the relaxers; one on backpropagation on nothing else."""
    found = {c: values.get(c, {}).get(claim.quantity) for c in COLUMNS}
    reference = claim.derived if claim.published is None else claim.published
    if claim.rule == "bp":
        measured = [found[BACKPROP]]
        found |= dict.fromkeys(RELAXERS)
    else:
        measured = [found[c] for c in RELAXERS if found[c] is not None]
        if reference is None and measured:
            reference = measured.pop(0)  # the ideal column, or what stands for it where it cannot be run
    verdict = classify(reference, measured, claim.tolerance)
    return Row(
        claim.quantity,
        claim.published,
        **found,
        tolerance=claim.tolerance,
        verdict=verdict,
        rule=claim.rule,
        id=claim.id,
        derived=claim.derived,
    )


def _deviations(
    values: Mapping[str, Mapping[Quantity, float]],
    outcomes: Mapping[str, Outcome],
    agreement: Mapping[str, float],
) -> list[Row]:
    """How far each circuit is from the ideal column, over all numbers and arrays that both have."""
    if "ideal" not in outcomes:
        return []
    rows = []
    for column in [c for c in RELAXERS[1:] if c in outcomes]:
        ideal = _everything(values["ideal"], outcomes["ideal"])
        circuit = _everything(values[column], outcomes[column])
        both = [k for k, a in circuit.items() if k in ideal and ideal[k].shape == a.shape]
        if both:
            largest = max(_deviation(ideal[k], circuit[k]) for k in both)
            found = {c: largest if c == column else None for c in COLUMNS}
            tolerance = agreement.get(column)
            verdict = classify(0.0, [largest], tolerance)
            which = quantity(DEVIATION, column=column)
            rows.append(
                Row(which, 0.0, **found, tolerance=tolerance, verdict=verdict, rule="pc", id=which.id)
            )
    return rows


def _everything(values: Mapping[Quantity, float], outcome: Outcome) -> dict[Quantity, Array]:
    return {q: np.asarray(v) for q, v in values.items()} | {
        k: np.asarray(a) for k, a in outcome.arrays.items()
    }


def _deviation(reference: Array, measured: Array) -> float:
    """max |measured - reference| in units of the largest reference, at least 1."""
    if reference.size == 0 or reference.dtype.kind not in "fiu":
        return 0.0
    return float(np.abs(measured - reference).max() / max(1.0, float(np.abs(reference).max())))

"""An evaluation as a dictionary of plain numbers and strings."""

from __future__ import annotations

from typing import Any

from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.evaluation.outliers import Remedy, outliers
from analog_pc.evaluation.proposal import Proposal
from analog_pc.evaluation.results import Evaluation
from analog_pc.evaluation.sentences import advice, headline
from analog_pc.nonideality.accuracy import BUDGET, Accuracy
from analog_pc.nonideality.intervals import CONFIDENCE
from analog_pc.reporting.json_report import attributes, plain

CHIP = ("seed", "low", "high", "right", "unconverged", "changed", "commonest", "message")
SIGNAL = ("layer", "rms", "peak", "offset", "noise", "swing")
CHECK = (
    "name", "seed", "wanted", "asked", "samples", "deviation", "median", "same", "closed_form", "native",
    "seconds", "message",
)  # fmt: skip

SCHEMA = "analog-pc evaluate report"
VERSION = 2  # a field that changes its meaning or goes makes it one more


def evaluation_dict(found: Evaluation) -> dict[str, Any]:
    """The report; numbers are SI, accuracies fractions, and None stands where there is none.

    ::

        schema, version   of this file
        question        "evaluation"
        title, facts, versions, network [sizes], technology, samples, classes
        steps           [name], done [name]; partial: a step has not ended; interrupted: its name or null;
                        failed {step: why}
        headline        the answer in a sentence, advice [sentence]
        accuracy
          ideal         of the network as numbers
          guess         chance level: 1 / classes or the share of the commonest label; at_chance: whether
                        the chips are no better (binomial test, 5 %), null without chips
          chip          {mean, low, high, chips [accuracy], confidence, interval, sample_low, sample_high,
                        lowest, highest, spread, each [chip]}, null without chips.  mean is null where a
                        sample is unconverged; lowest and highest count those wrong and right.  low, high:
                        t interval over chips; sample_low, sample_high: Wilson interval for samples.  each:
                        {accuracy, seed, low, high, right, unconverged, changed, commonest, message}
          unconverged   samples without an equilibrium, over all chips
        non_idealities  [{name, accuracy, ideal, lost, low, high, unconverged, moved, samples, chips, by}],
                        each alone, the costliest first; ideal: the ideal network on the same samples
        signals         [{layer, rms, peak, offset, noise, swing}]: predictions of each layer and what their
                        amplifiers add, V
        cost            {predict, learn, write: {energy (J), latency (s), parts [{part, count, energy,
                        power (W), area (m^2), source, grade}], ...}, area, operations, technology, catalogue}
                        per stimulus, or null; grades: A measured, B modelled, C rule of thumb
        baselines       [{name, phase, energy, latency, assumption, source, grade}]
        break_even      [{width, phase, analog, analog_latency, baseline, assumption, digital, ratio, method}]
        budget          accuracy that may be lost
        limits          [{name, factor, fails, trials [{factor, lost}]}], sizes over the present one
        proposal        {changes [{name, factor, fields [{field, before, after}]}], accuracy, lost, enough}
        outliers        weights beyond 6 root mean squares of their layer: {count, remedies [{name, ideal,
                        mean, lowest, highest, lost, devices, area (m^2), power (W)}]}
        checks          [{name, seed, wanted, asked, samples, deviation, median, same, closed_form, native,
                        seconds, message}]
    """
    bench = found.bench
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "question": "evaluation",
        **attributes(found, "title", "facts", "versions", "steps", "done", "partial", "failed"),
        "network": list(bench.network.sizes),
        "technology": bench.technology.name,
        "samples": bench.data.samples,
        "classes": bench.network.sizes[-1],
        "interrupted": found.interrupted or None,
        "headline": headline(found),
        "advice": advice(found),
        "accuracy": {
            "ideal": bench.ideal_accuracy,
            "guess": bench.guess,
            "at_chance": None if found.chips is None else found.chips.by_chance(bench.guess),
            "chip": None if found.chips is None else accuracy_dict(found.chips),
            "unconverged": None if found.chips is None else found.chips.unconverged,
        },
        "non_idealities": [_non_ideality(row) for row in found.sorted_non_idealities],
        "signals": [attributes(row, *SIGNAL) for row in found.signals],
        "cost": None if found.cost is None else found.cost.as_dict(),
        "baselines": plain(found.baselines),
        "break_even": plain(found.break_even),
        "budget": BUDGET,
        "limits": [attributes(limit, "name", "factor", "fails", "trials") for limit in found.limits],
        "outliers": {"count": outliers(bench), "remedies": [_remedy(row) for row in found.remedies]},
        "proposal": None if found.proposal is None else _proposal(found.proposal),
        "checks": [attributes(one, *CHECK) for one in found.checks],
    }


def accuracy_dict(accuracy: Accuracy) -> dict[str, Any]:
    """Several chips."""
    low, high = accuracy.interval or (None, None)
    sample_low, sample_high = accuracy.sample_interval
    return {
        **attributes(accuracy, "mean", "lowest", "highest", "spread"),
        "low": low,
        "high": high,
        "chips": [chip.value for chip in accuracy.chips],
        "confidence": CONFIDENCE,
        "interval": "Student's t over chips, all on the same samples",
        "sample_low": sample_low,
        "sample_high": sample_high,
        "each": [{"accuracy": chip.value, **attributes(chip, *CHIP)} for chip in accuracy.chips],
    }


def _non_ideality(row: NonIdeality) -> dict[str, Any]:
    return {
        **attributes(row, "name", "ideal", "lost", "moved", "by"),
        "accuracy": row.accuracy.mean,
        "low": row.accuracy.lowest,
        "high": row.accuracy.highest,
        "unconverged": row.accuracy.unconverged,
        "samples": row.accuracy.samples,
        "chips": len(row.accuracy.chips),
    }


def _remedy(row: Remedy) -> dict[str, Any]:
    return {
        **attributes(row, "name", "ideal", "lost", "devices", "area", "power"),
        **attributes(row.accuracy, "mean", "lowest", "highest"),
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    changes = [
        {
            "name": change.name,
            "factor": change.factor,
            "fields": [{"field": f, "before": before, "after": after} for f, before, after in change.fields],
        }
        for change in proposal.changes
    ]
    return {
        "changes": changes,
        "accuracy": accuracy_dict(proposal.accuracy),
        **attributes(proposal, "lost", "enough"),
    }

"""An evaluation as a dictionary of plain numbers and strings."""

from __future__ import annotations

from typing import Any

from analog_pc.compiler.budget import StageBudget
from analog_pc.evaluation.accuracy import Accuracy, ChipAccuracy
from analog_pc.evaluation.check import Check
from analog_pc.evaluation.intervals import CONFIDENCE
from analog_pc.evaluation.limits import BUDGET, Limit
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.evaluation.proposal import Proposal
from analog_pc.evaluation.results import Evaluation
from analog_pc.evaluation.sentences import advice, headline
from analog_pc.verification.report.json_report import finite

VERSION = 1  # of the schema below; a field that changes its meaning or goes makes it one more


def evaluation_dict(found: Evaluation) -> dict[str, Any]:
    """The report; numbers are SI, accuracies fractions, and None stands where there is none.

    ::

        version         of this schema
        question        "evaluation"
        title, facts, versions, network [sizes], technology, samples, classes
        steps           [name], done [name]; partial: a step has not ended; interrupted: its name or null;
                        failed {step: why}
        headline        the answer in a sentence, advice [sentence]
        accuracy
          ideal         of the network as numbers
          guess         without looking: 1 / classes or the share of the commonest label; at_chance: whether
                        the chips are no better (binomial test, 5 %), null without chips
          chip          {mean, low, high, chips [accuracy], confidence, interval, sample_low, sample_high,
                        lowest, highest, spread, each [chip]}, null without chips.  mean is null where a
                        sample is unconverged; lowest and highest count those wrong and right.  low, high:
                        t interval over chips; sample_low, sample_high: Wilson interval for samples.  each:
                        {seed, accuracy, low, high, right, unconverged, changed, commonest, message}
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
        checks          [{name, seed, wanted, asked, samples, deviation, median, same, closed_form, native,
                        seconds, message}]
    """
    bench = found.bench
    return {
        "version": VERSION,
        "question": "evaluation",
        "title": found.title,
        "facts": dict(found.facts),
        "versions": dict(found.versions),
        "network": list(bench.network.sizes),
        "technology": bench.technology.name,
        "samples": bench.data.samples,
        "classes": bench.network.sizes[-1],
        "steps": list(found.steps),
        "done": list(found.done),
        "partial": found.partial,
        "interrupted": found.interrupted or None,
        "failed": dict(found.failed),
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
        "signals": [_signal(row) for row in found.signals],
        "cost": None if found.cost is None else found.cost.as_dict(),
        "baselines": [_plain(vars(one)) for one in found.baselines],
        "break_even": [_plain(vars(row)) for row in found.break_even],
        "budget": BUDGET,
        "limits": [_limit(limit) for limit in found.limits],
        "proposal": None if found.proposal is None else _proposal(found.proposal),
        "checks": [_check(one) for one in found.checks],
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers that are not finite as None."""
    return {name: finite(v) if isinstance(v, float) else v for name, v in values.items()}


def accuracy_dict(accuracy: Accuracy) -> dict[str, Any]:
    """Several chips."""
    low, high = accuracy.interval or (None, None)
    sample_low, sample_high = accuracy.sample_interval
    return {
        "mean": accuracy.mean,
        "low": low,
        "high": high,
        "chips": [chip.accuracy for chip in accuracy.chips],
        "confidence": CONFIDENCE,
        "interval": "Student's t over chips, all on the same samples",
        "sample_low": sample_low,
        "sample_high": sample_high,
        "lowest": accuracy.lowest,
        "highest": accuracy.highest,
        "spread": accuracy.spread,
        "each": [_chip(chip) for chip in accuracy.chips],
    }


def _chip(chip: ChipAccuracy) -> dict[str, Any]:
    return {
        "seed": chip.seed,
        "accuracy": chip.accuracy,
        "low": chip.low,
        "high": chip.high,
        "right": chip.right,
        "unconverged": chip.unconverged,
        "changed": chip.changed,
        "commonest": chip.commonest,
        "message": chip.message,
    }


def _non_ideality(row: NonIdeality) -> dict[str, Any]:
    return {
        "name": row.name,
        "accuracy": row.accuracy.mean,
        "ideal": row.ideal,
        "lost": row.lost,
        "low": row.accuracy.lowest,
        "high": row.accuracy.highest,
        "unconverged": row.accuracy.unconverged,
        "moved": finite(row.moved),
        "samples": row.accuracy.samples,
        "chips": len(row.accuracy.chips),
        "by": row.by,
    }


def _signal(row: StageBudget) -> dict[str, Any]:
    names = ("rms", "peak", "offset", "noise", "swing")
    return {"layer": row.layer, **{name: finite(getattr(row, name)) for name in names}}


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "name": limit.name,
        "factor": finite(limit.factor),
        "fails": finite(limit.fails),
        "trials": [{"factor": trial.factor, "lost": trial.lost} for trial in limit.trials],
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
        "lost": proposal.lost,
        "enough": proposal.enough,
    }


def _check(one: Check) -> dict[str, Any]:
    return {
        "name": one.name,
        "seed": one.seed,
        "wanted": one.wanted,
        "asked": one.asked,
        "samples": one.samples,
        "deviation": finite(one.deviation),
        "median": finite(one.median),
        "same": one.same,
        "closed_form": finite(one.closed_form),
        "native": finite(one.native),
        "seconds": finite(one.seconds),
        "message": one.message,
    }

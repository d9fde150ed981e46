"""What real parts do to a network, as a dictionary of plain numbers and strings."""

from __future__ import annotations

from typing import Any

import numpy as np

from analog_pc.nonideality.accuracy import Accuracy
from analog_pc.nonideality.results import (
    PASS,
    Departure,
    DropMap,
    Judgement,
    NoiseResult,
    Power,
    RealPhase,
    RealVerification,
    Row,
    Settling,
    Stability,
    StepRecord,
)
from analog_pc.reporting.json_report import finite
from analog_pc.verification.report.json_report import SCHEMA, VERSION

QUANTITIES = ("rms", "largest", "same_class", "cosine")


def real_dict(found: RealVerification) -> dict[str, Any]:
    """The report; numbers are SI, and None where there is none.

    ::

        schema, schema_version         as in the report on ideal parts
        title, facts, versions, parts      as in the report on ideal parts
        question        "real parts"
        verdict         "pass", "fail" or "not judged": native against SPICE; passed: verdict is "pass"
        partial         whether a step that was asked for has not been reached, or was ended by its limit
        steps           [{step, phase, state, seconds, message}], in the order in which they are done
        accuracy        whether the network still works: {verdict, message, samples, classes, ideal, chip
                        {mean, low, high, chips [{seed, accuracy, unconverged, changed}]}, unconverged,
                        changed, chips_at_chance}.  verdict: "works", "degraded", "at chance" or "not
                        judged"; accuracies are fractions, None without labels; mean is None where a sample
                        did not converge, low and high count these as wrong and as right; changed: fraction
                        of the predictions in another class than the ideal network's
        non_idealities  [name]
        phases.PHASE
          samples       how many
          judgements    [{sample, deviation (of the largest voltage), tolerance, verdict, words, seconds}]
          rows          [{name, status, mean and spread {rms, largest, same_class, cosine}, seeds}], seeds
                        [{seed, rms, ..., outcomes {words: samples}, checked, unstable, words}].  rms and
                        largest: activities against ideal parts over full scale; same_class: fraction;
                        cosine: weight update; checked: samples looked at for stability
          drops         [{array, sample, rows, columns, volts, mean, worst, loss [row][column]}], loss as
                        in `DropMap`, volts in V
          settling      [{parts, feedback_gated, sample, start, level, measured, theory, end, words,
                        seconds}], times in s; seconds is what the simulation took
          stability     {samples, margin (1/s), margin_units (g_s / C), ideal_margin, damping, words}
          noise         {sample, layers [{layer, nodes, rms_mean, rms_worst (V), over_thermal, activity}],
                        thermal (V), volts_per_unit, words}
          power         {samples, parts {name: W}, amplifiers, amplifier_watts, amplifiers_total, total,
                        settling, energy (J), words}

    What a step that was not done would have found is an empty list or None.
    """
    return {
        "schema": SCHEMA,
        "schema_version": VERSION,
        "title": found.title,
        "question": "real parts",
        "verdict": found.verdict,
        "passed": found.verdict == PASS,
        "partial": found.partial,
        "steps": [_step(record) for record in found.steps],
        "accuracy": _accuracy(found.accuracy),
        "facts": dict(found.facts),
        "versions": dict(found.versions),
        "non_idealities": list(found.non_idealities),
        "phases": {phase.phase: phase_dict(phase) for phase in found.phases},
        "parts": [{"name": p.name, "count": int(p.count), "value": p.value} for p in found.parts],
    }


def phase_dict(phase: RealPhase) -> dict[str, Any]:
    """One phase."""
    return {
        "samples": int(phase.samples),
        "judgements": [_judgement(j) for j in phase.judgements],
        "rows": [_row(row) for row in phase.rows],
        "drops": [_drop(drop) for drop in phase.drops],
        "settling": [_settling(wave) for wave in phase.settlings],
        "stability": None if phase.stability is None else _stability(phase.stability),
        "noise": None if phase.noise is None else _noise(phase.noise),
        "power": None if phase.power is None else _power(phase, phase.power),
    }


def _step(record: StepRecord) -> dict[str, Any]:
    return {
        "step": record.step,
        "phase": record.phase,
        "state": record.state.value,
        "seconds": finite(record.seconds),
        "message": record.message,
    }


def _accuracy(found: Accuracy) -> dict[str, Any]:
    low, high = found.bounds or (None, None)
    chips = [
        {
            "seed": chip.seed,
            "accuracy": None if chip.right is None or chip.unconverged else chip.right / chip.samples,
            "unconverged": chip.unconverged,
            "changed": None if chip.unconverged else 1.0 - chip.same / chip.samples,
        }
        for chip in found.chips
    ]
    changed = found.changed
    return {
        "verdict": found.verdict,
        "message": found.message,
        "samples": found.samples,
        "classes": found.classes,
        "ideal": found.ideal,
        "chip": {"mean": found.mean, "low": low, "high": high, "chips": chips},
        "unconverged": found.unconverged,
        "changed": None if changed is None or found.unconverged else changed[0],
        "chips_at_chance": found.chips_at_chance,
    }


def _judgement(j: Judgement) -> dict[str, Any]:
    return {
        "sample": int(j.sample),
        "deviation": finite(j.deviation),
        "tolerance": finite(j.tolerance),
        "verdict": j.verdict,
        "words": j.words,
        "seconds": finite(j.seconds),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "status": row.status,
        "mean": {q: finite(row.mean(q)) for q in QUANTITIES},
        "spread": {q: finite(row.spread(q)) for q in QUANTITIES},
        "seeds": [_departure(d) for d in row.departures],
    }


def _departure(d: Departure) -> dict[str, Any]:
    counts = {"outcomes": dict(d.outcomes), "checked": d.checked, "unstable": d.unstable, "words": d.words}
    return {"seed": d.seed, **{q: finite(getattr(d, q)) for q in QUANTITIES}, **counts}


def _drop(drop: DropMap) -> dict[str, Any]:
    rows, columns = drop.loss.shape
    return {
        "array": drop.array,
        "sample": int(drop.sample),
        "rows": rows,
        "columns": columns,
        "volts": finite(drop.volts),
        "mean": finite(drop.loss.mean()),
        "worst": finite(drop.loss.ravel()[np.argmax(np.abs(drop.loss))]),
        "loss": [[finite(value) for value in line] for line in drop.loss],
    }


def _settling(wave: Settling) -> dict[str, Any]:
    return {
        "parts": wave.parts,
        "feedback_gated": wave.gated,
        "sample": int(wave.sample),
        "start": wave.start,
        "level": finite(wave.level),
        "measured": finite(wave.measured),
        "theory": finite(wave.theory),
        "end": finite(wave.times[-1]) if len(wave.times) else None,
        "words": wave.words,
        "seconds": finite(wave.seconds),
    }


def _stability(s: Stability) -> dict[str, Any]:
    numbers = ("margin", "margin_units", "ideal_margin", "damping")
    return {"samples": int(s.samples), **{n: finite(getattr(s, n)) for n in numbers}, "words": s.words}


def _noise(noise: NoiseResult) -> dict[str, Any]:
    layers = [
        {
            "layer": layer,
            "nodes": len(rms),
            "rms_mean": finite(rms.mean()),
            "rms_worst": finite(rms.max()),
            "over_thermal": finite(rms.max() / noise.thermal),
            "activity": finite(rms.max() / noise.volts[layer]),
        }
        for layer, rms in enumerate(noise.rms)
        if len(rms)
    ]
    volts = [finite(unit) for unit in noise.volts]
    scales = {"thermal": finite(noise.thermal), "volts_per_unit": volts, "words": noise.words}
    return {"sample": int(noise.sample), "layers": layers, **scales}


def _power(phase: RealPhase, power: Power) -> dict[str, Any]:
    return {
        "samples": int(power.samples),
        "parts": {name: finite(watts) for name, watts in power.parts},
        "amplifiers": int(power.amplifiers),
        "amplifier_watts": finite(power.amplifier_watts),
        "amplifiers_total": finite(power.amplifiers * power.amplifier_watts),
        "total": finite(power.total) if power.parts else None,
        "settling": finite(phase.settling),
        "energy": finite(phase.energy) if power.parts else None,
        "words": power.words,
    }

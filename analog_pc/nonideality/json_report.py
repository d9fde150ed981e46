"""A non-ideality analysis as a dictionary of plain numbers and strings."""

from __future__ import annotations

from typing import Any

import numpy as np

from analog_pc.nonideality.accuracy import NetworkAccuracy
from analog_pc.nonideality.results import (
    PASS,
    IrDropMap,
    NoiseResult,
    NonIdealityAnalysis,
    PhaseAnalysis,
    Power,
    Settling,
    TableRow,
)
from analog_pc.reporting.json_report import attributes, finite, plain
from analog_pc.verification.report.json_report import SCHEMA, VERSION

QUANTITIES = ("rms", "largest", "same_class", "cosine")
CHIP = ("seed", *QUANTITIES, "outcomes", "checked", "unstable", "message")
CROSS_CHECK = ("sample", "deviation", "tolerance", "verdict", "message", "seconds")
STABILITY = ("samples", "margin", "margin_units", "ideal_margin", "damping", "message")


def report_dict(found: NonIdealityAnalysis) -> dict[str, Any]:
    """The report; numbers are SI, and None where there is none.

    ::

        schema, schema_version, title, facts, versions, parts      as in the report on ideal parts
        question        "real parts"
        verdict         "pass", "fail" or "not checked": native against SPICE; passed: verdict is "pass"
        partial         whether a step that was asked for has not been reached, or was ended by its limit
        steps           [{step, phase, state, seconds, message}], in the order in which they are done
        accuracy        whether the network still works: {verdict, message, samples, classes, ideal, chip
                        {mean, low, high, chips [{seed, accuracy, unconverged, changed}]}, unconverged,
                        changed, lost, lost_interval, guess, chips_at_chance}.  verdict: "works", "degraded",
                        "at chance" or "unknown"; lost: accuracy lost (without labels: predictions changed)
                        with its 95 % interval (Newcombe, same samples); guess: chance level, 1 / classes or
                        the share of the commonest label;
                        accuracies are fractions, None without labels; mean is None where a sample did not
                        converge, low and high count these as wrong and as right; changed: fraction of the
                        predictions in another class than the ideal network's
        non_idealities  [name]
        phases.PHASE
          samples       how many
          cross_checks  [{sample, deviation (of the largest voltage), tolerance, verdict, message, seconds}]
          rows          [{name, status, mean and spread {rms, largest, same_class, cosine}, seeds}], seeds
                        [{seed, rms, ..., outcomes {outcome: samples}, checked, unstable, message}].  rms and
                        largest: activities against ideal parts over full scale; same_class: fraction;
                        cosine: weight update; checked: samples whose stability was checked
          ir_drops      [{array, sample, rows, columns, volts, mean, worst, loss [row][column]}], loss as
                        in `IrDropMap`, volts in V
          settling      [{parts, feedback_gated, sample, start, level, measured, theory, end, message,
                        seconds}], times in s; seconds is what the simulation took
          stability     {samples, margin (1/s), margin_units (g_s / C), ideal_margin, damping, message}
          noise         {sample, layers [{layer, nodes, rms_mean, rms_worst (V), over_thermal, activity}],
                        thermal (V), volts_per_unit, message}
          power         {samples, parts {name: W}, amplifiers, amplifier_watts, amplifiers_total, total,
                        settling, energy (J), message}

    The results of a step that was not done are an empty list or None.
    """
    return {
        "schema": SCHEMA,
        "schema_version": VERSION,
        "question": "real parts",
        "passed": found.verdict == PASS,
        **attributes(found, "title", "verdict", "partial", "steps", "facts", "versions"),
        **attributes(found, "non_idealities", "parts"),
        "accuracy": _accuracy(found.accuracy),
        "phases": {phase.phase: phase_dict(phase) for phase in found.phases},
    }


def phase_dict(phase: PhaseAnalysis) -> dict[str, Any]:
    """One phase."""
    return {
        "samples": phase.samples,
        "cross_checks": [attributes(check, *CROSS_CHECK) for check in phase.cross_checks],
        "rows": [_row(row) for row in phase.rows],
        "ir_drops": [_ir_drop(found) for found in phase.ir_drops],
        "settling": [_settling(wave) for wave in phase.settlings],
        "stability": None if phase.stability is None else attributes(phase.stability, *STABILITY),
        "noise": None if phase.noise is None else _noise(phase.noise),
        "power": None if phase.power is None else _power(phase, phase.power),
    }


def _accuracy(found: NetworkAccuracy) -> dict[str, Any]:
    low, high = found.bounds or (None, None)
    chips = [
        {
            "seed": chip.seed,
            "accuracy": chip.value if found.labelled else None,
            "unconverged": chip.unconverged,
            "changed": None if chip.unconverged else chip.changed / chip.samples,
        }
        for chip in (() if found.chips is None else found.chips.chips)
    ]
    changed = found.changed
    return {
        **attributes(found, "verdict", "message", "samples", "classes", "ideal", "unconverged"),
        "chip": {"mean": found.mean, "low": low, "high": high, "chips": chips},
        "changed": None if changed is None or found.unconverged else changed[0],
        "lost": None if found.chips is None else found.lost,
        "lost_interval": found.lost_interval,
        "guess": None if found.chips is None else found.guess,
        "chips_at_chance": found.chips_at_chance,
    }


def _row(row: TableRow) -> dict[str, Any]:
    return {
        **attributes(row, "name", "status"),
        "mean": {q: finite(row.mean(q)) for q in QUANTITIES},
        "spread": {q: finite(row.spread(q)) for q in QUANTITIES},
        "seeds": [attributes(chip, *CHIP) for chip in row.chips],
    }


def _ir_drop(found: IrDropMap) -> dict[str, Any]:
    rows, columns = found.loss.shape
    return {
        **attributes(found, "array", "sample", "volts", "loss"),
        "rows": rows,
        "columns": columns,
        "mean": finite(found.loss.mean()),
        "worst": finite(found.loss.ravel()[np.argmax(np.abs(found.loss))]),
    }


def _settling(wave: Settling) -> dict[str, Any]:
    return {
        **attributes(wave, "parts", "sample", "start", "level", "measured", "theory", "message", "seconds"),
        "feedback_gated": wave.gated,
        "end": finite(wave.times[-1]) if len(wave.times) else None,
    }


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
    return {
        **attributes(noise, "sample", "thermal", "message"),
        "layers": layers,
        "volts_per_unit": plain(noise.volts),
    }


def _power(phase: PhaseAnalysis, power: Power) -> dict[str, Any]:
    return {
        **attributes(power, "samples", "amplifiers", "amplifier_watts", "message"),
        "parts": plain(dict(power.parts)),
        "amplifiers_total": finite(power.amplifiers * power.amplifier_watts),
        "total": finite(power.total) if power.parts else None,
        "settling": finite(phase.settling),
        "energy": finite(phase.energy) if power.parts else None,
    }

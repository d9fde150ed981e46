"""A verification as a dictionary of plain numbers and strings, ready for JSON.

This dictionary is also what the page reads its verdicts from, so that the two cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from analog_pc.reporting.json_report import attributes, finite, plain
from analog_pc.verification.results import Comparison, PhaseResult, TransientResult, Verification

# `report.schema.json` beside this module is the JSON Schema of both reports, on ideal and on real parts.
SCHEMA = "analog-pc verify report"
VERSION = 2


def report_dict(verification: Verification) -> dict[str, Any]:
    """The report of a verification.

    A number that is not finite becomes None; if a verdict rests on it, `passed` is False.
    """
    phases = {phase.phase: phase_dict(phase) for phase in verification.phases}
    return {
        "schema": SCHEMA,
        "schema_version": VERSION,
        "title": verification.title,
        "passed": bool(phases) and verification.passed and all(p["passed"] for p in phases.values()),
        **attributes(verification, "facts", "versions", "parts"),
        "phases": phases,
    }


def phase_dict(phase: PhaseResult) -> dict[str, Any]:
    """One phase: residuals, tolerances and scales by quantity, and what a person should know."""
    relaxation = phase.circuit.relaxation
    transient = None if phase.transient is None else transient_dict(phase.transient)
    sound = all_sound(phase.comparisons) and (transient is None or transient["passed"])
    return {
        "passed": phase.passed and sound,
        "converged": relaxation.all_converged,
        "converged_samples": int(relaxation.converged.sum()),
        "samples": phase.circuit.samples,
        "message": relaxation.message,
        **comparisons_dict(phase.comparisons),
        **attributes(phase, "relaxed", "notes", "seconds"),
        "smallest_curvature": finite(np.min(phase.curvature)) if np.size(phase.curvature) else None,
        "volts_per_unit": plain(phase.compiled.scales.activity),
        "seconds_per_unit": finite(phase.compiled.scales.seconds),
        "transient": transient,
    }


def transient_dict(transient: TransientResult) -> dict[str, Any]:
    """The transient of one sample; settling times in seconds, None where they are not finite."""
    return {
        "passed": all_sound(transient.comparisons),
        **comparisons_dict(transient.comparisons),
        **attributes(transient, "sample", "start", "settling_level", "settling_measured", "settling_theory"),
        "seconds": finite(transient.seconds),
    }


def comparisons_dict(comparisons: Iterable[Comparison]) -> dict[str, dict[str, float | None]]:
    """Residuals, tolerances and scales, each by quantity."""
    found = list(comparisons)
    return {
        "residuals": {c.quantity: finite(c.residual) for c in found},
        "tolerances": {c.quantity: finite(c.tolerance) for c in found},
        "scales": {c.quantity: finite(c.scale) for c in found},
    }


def all_sound(comparisons: Iterable[Comparison]) -> bool:
    """Whether every comparison passes on finite numbers: an infinite tolerance permits nothing."""
    return all(
        all(map(math.isfinite, (c.residual, c.tolerance, c.scale))) and bool(c.passed) for c in comparisons
    )

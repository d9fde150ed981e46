"""How operating points ended: found, at a limit, stable?"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Any, Bools, Floats, Ints
from analog_pc.circuit import Outcome, Status
from analog_pc.simulators.native.analyses.modes import all_modes
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.nonlinear_solve.search import Search

LIMITED = 0.9  # of its rail: an output that comes closer is saturated


def status_of(search: Search, check_stability: bool) -> Status:
    """The outcome of every sample of a search that has ended."""
    model = search.model
    found = search.found
    outcomes = np.full(len(found), Outcome.CONVERGED, dtype=object)
    notes: list[str] = []
    if not found.all():
        outcomes[~found] = Outcome.NOT_CONVERGED
        notes += _why_not(search)
    for sample, outcome in search.outcomes.items():
        outcomes[sample] = outcome
    sound = outcomes == Outcome.CONVERGED
    if check_stability and model.n_states and sound.any():
        notes += _mark_unstable(search, outcomes, np.flatnonzero(sound))
    full = _saturated(model, search.y, search.q)
    outcomes[full & (outcomes == Outcome.CONVERGED)] = Outcome.SATURATED
    return summary(tuple(outcomes), tuple(notes))


def _why_not(search: Search) -> list[str]:
    """One note: why the first sample that was not found was not."""
    sample = int(np.argmin(search.found))
    if search.deadline.passed:
        missing = int((~search.found).sum())
        left = "1 sample" if missing == 1 else f"{missing} samples"
        return [
            f"the time limit of {search.deadline.seconds:g} s ended the search of {left}; "
            "Native(time_limit=...) sets it"
        ]
    return [f"sample {sample}: {search.notes[sample]}"] if sample in search.notes else []


def _mark_unstable(search: Search, outcomes: Any, samples: Ints) -> list[str]:
    """Mark samples that the circuit leaves by itself; a note on the first of them."""
    samples = samples[~search.stable[samples]]
    if len(samples) == 0:
        return []
    if search.held.any():
        certified = search.model.certificate(search.held).certified(search.y[samples])
        samples = samples[~certified]
    maps, solver = search.model.reduced(True)
    notes: list[str] = []
    for sample, modes in zip(samples.tolist(), all_modes(maps, solver.form, search.y[samples]), strict=True):
        if not modes.stable:
            outcomes[sample] = Outcome.UNSTABLE
            notes = notes or [f"sample {sample}: {modes.growth}"]
    return notes


def _saturated(model: Model, y: Floats, q: Floats) -> Bools:
    """Samples in which an amplifier is within 10 % of its rail, [samples]."""
    out = np.zeros(len(y), dtype=np.bool_)
    for instance, rail in model.equations.rails:
        out |= (np.abs(y[:, instance.inputs] + q[:, instance.outputs]) > LIMITED * rail).any(axis=1)
    return out


def summary(outcomes: tuple[Outcome, ...], notes: tuple[str, ...] = ()) -> Status:
    """The first outcome that is not CONVERGED stands for the batch, with the samples that have it."""
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    if not bad:
        return Status(Outcome.CONVERGED, notes, outcomes)
    listed = ", ".join(map(str, bad[:10])) + (", ..." if len(bad) > 10 else "")
    where = () if len(outcomes) == 1 else (f"samples {listed}",)
    return Status(outcomes[bad[0]], (*where, *notes), outcomes)

"""How operating points ended: found, at a limit, stable?"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Floats
from analog_pc.circuit import Outcome, Status
from analog_pc.simulators.native.model import Model
from analog_pc.simulators.native.modes import all_modes

LIMITED = 0.9  # of its rail: an output that comes closer is saturated


def judge(model: Model, y: Floats, q: Floats, found: Bools, check_stability: bool) -> Status:
    """The outcome of every sample whose blocks read y [samples, reads] and give q [samples, writes].

    Both are looked at for stability and rails alone (`looks_at_blocks`).
    """
    outcomes = np.full(len(found), Outcome.CONVERGED, dtype=object)
    notes: list[str] = []
    if check_stability and model.n_states and found.any():
        good = np.flatnonzero(found)
        for sample, m in zip(good.tolist(), all_modes(*model.reduced(True), y[good]), strict=True):
            if not m.stable:
                outcomes[sample] = Outcome.UNSTABLE
                notes = notes or [f"sample {sample}: {m.growth}"]
    full = _saturated(model, y, q)
    if found.all() and not notes and not full.any():  # most batches; to look at every sample takes a while
        return Status(Outcome.CONVERGED, (), (Outcome.CONVERGED,) * len(found))
    outcomes[full & found & (outcomes == Outcome.CONVERGED)] = Outcome.SATURATED
    outcomes[~found] = Outcome.NOT_CONVERGED
    return summary(tuple(outcomes), tuple(notes))


def looks_at_blocks(model: Model, check_stability: bool) -> bool:
    return check_stability or bool(model.equations.rails)


def _saturated(model: Model, y: Floats, q: Floats) -> Bools:
    """Samples in which an amplifier is within 10 % of its rail, [samples]."""
    out = np.zeros(len(y), dtype=np.bool_)
    for placed, rail in model.equations.rails:
        out |= (np.abs(y[:, placed.reads] + q[:, placed.writes]) > LIMITED * rail).any(axis=1)
    return out


def summary(outcomes: tuple[Outcome, ...], notes: tuple[str, ...] = ()) -> Status:
    """The first outcome that is not CONVERGED stands for the batch, with the samples that have it."""
    bad = [k for k, outcome in enumerate(outcomes) if outcome is not Outcome.CONVERGED]
    if not bad:
        return Status(Outcome.CONVERGED, notes, outcomes)
    listed = ", ".join(map(str, bad[:10])) + (", ..." if len(bad) > 10 else "")
    where = () if len(outcomes) == 1 else (f"samples {listed}",)
    return Status(outcomes[bad[0]], (*where, *notes), outcomes)

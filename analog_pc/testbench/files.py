"""What a trial leaves in a folder: the netlist, the numbers, the figure."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analog_pc.files import write_npz, write_text
from analog_pc.reporting.style import save_figure
from analog_pc.testbench.compare import OF_CHANGE, OF_SCALE, Agreement, Departure
from analog_pc.testbench.figures import draw_trial
from analog_pc.testbench.run import PRECISION, TrialResult, trial_deck
from analog_pc.testbench.trial import Trial
from analog_pc.testbench.twin import TwinResult


def write_netlist(folder: Path, trial: Trial, precision: float = PRECISION) -> Path:
    """``trial.cir``: the whole trial, to read or to run with ``ngspice -b -r out.raw trial.cir``."""
    path = folder / "trial.cir"
    write_text(path, trial_deck(trial, precision))
    return path


def write_results(
    folder: Path,
    trial: Trial,
    result: TrialResult,
    twin: TwinResult,
    agreement: Agreement,
    departure: Departure,
) -> list[Path]:
    """``result.json``, ``waveforms.npz`` and the figure as SVG and PDF."""
    paths = [folder / "result.json", folder / "waveforms.npz"]
    text = json.dumps(summary(trial, result, agreement, departure), indent=1)
    write_text(paths[0], text + "\n")
    waveforms: dict[str, Any] = {"times": result.times}
    for name in ("activities", "predictions", "eps", "held", "forward", "transposed"):
        first = 1 if name in ("forward", "transposed") else 0  # numbered by layer
        waves = enumerate(getattr(result, name), first)
        waveforms |= {f"{name}{layer}": wave for layer, wave in waves if wave.size}
    write_npz(paths[1], **waveforms)
    return [*paths, *save_figure(draw_trial(trial, result, twin, agreement, departure), folder / "trial")]


def summary(trial: Trial, result: TrialResult, agreement: Agreement, departure: Departure) -> dict[str, Any]:
    """Numbers of a trial, SI units."""
    layers = ("predict", "learn", "predict_again")
    return {
        "sizes": list(trial.network.sizes),
        "activation": trial.network.activation,
        "learning_rate": trial.lr,
        "device": asdict(trial.device) | {"model": trial.device.name},
        "mapping": asdict(trial.mapping),
        "parts": [{"name": name, "start": a, "end": b} for name, a, b in trial.schedule.spans],
        "points": len(result.times),
        "devices": len(agreement.twin),
        "agreement": {
            "agrees": agreement.agrees,
            "largest_change_of_scale": agreement.largest_change,
            "worst_of_scale": agreement.of_scale,
            "allowed_of_scale": OF_SCALE,
            "worst_of_largest_change": agreement.of_change,
            "allowed_of_largest_change": OF_CHANGE,
            "activities": dict(zip(layers, agreement.activities, strict=True)),
            "held_forces": agreement.forces,
        },
        "ideal_rule": {
            "learning_rate": departure.lr,
            "angle_degrees": departure.angle,
            "residual": departure.residual,
        },
        "outputs": {
            "target": trial.target.tolist(),
            "before": departure.before.tolist(),
            "after": departure.again.tolist(),
            "ideal_rule": departure.ideal.tolist(),
            "ideal_rule_at_fitted_rate": departure.at_lr.tolist(),
        },
        "changes": {"circuit": agreement.circuit.tolist(), "twin": agreement.twin.tolist()},
    }

"""What a trial leaves in a folder: the netlist, the numbers, the figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from analog_pc.arrays import Floats
from analog_pc.files import npz_content, write_together
from analog_pc.reporting.figures import figure_contents
from analog_pc.testbench.behavioural_model import ModelResult
from analog_pc.testbench.compare import OF_CHANGE, OF_SCALE, Agreement, RuleDeviation
from analog_pc.testbench.figures import draw_testbench
from analog_pc.testbench.run import PRECISION, LearningWaveforms, learning_deck
from analog_pc.testbench.testbench import LearningTestbench


def write_results(
    folder: Path,
    bench: LearningTestbench,
    result: LearningWaveforms,
    model: ModelResult,
    agreement: Agreement,
    deviation: RuleDeviation,
    precision: float = PRECISION,
) -> list[Path]:
    """Write ``testbench.cir``, ``waveforms.npz``, the figure as SVG and PDF and ``result.json``: all or none.

    Parameters
    ----------
    folder
        Where the files go.
    bench
        The testbench that was simulated.
    result
        Waveforms of the circuit.
    model
        What the behavioural model gives.
    agreement, deviation
        What `compare_with_model` and `compare_with_rule` found.
    precision
        Of each step of ngspice, for the netlist.
    """
    waveforms: dict[str, Any] = {"times": result.times}
    for name in ("activities", "predictions", "eps", "held", "forward", "transposed"):
        first = 1 if name in ("forward", "transposed") else 0  # numbered by layer
        waves = enumerate(getattr(result, name), first)
        waveforms |= {f"{name}{layer}": wave for layer, wave in waves if wave.size}
    figure = draw_testbench(bench, result, model, agreement, deviation)
    numbers = summary(bench, result, agreement, deviation)
    return write_trial(folder, learning_deck(bench, precision), waveforms, figure, numbers)


def write_trial(
    folder: Path, netlist: str, waveforms: Mapping[str, Floats], figure: Figure, numbers: Mapping[str, Any]
) -> list[Path]:
    """Write the files of a trial of either kind: all or none; return their paths.

    Parameters
    ----------
    folder
        Where the files go.
    netlist
        Text of ``testbench.cir``.
    waveforms
        Arrays of ``waveforms.npz``.
    figure
        Saved as SVG and PDF.
    numbers
        Plain JSON of ``result.json``.
    """
    contents: dict[str, bytes | memoryview] = {
        "testbench.cir": netlist.encode(),
        "waveforms.npz": npz_content(**waveforms),
        **figure_contents(figure, "testbench"),
        "result.json": f"{json.dumps(numbers, indent=1)}\n".encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_together(folder, contents)
    return [folder / name for name in contents]


def summary(
    bench: LearningTestbench, result: LearningWaveforms, agreement: Agreement, deviation: RuleDeviation
) -> dict[str, Any]:
    """Numbers of a trial, SI units."""
    layers = ("predict", "learn", "predict_again")
    return {
        "sizes": list(bench.network.sizes),
        "activation": bench.network.activation,
        "learning_rate": bench.lr,
        "device": asdict(bench.device) | {"model": bench.device.name},
        "mapping": asdict(bench.mapping),
        "parts": [{"name": name, "start": a, "end": b} for name, a, b in bench.schedule.spans],
        "points": len(result.times),
        "devices": len(agreement.model),
        "agreement": {
            "agrees": agreement.agrees,
            "largest_change_of_scale": agreement.largest_change,
            "worst_of_scale": agreement.of_scale,
            "allowed_of_scale": OF_SCALE,
            "worst_of_largest_change": agreement.of_change,
            "allowed_of_largest_change": OF_CHANGE,
            "activities": dict(zip(layers, agreement.activities, strict=True)),
            "held_weighted_eps": agreement.weighted_eps,
        },
        "ideal_rule": {
            "learning_rate": deviation.lr,
            "angle_degrees": deviation.angle,
            "residual": deviation.residual,
        },
        "outputs": {
            "target": bench.target.tolist(),
            "before": deviation.before.tolist(),
            "after": deviation.again.tolist(),
            "ideal_rule": deviation.ideal.tolist(),
            "ideal_rule_at_fitted_rate": deviation.at_lr.tolist(),
        },
        "changes": {"circuit": agreement.circuit.tolist(), "behavioural_model": agreement.model.tolist()},
    }

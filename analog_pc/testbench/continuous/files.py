"""What a continuous trial leaves in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from analog_pc.arrays import Any
from analog_pc.files import write_npz, write_text
from analog_pc.reporting.style import save_figure
from analog_pc.testbench.continuous.compare import CLOSE, Closeness
from analog_pc.testbench.continuous.figures import draw_continuous
from analog_pc.testbench.continuous.run import PRECISION, Waveforms, continuous_deck
from analog_pc.testbench.continuous.setting import ContinuousTrial


def write_continuous_netlist(folder: Path, trial: ContinuousTrial, precision: float = PRECISION) -> Path:
    """``trial.cir``."""
    path = folder / "trial.cir"
    write_text(path, continuous_deck(trial, precision))
    return path


def write_continuous_results(
    folder: Path, trial: ContinuousTrial, circuit: Waveforms, ode: Waveforms, closeness: Closeness
) -> list[Path]:
    """``result.json``, ``waveforms.npz`` (of the circuit) and the figure as SVG and PDF."""
    paths = [folder / "result.json", folder / "waveforms.npz"]
    numbers: dict[str, Any] = {
        "sizes": list(trial.network.sizes),
        "activation": trial.network.activation,
        "slowness": trial.slowness,
        "points": len(circuit.times),
        "agreement": {
            "agrees": closeness.agrees,
            "weights_of_largest_change": closeness.weights,
            "allowed_of_largest_change": CLOSE,
            "activities": closeness.activities,
        },
        "largest_change": closeness.largest_change,
        "adrift": closeness.adrift,
        "outputs": {
            "target": np.asarray(trial.target).tolist(),
            "before": closeness.before.tolist(),
            "after": closeness.again.tolist(),
        },
    }
    write_text(paths[0], json.dumps(numbers, indent=1) + "\n")
    waveforms: dict[str, Any] = {"times": circuit.times}
    for name, layers in (("activities", circuit.activities), ("weights", circuit.weights)):
        waveforms |= {f"{name}{k}": wave for k, wave in enumerate(layers, int(name == "weights"))}
    write_npz(paths[1], **waveforms)
    return [*paths, *save_figure(draw_continuous(trial, circuit, ode), folder / "trial")]

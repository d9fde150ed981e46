"""What a continuous trial leaves in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from analog_pc.arrays import Any
from analog_pc.files import write_npz, write_text
from analog_pc.reporting.figures import save_figure
from analog_pc.testbench.continuous.compare import CLOSE, EquationDeviation
from analog_pc.testbench.continuous.figures import draw_continuous
from analog_pc.testbench.continuous.run import Waveforms
from analog_pc.testbench.continuous.testbench import ContinuousTestbench


def write_continuous_results(
    folder: Path, bench: ContinuousTestbench, circuit: Waveforms, ode: Waveforms, deviation: EquationDeviation
) -> list[Path]:
    """Write ``result.json``, ``waveforms.npz`` and the figure as SVG and PDF; return the paths.

    Parameters
    ----------
    folder
        Where the files go.
    bench
        The testbench that was simulated.
    circuit, ode
        Waveforms of the circuit, and of the differential equation at the same times.
    deviation
        What `compare_continuous` found.
    """
    paths = [folder / "result.json", folder / "waveforms.npz"]
    numbers: dict[str, Any] = {
        "sizes": list(bench.network.sizes),
        "activation": bench.network.activation,
        "slowness": bench.slowness,
        "points": len(circuit.times),
        "agreement": {
            "agrees": deviation.agrees,
            "weights_of_largest_change": deviation.weights,
            "allowed_of_largest_change": CLOSE,
            "activities": deviation.activities,
        },
        "largest_change": deviation.largest_change,
        "adrift": deviation.adrift,
        "outputs": {
            "target": np.asarray(bench.target).tolist(),
            "before": deviation.before.tolist(),
            "after": deviation.again.tolist(),
        },
    }
    write_text(paths[0], json.dumps(numbers, indent=1) + "\n")
    waveforms: dict[str, Any] = {"times": circuit.times}
    for name, layers in (("activities", circuit.activities), ("weights", circuit.weights)):
        waveforms |= {f"{name}{k}": wave for k, wave in enumerate(layers, int(name == "weights"))}
    write_npz(paths[1], **waveforms)
    return [*paths, *save_figure(draw_continuous(bench, circuit, ode), folder / "testbench")]

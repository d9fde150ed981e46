"""What a continuous trial leaves in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from analog_pc.arrays import Any
from analog_pc.files import npz_content, write_together
from analog_pc.reporting.figures import figure_contents
from analog_pc.testbench.continuous.compare import CLOSE, EquationDeviation
from analog_pc.testbench.continuous.figures import draw_continuous
from analog_pc.testbench.continuous.run import PRECISION, Waveforms, continuous_deck
from analog_pc.testbench.continuous.testbench import ContinuousTestbench


def write_continuous_results(
    folder: Path,
    bench: ContinuousTestbench,
    circuit: Waveforms,
    ode: Waveforms,
    deviation: EquationDeviation,
    precision: float = PRECISION,
) -> list[Path]:
    """Write ``testbench.cir``, ``waveforms.npz``, the figure as SVG and PDF and ``result.json``: all or none.

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
    precision
        Of each step of ngspice, for the netlist.
    """
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
    waveforms: dict[str, Any] = {"times": circuit.times}
    for name, layers in (("activities", circuit.activities), ("weights", circuit.weights)):
        waveforms |= {f"{name}{k}": wave for k, wave in enumerate(layers, int(name == "weights"))}
    contents: dict[str, bytes | memoryview] = {
        "testbench.cir": continuous_deck(bench, precision).encode(),
        "waveforms.npz": npz_content(**waveforms),
        **figure_contents(draw_continuous(bench, circuit, ode), "testbench"),
        "result.json": f"{json.dumps(numbers, indent=1)}\n".encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_together(folder, contents)
    return [folder / name for name in contents]

"""What a continuous trial leaves in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analog_pc.arrays import Any
from analog_pc.testbench.continuous.compare import CLOSE, EquationDeviation
from analog_pc.testbench.continuous.figures import draw_continuous
from analog_pc.testbench.continuous.run import PRECISION, Waveforms, continuous_deck
from analog_pc.testbench.continuous.testbench import ContinuousTestbench
from analog_pc.testbench.files import write_trial


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
    figure = draw_continuous(bench, circuit, ode)
    return write_trial(folder, continuous_deck(bench, precision), waveforms, figure, numbers)

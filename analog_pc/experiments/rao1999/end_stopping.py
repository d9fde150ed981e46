"""What is measured of a hierarchy: responses to bars of growing length, and to a bar that appears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.arrays import Floats
from analog_pc.compiler import compile_network
from analog_pc.errors import SimulationFailed
from analog_pc.experiments.rao1999.hierarchy import MIDDLE, Hierarchy
from analog_pc.experiments.rao1999.photographs import bars
from analog_pc.pcn import Equilibrium, PredictiveCodingGraph
from analog_pc.relaxers import CircuitRelaxer, Relaxer

MOST_DRIVEN = 8  # units of the middle module whose end-stopping makes the index
CLOSED = 1.0  # activity of the switch between the levels
OPEN = 0.0
MISMATCH = 0.05
OFFSET = 3e-3  # V
CHIP = f"{100 * MISMATCH:g} % mismatch and {1e3 * OFFSET:g} mV offsets"


def curves(hierarchy: Hierarchy, relaxer: Relaxer, compressed: bool = False) -> dict[str, Floats]:
    """|eps| of the middle module for every bar, [lengths, 32]: "on" with feedback and "cut" without.

    One network, and one circuit where it is compiled: its switch is one more clamp.
    """
    found = _readings(hierarchy, relaxer, bars()[1], compressed)
    return {name: np.abs(eps) for name, eps in found.items()}


def zeroed_curves(hierarchy: Hierarchy, relaxer: Relaxer, compressed: bool = False) -> dict[str, Floats]:
    """The curves, and as "on-zeroed" and "cut-zeroed" those without the reading of a blank screen.

    That is correlated double sampling: offsets cancel in the difference.
    """
    stimuli = bars()[1]
    images = np.concatenate([stimuli, np.zeros((1, stimuli.shape[1]))])
    found: dict[str, Floats] = {}
    for name, eps in _readings(hierarchy, relaxer, images, compressed).items():
        found[name] = np.abs(eps[:-1])
        found[f"{name}-zeroed"] = np.abs(eps[:-1] - eps[-1])
    return found


def _readings(hierarchy: Hierarchy, relaxer: Relaxer, images: Floats, compressed: bool) -> dict[str, Floats]:
    """eps of the middle module with the switch closed, "on", and open, "cut"."""
    features, seen = hierarchy.compressed(images) if compressed else (None, images)
    graph = hierarchy.graph(features)
    switch = np.repeat([CLOSED, OPEN], len(images))[:, None]
    equilibrium = _at_rest(graph, relaxer, {"switch": switch, "pixels": np.tile(seen, (2, 1))})
    if not equilibrium.relaxation.all_converged:
        raise SimulationFailed(f"{relaxer.name}: no equilibrium: {equilibrium.relaxation.message}")
    on, cut = np.split(equilibrium.eps[graph.index("level1")][:, MIDDLE], 2)
    return {"on": on, "cut": cut}


def _at_rest(graph: PredictiveCodingGraph, relaxer: Relaxer, clamps: dict[str, Floats]) -> Equilibrium:
    """The equilibrium; E is quadratic at each position of the switch, so any search ends in the one rest."""
    if not isinstance(relaxer, CircuitRelaxer):
        return relaxer.relax(graph, clamps=clamps)
    compiled = compile_network(graph, relaxer.technology, clamps=clamps, seed=relaxer.seed)
    analysis = compiled.operating_point(by_relaxation=False)
    return compiled.decode(relaxer.simulator.simulate(compiled.circuit, analysis))


def response(hierarchy: Hierarchy, relaxer: Relaxer, times: Floats) -> Floats:
    """Mean |eps| of the middle module at `times` after the longest bar has appeared, from rest at 0."""
    image = bars()[1][-1]
    if not isinstance(relaxer, CircuitRelaxer):
        return np.asarray(np.abs(hierarchy.response(image, times)[:, MIDDLE]).mean(axis=1))
    features, seen = hierarchy.compressed(image[None])
    graph = hierarchy.graph(features)
    compiled = compile_network(
        graph, relaxer.technology, clamps={"switch": np.array([[CLOSED]]), "pixels": seen}, seed=relaxer.seed
    )
    # the fastest mode lasts 1 / 43 of C / g_s: its spline needs steps of a third of that
    analysis = compiled.transient(start="zero", duration=float(times[-1]), max_step=float(times[-1]) / 1500.0)
    wave = compiled.decode_waveform(relaxer.simulator.simulate(compiled.circuit, analysis))
    _, first = np.unique(wave.times, return_index=True)
    eps = CubicSpline(wave.times[first], wave.eps[graph.index("level1")][first])(times)
    return np.asarray(np.abs(eps[:, MIDDLE]).mean(axis=1))


def imperfect(relaxer: CircuitRelaxer, seed: int) -> CircuitRelaxer:
    """The same simulator on a chip of mismatched transposed arrays and of op-amps with offsets."""
    technology = replace(
        relaxer.technology,
        name=f"{relaxer.technology.name} with {CHIP}",
        transposed_mismatch=MISMATCH,
        opamp_offset=OFFSET,
    )
    return CircuitRelaxer(relaxer.simulator, technology, seed)


def long_over_peak(eps: Floats) -> float:
    """Response of a module to the longest bar over its largest one; `eps` [lengths, 32]."""
    mean = eps.mean(axis=1)
    return float(mean[-1] / mean.max())


def length_at_peak(eps: Floats) -> float:
    """Length of the bar that drives a module most."""
    return float(bars()[0][eps.mean(axis=1).argmax()])


def end_stopping(eps: Floats, driven: Floats) -> float:
    """Mean of 1 - long / peak of the units that `driven` [32] says are driven most."""
    most = np.argsort(-driven, kind="stable")[:MOST_DRIVEN]
    return float(np.mean(1.0 - eps[-1, most] / eps[:, most].max(axis=0)))

"""Noise of nodes by ngspice: its small-signal analysis, and the density integrated over the band.

::

    node --+-- circuit      .noise v(node) Iprobe dec ...      rms^2 = integral of S(f) df, low ... high
           |
        Iprobe (0 A)        ngspice wants a source to refer the noise to; this one carries nothing

Resistors (devices and wires are resistors) make 4 k T / R, at the circuit's temperature; the noise of an
amplifier's input is made by a resistor (see `amplifiers.py`); behavioural and controlled sources make none.
The total that ngspice 39 gives is not used: it is NaN for some circuits whose density is finite throughout.
The integral is taken of a cubic spline of f S over log f at 100 points a decade.  Measured with 1 MOhm and
1 pF it leaves 1.7e-7 of the rms, all of it ngspice's value of k (that of 2014); ngspice's own total 1e-5.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from analog_pc.circuit import Circuit, Diodes, Noise
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.simulators.spice.deck import complete, known_nodes, nodesets
from analog_pc.simulators.spice.names import number
from analog_pc.simulators.spice.precision import operating_point_options
from analog_pc.simulators.spice.rawfile import Plot
from analog_pc.simulators.spice.timed import refuse_memristors

_PROBE = "I_probe"  # users' names cannot start with an underscore
_PER_DECADE = 100
_BEYOND = 10.0 ** (4.0 / _PER_DECADE)  # four points past the band, so that a narrow one has enough of them
_DENSITY = "onoise_spectrum"  # V / sqrt(Hz)
_ZERO_CELSIUS = 273.15  # K


def noise_deck(circuit: Circuit, analysis: Noise, node: str) -> str:
    """The deck of the noise at one node.

    ngspice 39 runs the analyses of a deck in the reverse of their order, and its plots do not name the node;
    so every node has a deck of its own.

    Raises
    ------
    BadInput
        For nodes that the circuit does not have, and circuits that have no state of rest.
    """
    refuse_memristors(circuit)
    _refuse_diodes(circuit)
    (out,) = known_nodes(circuit, [node])
    celsius = number(circuit.temperature - _ZERO_CELSIUS)
    high = analysis.high * _BEYOND
    stepping = " gminsteps=0 srcsteps=0" if analysis.guess else ""  # as in an operating point
    options = operating_point_options(circuit, analysis.stimuli, analysis.guess)
    lines = [
        f"{_PROBE} 0 {out} 0 ac 1",
        *nodesets(circuit, analysis.guess),
        f"{options}{stepping} temp={celsius} tnom={celsius}",
        f".noise v({out}) {_PROBE} dec {_PER_DECADE} {number(analysis.low)} {number(high)}",
    ]
    return complete(circuit, analysis.stimuli, lines)


def _refuse_diodes(circuit: Circuit) -> None:
    """Their models hold for the temperature of the other decks, and no simulator could confirm the noise."""
    for path, element in circuit.banks():
        if isinstance(element, Diodes):
            place = f"{path}.{element.name}" if path else element.name
            raise BadInput(f"ngspice: {place}: the noise of diodes is not modelled; leave them out")


def rms_of(plots: list[Plot], analysis: Noise, node: str) -> float:
    """Volts of the noise at the node over the band.

    Raises
    ------
    SimulationFailed
        If ngspice gave no density, no finite one, or not over the whole band.
    """
    found = [p for p in plots if _DENSITY in p.variables and "frequency" in p.variables]
    if len(found) != 1:
        raise SimulationFailed(f"ngspice: noise of node {node!r}: expected one density, got {len(found)}")
    hertz, density = (found[0].data[:, found[0].variables.index(v)] for v in ("frequency", _DENSITY))
    if not np.isfinite(density).all():
        raise SimulationFailed(f"ngspice: noise of node {node!r}: the density is not finite")
    if len(hertz) < 4 or hertz[0] > analysis.low * (1.0 + 1e-9) or hertz[-1] < analysis.high:
        raise SimulationFailed(f"ngspice: noise of node {node!r}: the density does not cover the band")
    spectrum = CubicSpline(np.log(hertz), hertz * density**2)  # variance per unit of log f
    return float(np.sqrt(max(spectrum.integrate(np.log(analysis.low), np.log(analysis.high)), 0.0)))

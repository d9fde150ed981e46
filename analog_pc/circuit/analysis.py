"""Analyses as data: operating points, transients and noise, each with its stimuli."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import get_args

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, is_number
from analog_pc.circuit.circuit import Circuit
from analog_pc.errors import BadInput
from analog_pc.numeric import finite_number

Stimuli = Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class Settling:
    """Let the circuit relax as a transient before its operating point is searched.

    `initial` gives the volts of the nodes that hold charge (or state) at t = 0, [samples] each; the
    transient lasts `duration` seconds, and is prolonged until the circuit rests.
    """

    initial: Mapping[str, Floats]
    duration: float


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """Direct-current solution for a batch of stimuli.

    Parameters
    ----------
    stimuli
        Volts per stimulus name, [samples, sources].
    preset
        Stimuli of the state that each sample starts from (same shapes).  A simulator first settles the
        preset of a sample and then continues from that state to the sample's own stimuli, because
        a nonlinear circuit may have several operating points.  None: start from where the simulator is.
    guess
        Volts of nodes that the search for the first (preset) state starts from, one number or one for each
        sample [samples]; a simulator that goes from sample to sample uses the first sample's volts.
    settling
        Reach every sample by relaxation instead, and search its operating point from where the
        transient came to rest: slower, and sure to be the state that the circuit relaxes to.
    proof
        The relaxation by which a SPICE program proves that what it found by way of presets is the state
        that the circuit relaxes to.
    save
        Nodes to keep; empty keeps all.
    """

    stimuli: Stimuli
    preset: Stimuli | None = None
    guess: Mapping[str, ArrayLike] = field(default_factory=dict)
    settling: Settling | None = None
    save: tuple[str, ...] = ()
    proof: Settling | None = None

    @property
    def samples(self) -> int:
        return next((len(volts) for volts in self.stimuli.values()), 1)

    @property
    def first_guess(self) -> dict[str, float]:
        """The guess for the first sample."""
        return {node: float(np.ravel(volts)[0]) for node, volts in self.guess.items()}


@dataclass(frozen=True, eq=False)
class Transient:
    """Waveforms of one sample from given node voltages.

    Parameters
    ----------
    stimuli
        Constant volts per stimulus name, [sources].
    initial
        Volts of the nodes that hold charge at t = 0.
    duration, max_step
        Seconds; the simulator picks its own steps, none longer than `max_step`.
    save
        Nodes to keep; empty keeps all.
    precision
        Relative precision asked of each step.
    stiff
        Ask for a method that damps fast modes (ngspice: Gear) instead of the trapezoidal rule.
    least_current
        A; iterations of a SPICE program may end while currents of sources move by less.  Where switches carry
        amperes per volt, currents are rounded to more than the usual value, and no step would ever converge.
    """

    stimuli: Stimuli
    initial: Mapping[str, float]
    duration: float
    max_step: float
    save: tuple[str, ...] = ()
    stiff: bool = False
    precision: float = 1e-8
    least_current: float = 1e-18

    def __post_init__(self) -> None:
        for name in ("duration", "max_step", "precision", "least_current"):
            number = finite_number(f"transient: {name}", getattr(self, name))
            object.__setattr__(self, name, number)


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise at some nodes around the operating point of one sample.

    What makes noise: resistors, devices and wires (4 k T / R of the circuit's temperature) and the inputs of
    amplifiers; controlled sources are noiseless.

    Parameters
    ----------
    stimuli
        Constant volts per stimulus name, [sources].
    nodes
        Where it is looked at.
    low, high
        Hz; the band over which the spectral density is integrated.  A simulator that integrates over
        all frequencies says so, and the band is wide enough if the two agree.
    guess
        Volts of nodes that the search for the operating point starts from.
    """

    stimuli: Stimuli
    nodes: tuple[str, ...]
    low: float
    high: float
    guess: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.nodes, tuple | list) or not all(isinstance(n, str) for n in self.nodes):
            raise BadInput(f"noise: nodes = {self.nodes!r}, must be a tuple of names such as ('x1_0',)")
        if not self.nodes:
            raise BadInput("noise: no nodes to look at")
        if not (is_number(self.low) and is_number(self.high) and 0.0 < self.low < self.high < np.inf):
            raise BadInput(f"noise: band {self.low!r} ... {self.high!r} Hz, must be 0 < low < high < inf")


Analysis = OperatingPoint | Transient  # what `simulate` answers; noise has a method and an answer of its own


def check_analysis(circuit: Circuit, analysis: Analysis | Noise, kinds: UnionType | type = Analysis) -> None:
    """Refuse stimuli that are missing, unknown, not finite or of the wrong shape, by name; and guesses.

    Parameters
    ----------
    circuit
        The circuit that is to be analysed.
    analysis
        What is asked of it.
    kinds
        The kinds of analysis that the caller can do.

    Raises
    ------
    BadInput
        Also for what is none of these kinds of analysis.
    """
    if not isinstance(analysis, kinds):
        wanted = " or ".join(kind.__name__ for kind in get_args(kinds) or (kinds,))
        raise BadInput(
            f"circuit {circuit.name}: the analysis must be {wanted}, got a {type(analysis).__name__}"
        )
    if isinstance(analysis, OperatingPoint):
        _check_guess(analysis)
    sets = {"stimuli": analysis.stimuli}
    if isinstance(analysis, OperatingPoint) and analysis.preset is not None:
        sets["preset"] = analysis.preset
    for what, stimuli in sets.items():
        if stimuli.keys() != circuit.stimuli.keys():
            raise BadInput(
                f"{what} of circuit {circuit.name}: got {sorted(stimuli)}, expected {sorted(circuit.stimuli)}"
            )
        for name, sources in circuit.stimuli.items():
            batch = (analysis.samples,) if isinstance(analysis, OperatingPoint) else ()
            expected = (*batch, sources)
            volts = np.asarray(stimuli[name])
            if volts.shape != expected:
                raise BadInput(f"{what} {name!r}: shape {volts.shape}, expected {expected}")
            if not np.isfinite(volts).all():
                raise BadInput(f"{what} {name!r}: holds a value that is not finite")


def _check_guess(analysis: OperatingPoint) -> None:
    shapes = ((), (analysis.samples,))
    volts = {}
    for node, guess in analysis.guess.items():
        volts[node] = np.asarray(guess, dtype=np.float64)
        if volts[node].shape not in shapes:
            raise BadInput(f"guess {node!r}: shape {volts[node].shape}, expected () or {shapes[1]}")
    if not np.isfinite(np.concatenate([np.empty(0), *map(np.ravel, volts.values())])).all():  # all at once
        node = next(node for node, guess in volts.items() if not np.isfinite(guess).all())
        raise BadInput(f"guess {node!r}: holds a value that is not finite")

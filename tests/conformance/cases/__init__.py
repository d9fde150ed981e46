"""Small circuits whose answers are known in closed form; every simulator must find them."""

from cases import (
    amplifiers,
    crossbars,
    diodes,
    gates_and_laws,
    graph_cells,
    graph_cells_waveforms,
    linear,
    transients,
)
from cases.case import Case, NoiseCase
from cases.noise import NOISE_CASES

RESTS = (
    *linear.CASES,
    *amplifiers.CASES,
    *crossbars.CASES,
    *diodes.CASES,
    *gates_and_laws.CASES,
    *graph_cells.CASES,
)
TRANSIENTS = (*transients.CASES, *diodes.WAVEFORMS, *graph_cells_waveforms.CASES)
CASES = RESTS + TRANSIENTS

__all__ = ["CASES", "NOISE_CASES", "RESTS", "TRANSIENTS", "Case", "NoiseCase"]

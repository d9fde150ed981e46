"""The results of a verification as data: the report and the command line only read them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from analog_pc.arrays import Floats
from analog_pc.compiler import CompiledNetwork, Waveform
from analog_pc.pcn import Equilibrium


@dataclass(frozen=True)
class Comparison:
    """One quantity of the circuit against the ideal reference.

    `residual` is max |circuit - ideal| / `scale`, `scale` the full scale of the quantity in its own unit,
    `tolerance` what finite gain and the simulator's stopping rule permit (see `tolerances.py`).
    """

    quantity: str
    residual: float
    scale: float
    tolerance: float

    @property
    def passed(self) -> bool:
        return self.residual <= self.tolerance


@dataclass(frozen=True, eq=False)
class TransientResult:
    """One sample relaxed as a transient, against the reference ODE.

    Times of `waveform` are in units of C / g_s; `reference[l]` [times, n_l] are the ideal activities at the
    same times and `reference_energy` [times] their energy.  `comparisons` are named waveform, end, energy
    (largest rise of E(t) over E(0)).  Settling times are seconds until `settling_level` of the distance to
    the end remains: measured in the circuit, and C / (g_s lambda_min) ln(1/level) of the linearised flow.
    """

    sample: int
    start: str
    waveform: Waveform
    reference: tuple[Floats, ...]
    reference_energy: Floats
    comparisons: tuple[Comparison, ...]
    settling_level: float
    settling_measured: float
    settling_theory: float
    seconds: float


@dataclass(frozen=True, eq=False)
class PhaseResult:
    """One phase ("predict" or "learn"): the operating points of all samples, and a transient if asked for.

    `curvature` [samples] is the smallest eigenvalue of the Hessian at the circuit's own solution;
    `relaxed` lists samples whose operating point is the end of a transient; `notes` are for a person.
    """

    phase: str
    compiled: CompiledNetwork
    ideal: Equilibrium
    circuit: Equilibrium
    comparisons: tuple[Comparison, ...]
    curvature: Floats
    relaxed: tuple[int, ...]
    notes: tuple[str, ...]
    seconds: float
    transient: TransientResult | None = None

    @property
    def all_comparisons(self) -> tuple[Comparison, ...]:
        """Of the operating points, and of the transient."""
        return self.comparisons + (self.transient.comparisons if self.transient else ())

    @property
    def passed(self) -> bool:
        return all(c.passed for c in self.all_comparisons) and self.circuit.relaxation.all_converged


@dataclass(frozen=True)
class Part:
    """A row of the parts table: how many, of what, with which values."""

    name: str
    count: int
    value: str


@dataclass(frozen=True, eq=False)
class Verification:
    """Everything that a report shows; `facts` are label -> text (data, seed, accuracy, ...)."""

    title: str
    phases: tuple[PhaseResult, ...]
    parts: tuple[Part, ...]
    versions: dict[str, str]
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.phases) and all(phase.passed for phase in self.phases)


def full_scale(comparison: Comparison | None) -> float:
    """The scale of a comparison, 1 where it has none that can be divided by."""
    scale = comparison.scale if comparison else 1.0
    return scale if math.isfinite(scale) and scale > 0.0 else 1.0

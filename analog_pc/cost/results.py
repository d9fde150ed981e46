"""What a network costs on a chip, as data: energy, latency and area by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analog_pc.reporting.json_report import attributes

ASSUMED = "assumed: "  # at the start of the source of a value that nothing but an assumption gives


@dataclass(frozen=True)
class PartCost:
    """One line of the table: `count` parts together take `energy` J in the phase and `area` m^2.

    `power` in W while they are on.  `source` and `grade` say where the values come from: A measured, B
    modelled, C rule of thumb; what the native simulator found has the grade of the values that it was given.
    """

    part: str
    count: int
    energy: float
    power: float
    area: float
    source: str
    grade: str


@dataclass(frozen=True, kw_only=True)
class PhaseCost:
    """One phase, per stimulus: predict, learn (one relaxation) or write (one update of every device).

    Parameters
    ----------
    latency
        s: converters, then settling of the slowest sample, then converters.
    parts
        Everything on the chip that takes energy or area; amplifiers are on all the time.
    formula_energy, formula_latency
        The same from the formulas of `formula.py` alone, J and s; NaN where there is none.
    gated_energy
        J, where everything is off while it is not needed; see `network_cost`.
    settling
        s, the part of `latency` in which the circuit settles; `method` says how it was found.  Where it is a
        `bound`, energy and latency are upper bounds too.
    samples
        Stimuli that the energies are means of.
    """

    phase: str
    latency: float
    parts: tuple[PartCost, ...]
    formula_energy: float
    formula_latency: float
    gated_energy: float
    settling: float
    method: str
    samples: int
    notes: tuple[str, ...] = ()
    bound: bool = False

    @property
    def energy(self) -> float:
        """J: the sum of the parts."""
        return sum(part.energy for part in self.parts)

    @property
    def area(self) -> float:
        """m^2: the sum of the parts."""
        return sum(part.area for part in self.parts)

    @property
    def power(self) -> float:
        """Mean power over the latency, W: less than the sum of the parts, some of which are on for part."""
        return self.energy / self.latency if self.latency > 0.0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON; what is not a number is None."""
        return attributes(
            self, "energy", "latency", "power", "gated_energy", "formula_energy", "formula_latency",
            "settling", "method", "bound", "samples", "notes", "parts",
        )  # fmt: skip


@dataclass(frozen=True)
class Operations:
    """Energy per operation in two conventions that are never mixed; 2 operations per multiply-accumulate.

    `forward`: J per operation of the forward pass that a prediction replaces.  `relaxation`: J per operation
    of the digital relaxation that a learn phase replaces: `iterations` of the best fixed step, which come as
    close to the equilibrium as the circuit does when it counts as settled (`residual` of the move), with
    the product of the clamped input and W_1 made once.  NaN where the phase was not looked at, or where the
    digital relaxation does not converge: `relaxation_macs` and `iterations` are then None.
    """

    forward: float
    relaxation: float
    forward_macs: int
    relaxation_macs: int | None
    iterations: int | None
    residual: float


@dataclass(frozen=True, eq=False)
class Cost:
    """What a network costs on a technology.

    Parameters
    ----------
    phases
        "predict", "learn" and "write" -> `PhaseCost`; a phase that was not looked at is absent.
    area
        m^2 of the whole chip.
    operations
        Energy per operation.
    technology, catalogue
        Names of what it is made of.
    failed
        Phase -> why it has no cost: no operating point, or no pulses that write it.
    """

    phases: Mapping[str, PhaseCost]
    area: float
    operations: Operations
    technology: str
    catalogue: str
    failed: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: phase -> energy, latency, parts ...; and "area", "operations"."""
        phases = {name: phase.as_dict() for name, phase in self.phases.items()}
        return phases | attributes(self, "area", "operations", "technology", "catalogue", "failed")

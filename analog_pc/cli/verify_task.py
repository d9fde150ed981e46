"""What `analog-pc verify` is asked for, as options and then as a checked task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Simulator
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """The options of the command, by their names there."""

    network: Path | None
    data: str | None
    samples: int
    phases: str | None
    transient: bool
    technology: Technology
    seed: int
    cross_check: int
    reference: str | None
    seeds: int
    skip: str | None
    only: str | None
    time_limit: float
    timeout: float
    out: Path

    @property
    def non_ideal(self) -> bool:
        """Whether the technology has non-idealities."""
        return bool(present(self.technology))


@dataclass(frozen=True, eq=False, kw_only=True)
class Task:
    """What is verified: checked, and with stimuli; `steps` are those of a non-ideality analysis."""

    options: VerifyOptions
    network: PredictiveCodingNetwork
    inputs: Floats
    targets: Floats | None
    phases: tuple[str, ...]
    steps: tuple[str, ...]
    simulator: Simulator
    title: str
    facts: dict[str, str]

"""What real parts do to a network, as data: figures, page and command line only read it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analog_pc.verify.real.measured import DropMap, NoiseResult, Power, Settling, Stability
from analog_pc.verify.results import Part

PASS, FAIL, NOT_JUDGED = "pass", "fail", "not judged"


@dataclass(frozen=True)
class Judgement:
    """One sample of one phase in a SPICE simulator and in the native simulator.

    `deviation` is the largest distance of a probed node over the largest voltage, NaN where nothing could be
    compared; `words` say how either ended; `seconds` is what SPICE took.
    """

    phase: str
    sample: int
    deviation: float
    tolerance: float
    words: str
    seconds: float

    @property
    def verdict(self) -> str:
        if not np.isfinite(self.deviation):
            return NOT_JUDGED
        return PASS if self.deviation <= self.tolerance else FAIL


@dataclass(frozen=True)
class Departure:
    """One circuit (one seed) against the one of ideal parts, over the samples that have a solution.

    `rms` and `largest` deviation of the activities over their full scale, `same_class` the fraction of equal
    predictions, `cosine` that of the angle between the weight updates; NaN where it is not defined.
    `rms_of_equations` and `largest_of_equations`: deviation from the ideal reference instead.
    `outcomes` maps what became of a sample, in words, to how many samples; `unstable` of `checked` samples
    rest on a point that the circuit leaves by itself.
    """

    seed: int
    rms: float
    largest: float
    same_class: float
    cosine: float
    outcomes: dict[str, int]
    checked: int
    unstable: int
    words: str = ""
    rms_of_equations: float = np.nan
    largest_of_equations: float = np.nan


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the table of imperfections: what is on, and what it does, for every seed."""

    phase: str
    name: str
    departures: tuple[Departure, ...]

    def mean(self, quantity: str) -> float:
        """Mean over the seeds of a field of `Departure`; NaN where one has none."""
        return float(np.mean([getattr(d, quantity) for d in self.departures]))

    def spread(self, quantity: str) -> float:
        """Standard deviation over the seeds (n - 1); 0 for what is not random."""
        found = [getattr(d, quantity) for d in self.departures]
        return float(np.std(found, ddof=1)) if len(found) > 1 else 0.0

    @property
    def status(self) -> str:
        """In words, over all seeds: what became of the samples, and how many were looked at for stability."""
        total: dict[str, int] = {}
        for departure in self.departures:
            for words, count in departure.outcomes.items():
                total[words] = total.get(words, 0) + count
        samples = sum(total.values())
        said = [w if n == samples else f"{w} ({n} of {samples})" for w, n in total.items()]
        unstable, checked = (sum(getattr(d, f) for d in self.departures) for f in ("unstable", "checked"))
        if unstable:
            said.insert(0, f"unstable ({unstable} of {checked} looked at)")
        said += dict.fromkeys(d.words for d in self.departures if d.words)
        return "; ".join(said)


@dataclass(frozen=True, eq=False)
class RealPhase:
    """All that was found in one phase; `judgements` is empty where none was asked for."""

    phase: str
    samples: int
    judgements: tuple[Judgement, ...]
    rows: tuple[Row, ...]
    drops: tuple[DropMap, ...]
    settlings: tuple[Settling, ...]
    stability: Stability
    noise: NoiseResult
    power: Power


@dataclass(frozen=True, eq=False)
class RealVerification:
    """Everything that a report on real parts shows; `facts` are label -> text."""

    title: str
    imperfections: tuple[str, ...]
    phases: tuple[RealPhase, ...]
    parts: tuple[Part, ...]
    versions: dict[str, str]
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        return tuple(j for phase in self.phases for j in phase.judgements)

    @property
    def verdict(self) -> str:
        """FAIL if a judgement fails, PASS if all pass, NOT_JUDGED if one is missing or none was asked for."""
        found = {j.verdict for j in self.judgements}
        if FAIL in found:
            return FAIL
        return PASS if found == {PASS} else NOT_JUDGED

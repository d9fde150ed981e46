"""What real parts do to a network, as data: figures, page and command line only read it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analog_pc.arrays import Floats
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
class DropMap:
    """What the wires of one crossbar take off the voltage V across its devices, [rows, columns].

    ``loss = sign(V_ideal) (V_ideal - V) / volts``: V_ideal is what ideal wires would leave between the same
    ends of the lines, `volts` the largest |V_ideal| of the array.  A negative loss is a gain.
    """

    array: str
    phase: str
    sample: int
    loss: Floats
    volts: float


@dataclass(frozen=True, eq=False)
class Settling:
    """A transient of one sample: times [points] in s, activities [points, n_l] per layer.

    `measured`: seconds to `level` of the way, NaN if it does not come to rest, as `words` say then.
    `theory`: ln(1 / level) / lambda_min of the linearised ideal flow.
    """

    phase: str
    parts: str
    gated: bool
    sample: int
    start: str
    times: Floats
    activities: tuple[Floats, ...]
    level: float
    measured: float
    theory: float
    words: str
    seconds: float

    @property
    def name(self) -> str:
        gate = "" if self.phase != "predict" else ", feedback off" if self.gated else ", feedback on"
        return f"{self.parts} parts{gate}"


@dataclass(frozen=True)
class Stability:
    """Modes at the operating points of some samples; NaN where there were none, as `words` say then.

    `margin` is the rate of the slowest mode in 1/s (negative: it grows), `margin_units` in g_s / C,
    `ideal_margin` in 1/s with ideal parts, `damping` the least -Re / |eigenvalue|; each the smallest over
    `samples`.
    """

    phase: str
    samples: int
    margin: float
    margin_units: float
    ideal_margin: float
    damping: float
    words: str


@dataclass(frozen=True, eq=False)
class NoiseResult:
    """rms noise in V at the free value nodes of every layer (empty where clamped), of one sample.

    `thermal` is sqrt(kT / C), `volts` an activity of 1 of each layer; `words` says why there is no number.
    """

    phase: str
    sample: int
    rms: tuple[Floats, ...]
    thermal: float
    volts: tuple[float, ...]
    words: str = ""


@dataclass(frozen=True)
class Power:
    """Mean watts over `samples` operating points, by part; amplifiers draw `amplifier_watts` each, always.

    `settling` is the measured time to 1 % of one relaxation with real parts, feedback always on.
    """

    phase: str
    samples: int
    parts: tuple[tuple[str, float], ...]
    amplifiers: int
    amplifier_watts: float
    settling: float
    words: str = ""

    @property
    def total(self) -> float:
        return sum(watts for _, watts in self.parts) + self.amplifiers * self.amplifier_watts

    @property
    def energy(self) -> float:
        """Joule for a relaxation: total power over the settling time."""
        return self.total * self.settling


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

"""What real parts do to a network, as data: figures, page and command line only read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.nonideality.accuracy import Accuracy, network_accuracy
from analog_pc.verification.results import Part

PASS, FAIL, NOT_JUDGED = "pass", "fail", "not judged"
EVERYTHING, NOTHING = "everything on", "nothing on"


class State(Enum):
    """What became of a step; the value is what a person is told."""

    DONE = "done"
    SKIPPED = "skipped, as asked for"
    OVER_TIME = "ended by its time limit"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class StepRecord:
    """One step in one phase: what became of it, the seconds that it took, and what it says of itself."""

    step: str
    phase: str
    state: State
    seconds: float = 0.0
    message: str = ""


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
    rest on a point that the circuit leaves by itself.  `classes` [samples] are the predicted ones, `NO_CLASS`
    where a sample has no solution; empty outside the predict phase.
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
    classes: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64), compare=False)


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the table of non-idealities: what is on, and what it does, for every seed."""

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
    """Mean watts over `samples` operating points, by part; amplifiers draw `amplifier_watts` each, always."""

    phase: str
    samples: int
    parts: tuple[tuple[str, float], ...]
    amplifiers: int
    amplifier_watts: float
    words: str = ""

    @property
    def total(self) -> float:
        return sum(watts for _, watts in self.parts) + self.amplifiers * self.amplifier_watts


@dataclass(frozen=True, eq=False, kw_only=True)
class RealPhase:
    """What was found in one phase so far; steps that were not done leave None or an empty tuple.

    `ideal_classes` [samples] are the predictions of the ideal network, empty outside the predict phase.
    """

    phase: str
    samples: int
    judgements: tuple[Judgement, ...] = ()
    rows: tuple[Row, ...] = ()
    ideal_classes: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    drops: tuple[DropMap, ...] = ()
    settlings: tuple[Settling, ...] = ()
    stability: Stability | None = None
    noise: NoiseResult | None = None
    power: Power | None = None

    @property
    def settling(self) -> float:
        """Measured seconds to 1 % of one relaxation with real parts, feedback always on; NaN if unknown."""
        return next((w.measured for w in self.settlings if w.parts == "real" and not w.gated), np.nan)

    @property
    def energy(self) -> float:
        """Joule for a relaxation: total power over the settling time; NaN where either is unknown."""
        return np.nan if self.power is None else self.power.total * self.settling


@dataclass(frozen=True, eq=False, kw_only=True)
class RealVerification:
    """Everything that a report on real parts shows; `facts` are label -> text.

    `labels` [samples] are the true classes, None where they are not known; `classes` is the number of
    outputs; `steps` says what became of every step.
    """

    title: str
    non_idealities: tuple[str, ...]
    phases: tuple[RealPhase, ...]
    parts: tuple[Part, ...]
    versions: dict[str, str]
    classes: int
    labels: Ints | None = None
    steps: tuple[StepRecord, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether a step that was asked for has not been reached or did not end."""
        return any(record.state in (State.NOT_REACHED, State.OVER_TIME) for record in self.steps)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        return tuple(j for phase in self.phases for j in phase.judgements)

    @property
    def verdict(self) -> str:
        """FAIL if a judgement fails, PASS if all pass, NOT_JUDGED if one is missing or none was asked for.

        A phase without any judgement is a missing one.
        """
        found = {j.verdict for j in self.judgements}
        if FAIL in found:
            return FAIL
        everywhere = all(phase.judgements for phase in self.phases)
        return PASS if everywhere and found == {PASS} else NOT_JUDGED

    @property
    def accuracy(self) -> Accuracy:
        """Whether the network still works on the chips that have everything on."""
        for phase in self.phases:
            if phase.phase == "predict" and phase.rows and len(phase.ideal_classes):
                chips = phase.rows[0].departures
                predicted = [(chip.seed, chip.classes) for chip in chips]
                unstable = sum(chip.unstable for chip in chips)
                if (
                    phase.stability is not None and phase.stability.margin < 0.0
                ):  # where the table did not look
                    unstable = max(1, unstable)
                return network_accuracy(self.classes, predicted, phase.ideal_classes, self.labels, unstable)
        return Accuracy(max((phase.samples for phase in self.phases), default=0), self.classes, None, ())

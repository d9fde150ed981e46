"""The results of a non-ideality analysis as data: figures, page and command line only read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from analog_pc.arrays import Floats, Ints
from analog_pc.nonideality.accuracy import NetworkAccuracy, network_accuracy
from analog_pc.verification.results import Part

PASS = "pass"
FAIL = "fail"
NOT_CHECKED = "not checked"
EVERYTHING = "everything on"
NOTHING = "nothing on"
NO_CLASSES: Ints = np.empty(0, dtype=np.int64)


class State(Enum):
    """How a step ended; the value is what a person is told."""

    DONE = "done"
    SKIPPED = "skipped, as asked for"
    OVER_TIME = "ended by its time limit"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class StepRecord:
    """One step in one phase: how it ended, the seconds that it took, and a message."""

    step: str
    phase: str
    state: State
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True)
class CrossCheck:
    """One sample of one phase in a SPICE simulator and in the native simulator.

    `deviation` is the largest difference of a probed node over the largest voltage, NaN where nothing could
    be compared; `message` says how both runs ended; `seconds` is what SPICE took.
    """

    phase: str
    sample: int
    deviation: float
    tolerance: float
    message: str
    seconds: float

    @property
    def verdict(self) -> str:
        if not np.isfinite(self.deviation):
            return NOT_CHECKED
        return PASS if self.deviation <= self.tolerance else FAIL


@dataclass(frozen=True, kw_only=True)
class ChipDeviation:
    """One chip compared with the circuit of ideal parts, over the samples that have a solution.

    Parameters
    ----------
    seed
        Of the chip.
    rms, largest
        Deviation of the activities over their full scale; NaN without a solution.
    same_class
        Fraction of equal predictions; NaN outside the predict phase.
    cosine
        Of the angle between the weight updates; NaN outside the learn phase.
    outcomes
        Outcome -> number of samples.
    checked, unstable
        Samples whose stability was checked, and how many of them are unstable.
    message
        Why there is no solution.
    classes
        Predicted classes [samples], `NO_CLASS` without a solution; empty outside the predict phase.
    """

    seed: int
    rms: float = np.nan
    largest: float = np.nan
    same_class: float = np.nan
    cosine: float = np.nan
    outcomes: dict[str, int]
    checked: int = 0
    unstable: int = 0
    message: str = ""
    classes: Ints = field(default_factory=lambda: NO_CLASSES, compare=False)


@dataclass(frozen=True, eq=False)
class TableRow:
    """One line of the table of non-idealities: what is on, and the deviation of every chip."""

    phase: str
    name: str
    chips: tuple[ChipDeviation, ...]

    def mean(self, quantity: str) -> float:
        """Mean over the chips of a field of `ChipDeviation`; NaN where one has none."""
        return float(np.mean([getattr(chip, quantity) for chip in self.chips]))

    def spread(self, quantity: str) -> float:
        """Standard deviation over the chips (n - 1); 0 for what is not random."""
        found = [getattr(chip, quantity) for chip in self.chips]
        return float(np.std(found, ddof=1)) if len(found) > 1 else 0.0

    @property
    def status(self) -> str:
        """Outcomes of the samples over all chips, the unstable ones first, and messages."""
        total: Counter[str] = Counter()
        for chip in self.chips:
            total.update(chip.outcomes)
        samples = sum(total.values())
        said = [name if n == samples else f"{name} ({n} of {samples})" for name, n in total.items()]
        unstable = sum(chip.unstable for chip in self.chips)
        if unstable:
            said.insert(0, f"unstable ({unstable} of {sum(chip.checked for chip in self.chips)} checked)")
        said += dict.fromkeys(chip.message for chip in self.chips if chip.message)
        return "; ".join(said)


@dataclass(frozen=True, eq=False)
class IrDropMap:
    """IR drop in the wires of one crossbar: the voltage V that its devices lack, [rows, columns].

    ``loss = sign(V_ideal) (V_ideal - V) / volts``: V_ideal is the voltage with ideal wires between the same
    ends of the lines, `volts` the largest |V_ideal| of the array.  A negative loss is a gain.
    """

    array: str
    phase: str
    sample: int
    loss: Floats
    volts: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Settling:
    """A transient of one sample.

    Parameters
    ----------
    phase, parts, gated, sample, start
        "predict" or "learn"; "real" or "ideal"; whether the feedback was gated off; the sample; its start.
    times, activities
        [points] in s, and [points, n_l] per layer; empty where the transient failed.
    level, measured
        Seconds until the distance to the end stays below `level` of its first value; NaN where the circuit
        does not settle, as `message` says then.
    theory
        s, ln(1 / level) / lambda_min of the linearised ideal flow.
    seconds
        What the simulation took.
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
    message: str
    seconds: float

    @property
    def name(self) -> str:
        gate = "" if self.phase != "predict" else ", feedback off" if self.gated else ", feedback on"
        return f"{self.parts} parts{gate}"


@dataclass(frozen=True, kw_only=True)
class Stability:
    """Modes at the operating points of some samples; NaN where there were none, as `message` says then.

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
    message: str


@dataclass(frozen=True, eq=False)
class NoiseResult:
    """rms noise in V at the free value nodes of every layer (empty where clamped), of one sample.

    `thermal` is sqrt(kT / C), `volts` an activity of 1 of each layer; `message` says why there is no
    number.
    """

    phase: str
    sample: int
    rms: tuple[Floats, ...]
    thermal: float
    volts: tuple[float, ...]
    message: str = ""


@dataclass(frozen=True)
class Power:
    """Mean watts over `samples` operating points, by part; amplifiers draw `amplifier_watts` each, always."""

    phase: str
    samples: int
    parts: tuple[tuple[str, float], ...]
    amplifiers: int
    amplifier_watts: float
    message: str = ""

    @property
    def total(self) -> float:
        return sum(watts for _, watts in self.parts) + self.amplifiers * self.amplifier_watts


@dataclass(frozen=True, eq=False, kw_only=True)
class PhaseAnalysis:
    """What was found in one phase so far; steps that were not done leave None or an empty tuple.

    `ideal_classes` [samples] are the predictions of the ideal network, empty outside the predict phase.
    """

    phase: str
    samples: int
    cross_checks: tuple[CrossCheck, ...] = ()
    rows: tuple[TableRow, ...] = ()
    ideal_classes: Ints = field(default_factory=lambda: NO_CLASSES)
    ir_drops: tuple[IrDropMap, ...] = ()
    settlings: tuple[Settling, ...] = ()
    stability: Stability | None = None
    noise: NoiseResult | None = None
    power: Power | None = None

    @property
    def settling(self) -> float:
        """Measured settling time of a relaxation with real parts, feedback on, in s; NaN if unknown."""
        return next((w.measured for w in self.settlings if w.parts == "real" and not w.gated), np.nan)

    @property
    def energy(self) -> float:
        """Joule for a relaxation: total power over the settling time; NaN where either is unknown."""
        return np.nan if self.power is None else self.power.total * self.settling


@dataclass(frozen=True, eq=False, kw_only=True)
class NonIdealityAnalysis:
    """Everything that the report of a non-ideality analysis shows; `facts` are label -> text.

    `labels` [samples] are the true classes, None where they are not known; `classes` is the number of
    outputs; `steps` says how every step ended.
    """

    title: str
    non_idealities: tuple[str, ...]
    phases: tuple[PhaseAnalysis, ...]
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
    def cross_checks(self) -> tuple[CrossCheck, ...]:
        return tuple(check for phase in self.phases for check in phase.cross_checks)

    @property
    def verdict(self) -> str:
        """FAIL if a cross-check fails, PASS if all pass, else NOT_CHECKED: an answer is missing."""
        found = {check.verdict for check in self.cross_checks}
        if FAIL in found:
            return FAIL
        everywhere = all(phase.cross_checks for phase in self.phases)
        return PASS if everywhere and found == {PASS} else NOT_CHECKED

    @property
    def accuracy(self) -> NetworkAccuracy:
        """Whether the network still works on the chips that have everything on."""
        for phase in self.phases:
            if phase.phase == "predict" and phase.rows and len(phase.ideal_classes):
                chips = phase.rows[0].chips
                predicted = [(chip.seed, chip.classes) for chip in chips]
                unstable = sum(chip.unstable for chip in chips)
                if (
                    phase.stability is not None and phase.stability.margin < 0.0
                ):  # a large chip: not in the table
                    unstable = max(1, unstable)
                return network_accuracy(self.classes, predicted, phase.ideal_classes, self.labels, unstable)
        samples = max((phase.samples for phase in self.phases), default=0)
        return NetworkAccuracy(samples=samples, classes=self.classes)

"""What an evaluation says in words; every sentence comes from numbers that it measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from analog_pc.cost import ASSUMED_PROCESS, Baseline, BreakEvenRow, PhaseCost
from analog_pc.cost.results import ASSUMED
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.check import LIKE_FOR_LIKE, Check
from analog_pc.evaluation.limits import Limit, fields_of, resized
from analog_pc.evaluation.outliers import chips_tried, outliers
from analog_pc.evaluation.proposal import AUTO_ZERO, Proposal
from analog_pc.evaluation.results import Evaluation
from analog_pc.nonideality.accuracy import BUDGET, Accuracy, within_budget
from analog_pc.nonideality.intervals import by_chance
from analog_pc.reporting.text import counted
from analog_pc.si import si
from analog_pc.technology import IDEAL, Technology, offset_spread, quantities

_PREFIXED = {"S", "F", "V", "Ohm", "Hz", "V/s", "V/sqrt(Hz)", "W", "s"}


def percent(value: float | None) -> str:
    """A fraction in percent; "-" for none."""
    return "-" if value is None else f"{100.0 * value:.1f} %"


def points(lost: float) -> str:
    """A difference of accuracies: "1.2 points"."""
    value = f"{100.0 * lost:.1f}"
    value = "0.0" if value == "-0.0" else value
    return f"{value} point" + ("" if value in ("1.0", "-1.0") else "s")


def lost_text(lost: float) -> str:
    """ "1.2 points lost", "1.0 point gained" """
    return f"{points(lost)} lost" if points(lost)[0] != "-" else f"{points(-lost)} gained"


def ratio_text(ratio: float) -> str:
    """Three significant digits, with an exponent from 1e5 on and below 1e-3 alone."""
    if not 1e-3 <= abs(ratio) < 99_950.0:
        return f"{ratio:.2e}" if ratio else "0"
    digits = 2 - math.floor(math.log10(abs(float(f"{ratio:.2e}"))))
    return f"{round(ratio, digits):.{max(digits, 0)}f}"


def accuracy_text(accuracy: Accuracy) -> str:
    """Mean or bounds, and what did not come to rest."""
    if accuracy.mean is not None:
        return percent(accuracy.mean)
    total = accuracy.samples * len(accuracy.chips)
    return (
        f"between {percent(accuracy.lowest)} and {percent(accuracy.highest)}: "
        f"{accuracy.unconverged} of {total} answers did not converge"
    )


def interval_text(accuracy: Accuracy) -> str:
    """Both intervals, and what each is for."""
    low, high = accuracy.sample_interval
    of_samples = f"{percent(low)} to {percent(high)} for {counted(accuracy.samples, 'sample')} (Wilson)"
    chips = len(accuracy.chips)
    if accuracy.interval is None:
        return f"95 % interval: {of_samples}; one chip tells nothing of the spread over chips"
    if accuracy.spread == 0.0:
        return f"95 % interval: {of_samples}; no spread was seen over {chips} chips, which is no interval"
    low, high = accuracy.interval
    return f"95 % interval: {percent(low)} to {percent(high)} over {chips} chips (t); {of_samples}"


def headline(found: Evaluation) -> str:
    """Is it good enough?  And whether the data can tell."""
    data = found.bench.data
    if not data.single_class:
        return _good_enough(found)
    few = counted(data.samples, "sample")
    return (
        f"{_good_enough(found)} These data hold one class (label {data.labels[0]}, {few}): a constant answer "
        "is 100 % right; give samples of several classes."
    )


def _good_enough(found: Evaluation) -> str:
    bench = found.bench
    ideal = percent(bench.ideal_accuracy)
    chips = found.chips
    if chips is None:
        return f"Ideal accuracy {ideal}; no chip was measured."
    said = f"{accuracy_text(chips)} on {bench.technology.name}, {ideal} ideal"
    if chips.by_chance(bench.guess):
        return f"No better than chance: {said}; guessing gives {percent(bench.guess)}."
    most = bench.ideal_accuracy - chips.lowest
    least = bench.ideal_accuracy - chips.highest
    lost = lost_text(most) if not chips.unconverged else f"{points(least)} to {points(most)} lost"
    if within_budget(most, chips.samples):
        return f"Good enough: {said}, {lost}."
    if within_budget(least, chips.samples):
        return f"Not known: {said}."
    return f"Not good enough: {said}, {lost}; {points(BUDGET)} may be lost."


def advice(found: Evaluation) -> list[str]:
    """What to change, the most effective first; empty where nothing was measured that tells."""
    said = []
    bench = found.bench
    if by_guessing(found) and not bench.undecided:
        said.append(
            f"The ideal network is at chance itself ({percent(bench.ideal_accuracy)}): its inputs are not "
            "the training inputs, in their scale or their order."
        )
    said += undecided_text(bench)
    if found.proposal is not None:
        said.append(proposal_text(found.proposal))
    for limit in found.limits:
        said.append(limit_text(found, limit))
    return [*said, *_energy_advice(found)]


def undecided_text(bench: Bench) -> list[str]:
    """That some samples are decided by the smallest error of a chip; empty where none is."""
    if not bench.undecided:
        return []
    return [
        f"{bench.undecided} of {counted(bench.data.samples, 'sample')} tie in the ideal network, which takes "
        "the first of equal outputs: any error of a chip decides them, however small."
    ]


def _energy_advice(found: Evaluation) -> list[str]:
    """What saves energy, where that was measured: gating."""
    said = []
    for name, phase in ({} if found.cost is None else found.cost.phases).items():
        if 0.0 < 2.0 * phase.gated_energy < phase.energy:
            said.append(
                f"{name}: switching off what is not needed takes {si(phase.gated_energy, 'J')} instead of "
                f"{si(phase.energy, 'J')}."
            )
    return said


def by_guessing(found: Evaluation) -> bool:
    """Whether the ideal network itself is at chance."""
    return by_chance(found.bench.ideal_accuracy, found.bench.data.samples, found.bench.guess)


def limit_text(found: Evaluation, limit: Limit) -> str:
    """How large one non-ideality may be, in the values of its fields."""
    technology = found.bench.technology
    name = limit.name
    lost = next(trial.lost for trial in limit.trials if trial.factor == 1.0)
    cost = points(lost) if lost > 0.0 else "nothing"
    by_itself = f"{name} ({values_text(technology, name)}) alone costs {cost}"
    if math.isnan(limit.factor):
        smallest = limit.trials[0]
        there = values_at(technology, name, smallest.factor)
        return f"{by_itself}, and still {points(smallest.lost)} with {there}."
    kept = values_at(technology, name, limit.factor)
    if limit.must_shrink:
        return f"{by_itself}; {points(BUDGET)} at most need {kept}."
    if math.isinf(limit.fails):
        return f"{by_itself}, and {points(BUDGET)} at most even with {kept}."
    failed = values_at(technology, name, limit.fails)
    if limit.factor == 1.0:
        return f"{by_itself}, and more than {points(BUDGET)} with {failed}."
    return f"{by_itself}, and {points(BUDGET)} at most with {kept}; more with {failed}."


def values_at(technology: Technology, name: str, factor: float) -> str:
    """The values of a non-ideality at `factor` times its size."""
    return values_text(resized(technology, name, factor), name)


def values_text(technology: Technology, name: str) -> str:
    """The values of a non-ideality's fields that are not off."""
    if name == "offset" and technology.auto_zeroed:
        left = si(offset_spread(technology), "V")
        return f"opamp_offset = {si(technology.opamp_offset, 'V')}, of which auto-zero leaves {left}"
    return ", ".join(
        f"{field} = {value_text(field, getattr(technology, field))}"
        for field in fields_of(technology, name)
        if getattr(technology, field) != getattr(IDEAL, field)
    )


def value_text(field: str, value: Any) -> str:
    """A value with its unit, short."""
    if isinstance(value, str):
        return value
    unit = quantities()[field].unit
    if isinstance(value, tuple):
        spreads = [spread for _, spread in value]
        return f"{si(min(spreads), unit)} to {si(max(spreads), unit)}" if spreads else "none"
    number = float(value)
    if unit in _PREFIXED and math.isfinite(number):
        return si(number, unit)
    return f"{number:.3g} {unit}".rstrip()


def proposal_text(proposal: Proposal) -> str:
    """The measured proposal: what shrinks by how much, and what that gives."""
    parts = []
    for change in proposal.changes:
        fields = [
            f"{field} {value_text(field, before)} -> {value_text(field, after)}"
            for field, before, after in change.fields
        ]
        name = "offset by auto-zero" if change.name == AUTO_ZERO else change.name
        parts.append(f"{name} {ratio_text(1.0 / change.factor)}-fold smaller ({', '.join(fields)})")
    gives = f"{accuracy_text(proposal.accuracy)} with all non-idealities on"
    verdict = "" if proposal.enough else ", which is not enough yet"
    return f"{'; '.join(parts)}: {gives}{verdict}."


def no_proposal_text(found: Evaluation) -> str:
    """Why there is no proposal."""
    if found.chips is not None and within_budget(
        found.bench.ideal_accuracy - found.chips.lowest, found.chips.samples
    ):
        return f"nothing needs to change: no more than {points(BUDGET)} are lost"
    return "none: no non-ideality that the closed form holds is above its limit"


def outliers_text(found: Evaluation) -> str:
    """How many weights stick out, and how each remedy is chosen."""
    count = outliers(found.bench)
    if not count:
        return "weights that stick out: none beyond 6 root mean squares of its layer"
    return (
        f"weights that stick out: {counted(count, 'weight')} beyond 6 root mean squares of their layer. "
        "Remedies: analog-pc import NET.npz --clip QUANTILE; devices_per_weight in a technology file. "
        f"Accuracies on the chip: {chips_text(found.bench)}"
    )


def chips_text(bench: Bench) -> str:
    """On how many chips remedies are compared: "the first 2 of 8 chips"."""
    tried = chips_tried(bench)
    total = len(bench.seeds_of(bench.technology))
    return counted(tried, "chip") if tried == total else f"the first {tried} of {counted(total, 'chip')}"


def unconverged_text(baselines: Sequence[Baseline]) -> str:
    """On which digital machines the relaxation does not converge, in one sentence; "" if it does on all."""
    names = [one.name for one in baselines if not math.isfinite(one.energy)]
    return f"the relaxation does not converge, and has no cost, on {', '.join(names)}" if names else ""


def cost_sentences(found: Evaluation) -> list[str]:
    """Energy, latency and area in a line for each phase."""
    if found.cost is None:
        return []
    said = [_phase_text(name, phase) for name, phase in found.cost.phases.items()]
    said += [f"{name}: {why}" for name, why in found.cost.failed.items()]
    said.append(f"area: {ratio_text(1e6 * found.cost.area)} mm^2")
    if found.cost.catalogue == ASSUMED_PROCESS:
        said.append(
            f"component values of cmos65 are assumed: {found.cost.technology} names no process, such as "
            'process = "ecram130" in its file'
        )
    return said


def cost_over(found: Evaluation, machine: Baseline, *, gated: bool = False) -> float | None:
    """Energy ratio of the chip and a digital machine in the same phase; None if unknown."""
    if found.cost is None or machine.phase not in found.cost.phases or not machine.energy > 0.0:
        return None
    phase = found.cost.phases[machine.phase]
    return (phase.gated_energy if gated else phase.energy) / machine.energy


def break_even_sentences(found: Evaluation) -> list[str]:
    """For each phase and machine from which width on the chip wins, if it does; and what was simulated."""
    said = _methods_text(found)
    pairs = dict.fromkeys((row.phase, row.baseline) for row in found.break_even)
    for phase, machine in pairs:
        rows = [row for row in found.break_even if (row.phase, row.baseline) == (phase, machine)]
        rows.sort(key=lambda row: row.width)
        wins = next((k for k in range(len(rows)) if not any(row.loses for row in rows[k:])), None)
        last = rows[-1]
        if wins is None:
            said.append(
                f"{phase}: loses to {machine}, {ratio_text(last.ratio)} x at a width of {last.width}, "
                f"{_by(last)}"
            )
        elif rows[wins] is last:
            said.append(f"{phase}: beats {machine} at a width of {last.width}, the widest tried, {_by(last)}")
        else:
            said.append(
                f"{phase}: beats {machine} from a width of {rows[wins].width} ({_by(rows[wins])}) to "
                f"{last.width}, the widest tried"
            )
    return said


def _by(row: BreakEvenRow) -> str:
    return "by formula" if row.method == "formula" else row.method


def _methods_text(found: Evaluation) -> list[str]:
    """Which widths were simulated and which follow the formula."""
    widths: dict[str, list[int]] = {}
    for row in found.break_even:
        widths.setdefault(_by(row), []).append(row.width)
    each = [f"{', '.join(map(str, dict.fromkeys(these)))} {method}" for method, these in widths.items()]
    return [f"widths {'; '.join(each)}"] if each else []


def _phase_text(name: str, phase: PhaseCost) -> str:
    """ "predict: 12 nJ, 130 ns; word line drivers 60 %" """
    largest = max(phase.parts, key=lambda part: part.energy)
    share = largest.energy / phase.energy if phase.energy > 0.0 else 0.0
    gated = f" ({si(phase.gated_energy, 'J')} gated)" if 0.0 < phase.gated_energy < phase.energy else ""
    most = "at most " if phase.bound else ""
    bound = " (linear bound)" if phase.bound else ""
    return (
        f"{name}: {most}{si(phase.energy, 'J')}{gated}, {most}{si(phase.latency, 's')}{bound}; "
        f"{100.0 * share:.0f} % of the energy in {largest.part}"
        f"{_formula_text(phase)}{_assumption_text(phase)}"
    )


def _assumption_text(phase: PhaseCost) -> str:
    """What stands behind a part that takes no energy only because that is assumed."""
    sources = [part.source for part in phase.parts if part.source.startswith(ASSUMED)]
    return "".join(f"; {source.split('; ')[0]}" for source in sources)


def _formula_text(phase: PhaseCost) -> str:
    """Energy and latency of the formula, and how far off they are where that is more than a factor of 2."""
    if phase.phase == "write":  # which nothing but the formula tells
        return ""
    if not math.isfinite(phase.formula_latency):
        return "; the formula has no answer"
    said = f"; by formula {si(phase.formula_energy, 'J')}, {si(phase.formula_latency, 's')}"
    ratio = phase.formula_latency / phase.latency
    if 0.5 <= ratio <= 2.0:
        return said
    return f"{said}: not within a factor of 2, {ratio_text(ratio)} x the latency"


def check_text(one: Check) -> str:
    """How far the closed form and a circuit are apart."""
    if not one.samples:
        return f"Native simulator, {one.name}: nothing to compare ({one.message or 'no sample at rest'})."
    few = "" if one.asked == one.wanted else f" of {one.wanted} ({one.message})"
    samples = counted(one.samples, "sample")
    word = "as" if one.name == LIKE_FOR_LIKE else "against"
    return (
        f"Native simulator, {one.name}: {percent(one.native)} {word} {percent(one.closed_form)} in closed "
        f"form on {samples}{few}, the same class for {one.same}, outputs {one.median:.1e} of "
        f"full scale apart (median; largest {one.deviation:.1e})."
    )

"""Errors on each device, energy of a learning step by part, and what read noise and non-ideal parts do."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import Quantity, named, numbers, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.scellier2023.figures.contrastive_learning import EXACT
from analog_pc.experiments.scellier2023.noise_tolerance import GOOD
from analog_pc.experiments.song2024.figures.columns import letter
from analog_pc.reporting.style import styled

ERRORS = quantity("errors")  # of a rule, device, scheme and noise: [seeds, epochs]
AS_MADE = quantity("test error read on a non-ideal chip")  # of a rule and a non-ideality: [seeds]
NOISES = quantity("read noise, V")
BETAS = quantity("beta")
COSINES = quantity("cosine of C-EP")  # [noises, betas]
LAYERED_COSINES = quantity("cosine of predictive coding")  # [noises]
LEAST_BETA = quantity("beta_min")  # [noises]
PARTS = {
    part: quantity(f"energy of {part}, by rule")
    for part in ("converters", "arrays", "capacitors", "amplifier")
}
CONTRASTIVE = ("cl", "p-ep", "n-ep", "c-ep", "p-cpl", "n-cpl", "c-cpl")
RULES = (*CONTRASTIVE, "pc", "pcn-c-ep")
COSTED = (*CONTRASTIVE, "pc", "pc-sized")
TWINS = (EXACT, "bp")
NAMES = {"pcn-c-ep": "PCN, C-EP", "pc": "PC", "pc-sized": "PC, small C", EXACT: "exact", "bp": "BP"}
MARKERS = "osD^vP*XhH<>"
THERMAL = {"thermal@c-ep": ("C0", "kT/C of a node, C-EP"), "thermal@pc": ("C1", "kT/C of a node, PC")}
BORNE = "noise-borne@pc"
TRAINED = {"c-ep": r"C-EP, spring, $\beta$ = 0.5", "pc": "PC"}  # with read noise
SWEPT = {  # non-ideality: axis label, factor of its values
    "mismatch": ("mismatch of conductances, %", 100.0),
    "ratio": ("on/off ratio of devices", 1.0),
    "drop": ("forward drop of diodes, mV", 1000.0),
}
PART_NAMES = {"amplifier": "amplifiers"}


@styled
def draw(result: Result) -> Figure:
    figure = Figure(figsize=(170.0 / 25.4, 190.0 / 25.4), layout="constrained")
    grid = figure.add_gridspec(3, 6)
    pairs = [figure.add_subplot(grid[row, 3 * half : 3 * half + 3]) for row in (0, 1) for half in (0, 1)]
    triple = [figure.add_subplot(grid[2, 2 * k : 2 * k + 2]) for k in range(3)]
    _errors(pairs[0], result)
    _energy(pairs[1], result)
    _least_beta(pairs[2], result)
    _noisy(pairs[3], result)
    for axes, kind in zip(triple, SWEPT, strict=True):
        _non_ideal(axes, result, kind)
    triple[0].set(ylabel="test error, %")
    _share_range(triple)
    for axes, name in zip([*pairs, *triple], "abcdefg", strict=True):
        letter(axes, name)
    return figure


def _errors(axes: Axes, result: Result) -> None:
    """Test error of each rule on each device, mean and range of the seeds."""
    found = {c: result.data.get(c, {}) for c in ("ideal", "backprop")}
    clean = [q for arrays in found.values() for q in named(arrays, ERRORS.name) if _is_clean(q)]
    hardware = list(
        dict.fromkeys((str(q["device"]), str(q["scheme"]) if "scheme" in q else "") for q in clean)
    )
    rules = (*RULES, *TWINS)
    for k, (device, scheme) in enumerate(hardware):
        offset = 0.6 * ((k + 0.5) / len(hardware) - 0.5)
        last = {}
        for column in found.values():
            for q, curves in column.items():
                mine = q.name == ERRORS.name and _is_clean(q) and q["device"] == device
                if mine and (str(q["scheme"]) if "scheme" in q else "") == scheme:
                    last[str(q["rule"])] = 100.0 * np.asarray(curves)[:, -1]
        places = [p for p, rule in enumerate(rules) if rule in last]
        means = np.array([last[rules[p]].mean() for p in places])
        low = means - [last[rules[p]].min() for p in places]
        high = np.array([last[rules[p]].max() for p in places]) - means
        label = f"{device}, {scheme}".rstrip(", ")
        axes.errorbar(
            np.array(places) + offset, means, [low, high], fmt=MARKERS[k], markersize=3.0, label=label
        )
    axes.axvline(len(RULES) - 0.5, color="0.7", linewidth=0.5)
    axes.set_xticks(range(len(rules)), [_label(rule) for rule in rules], rotation=60)
    axes.set(ylabel="test error, %", yscale="log")
    low, high = axes.get_ylim()
    lines = (len(hardware) + 1) // 2  # of the legend, which needs room above the points
    axes.set_ylim(low, 3.0 ** (0.5 * lines) * high)
    _plain_ticks(axes)
    axes.legend(fontsize="x-small", loc="upper left", ncols=2)


def _is_clean(of: Quantity) -> bool:
    return not any(key in of for key in ("noise", *SWEPT))


def _plain_ticks(axes: Axes) -> None:
    low, high = axes.get_ylim()
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick}" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())


def _energy(axes: Axes, result: Result) -> None:
    """Joules of a learning step of one sample, each part a point: they differ by decades."""
    arrays = result.data.get("ideal", {})
    for k, (part, of) in enumerate(PARTS.items()):
        if of in arrays and len(arrays[of]):
            joules = 1e9 * np.asarray(arrays[of])
            shown = np.where(joules > 0.0, joules, np.nan)
            axes.plot(range(len(shown)), shown, MARKERS[k], markersize=4.0, label=PART_NAMES.get(part, part))
    axes.set_xticks(range(len(COSTED)), [_label(rule) for rule in COSTED], rotation=60)
    axes.set(ylabel="energy of a learning step,\none sample, nJ", yscale="log")
    axes.legend(fontsize="x-small")


def _least_beta(axes: Axes, result: Result) -> None:
    """beta_min of C-EP over the noise; where predictive coding still has the same cosine."""
    arrays = result.data.get("ideal", {})
    if NOISES in arrays:
        millivolts = 1e3 * np.asarray(arrays[NOISES])
        axes.plot(
            millivolts, np.asarray(arrays[LEAST_BETA]), "o-", markersize=3.0, label=r"C-EP: $\beta_{min}$"
        )
        most = float(np.asarray(arrays[BETAS]).max())
        axes.axhline(most, color="0.7", linewidth=0.5, label="largest beta of the supply")
        borne = _noise_borne(result)
        if borne is not None:
            axes.axvspan(millivolts.min(), 1e3 * borne, color="C1", alpha=0.15, label="PC: good, no beta")
        for row in result.rows:
            if row.id in THERMAL and row.ideal is not None:
                color, label = THERMAL[row.id]
                axes.axvline(1e3 * row.ideal, color=color, linestyle="--", linewidth=0.8, label=label)
        axes.legend(fontsize="x-small", loc="upper left", bbox_to_anchor=(0.0, 0.9))
    axes.set(xlabel="read noise, mV rms", ylabel="least beta for a cosine of 0.9", xscale="log", yscale="log")


def _noise_borne(result: Result) -> float | None:
    """V that predictive coding bears, as the table and the note have it; the end of the grid where all of it
    is good, None where nothing is."""
    arrays = result.data["ideal"]
    told = next((row.ideal for row in result.rows if row.id == BORNE), None)
    if told is not None and np.isfinite(told):
        return told
    good = bool((np.asarray(arrays[LAYERED_COSINES]) >= GOOD).all())
    return float(np.asarray(arrays[NOISES]).max()) if good else None


def _noisy(axes: Axes, result: Result) -> None:
    """Test error after training with read noise, at the beta of the rule."""
    arrays = result.data.get("ideal", {})
    for rule, color in (("c-ep", "C0"), ("pc", "C1")):
        volts = numbers(arrays, ERRORS.name, "noise", rule=rule)
        curves = [_at(arrays, rule, noise) for noise in volts]
        if not curves:
            continue
        last = [100.0 * c[:, -1] for c in curves]
        millivolts = 1e3 * np.array(volts)
        axes.plot(
            millivolts, [e.mean() for e in last], "o-", color=color, markersize=3.0, label=TRAINED[rule]
        )
        for x, errors in zip(millivolts, last, strict=True):
            axes.plot(np.full(len(errors), x), errors, ".", color=color, markersize=2.0)
        clean = ERRORS.at(rule=rule, device="ideal")
        if clean in arrays:
            mean = 100.0 * float(np.asarray(arrays[clean])[:, -1].mean())
            axes.axhline(mean, color=color, linewidth=0.7, linestyle=":")
    axes.set(xlabel="read noise, mV rms", ylabel="test error, %", xscale="log", yscale="log")
    _plain_ticks(axes)
    if axes.lines:
        axes.legend(fontsize="x-small", title="dotted: no noise", title_fontsize="x-small")


def _non_ideal(axes: Axes, result: Result, kind: str) -> None:
    """Test error on chips of one non-ideality: trained elsewhere and read there, and trained there."""
    arrays = result.data.get("ideal", {})
    label, factor = SWEPT[kind]
    for rule, color in (("c-ep", "C0"), ("pc", "C1")):
        clean = ERRORS.at(rule=rule, device="ideal")
        if clean in arrays:
            perfect = 100.0 * float(np.asarray(arrays[clean])[:, -1].mean())
            axes.axhline(perfect, color=color, linewidth=0.7, linestyle=":")
        for of, style, what in ((ERRORS, "o-", "learned there"), (AS_MADE, "s--", "read there")):
            values = numbers(arrays, of.name, kind, rule=rule)
            means = [_mean_error(arrays, of.at(rule=rule, device="ideal", **{kind: v})) for v in values]
            if values:
                shown = factor * np.array(values)
                axes.plot(shown, means, style, color=color, markersize=3.0, label=f"{_label(rule)}, {what}")
    axes.set(xlabel=label, xscale="log", yscale="log")
    if kind == "mismatch" and axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="x-small", title="dotted: ideal chip", title_fontsize="x-small")


def _share_range(several: list[Axes]) -> None:
    """One range of errors."""
    ends = np.array([axes.get_ylim() for axes in several])
    for axes in several:
        axes.set_ylim(ends[:, 0].min(), 4.0 * ends[:, 1].max())  # room for the legend
        _plain_ticks(axes)


def _mean_error(arrays: object, of: Quantity) -> float:
    """Mean over the seeds, %: of the last epoch, where there are several."""
    assert isinstance(arrays, dict)
    errors = np.asarray(arrays[of])
    return 100.0 * float((errors[:, -1] if errors.ndim == 2 else errors).mean())


def _at(arrays: object, rule: str, noise: float) -> Floats:
    assert isinstance(arrays, dict)
    return np.asarray(arrays[ERRORS.at(rule=rule, device="ideal", noise=noise)])


def _label(rule: str) -> str:
    return NAMES.get(rule, rule.upper().replace("CPL", "CpL"))

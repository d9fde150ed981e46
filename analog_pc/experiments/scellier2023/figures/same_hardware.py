"""Errors on each device, energy of a learning step by part, and what read noise does to both networks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.quantity import named, numbers, quantity
from analog_pc.experiments.framework.result import Result
from analog_pc.experiments.scellier2023.figures.contrastive_learning import EXACT
from analog_pc.experiments.song2024.figures.columns import letter
from analog_pc.reporting.style import styled

ERRORS = quantity("errors")  # of a rule, device, scheme and noise: [seeds, epochs]
NOISES = quantity("read noise, V")
BETAS = quantity("beta")
COSINES = quantity("cosine of C-EP")  # [noises, betas]
LAYERED_COSINES = quantity("cosine of predictive coding")  # [noises]
LEAST_BETA = quantity("beta_min")  # [noises]
PARTS = {
    part: quantity(f"energy of {part}, by rule")
    for part in ("converters", "arrays", "capacitors", "amplifier")
}
RULES = ("cl", "p-ep", "n-ep", "c-ep", "p-cpl", "n-cpl", "c-cpl", "pc")
COSTED = (*RULES, "pc-sized")
TWINS = (EXACT, "bp")
NAMES = {"pc": "PC", "pc-sized": "PC, small C", EXACT: "exact", "bp": "BP"}
MARKERS = "osD^vP*XhH<>"
THERMAL = {"thermal@c-ep": ("C0", "kT/C of a node, C-EP"), "thermal@pc": ("C1", "kT/C of a node, PC")}
TRAINED = {"c-ep": r"C-EP, spring, $\beta$ = 0.5", "pc": "PC"}  # with read noise
PART_NAMES = {"amplifier": "amplifiers"}


@styled
def draw(result: Result) -> Figure:
    figure = Figure(figsize=(170.0 / 25.4, 130.0 / 25.4), layout="constrained")
    axes = figure.subplots(2, 2).ravel()
    _errors(axes[0], result)
    _energy(axes[1], result)
    _least_beta(axes[2], result)
    _noisy(axes[3], result)
    for axis, name in zip(axes, "abcd", strict=True):
        letter(axis, name)
    return figure


def _errors(axes: Axes, result: Result) -> None:
    """Test error of each rule on each device, mean and range of the seeds."""
    found = {c: result.data.get(c, {}) for c in ("ideal", "backprop")}
    clean = [q for arrays in found.values() for q in named(arrays, ERRORS.name) if "noise" not in q]
    hardware = list(
        dict.fromkeys((str(q["device"]), str(q["scheme"]) if "scheme" in q else "") for q in clean)
    )
    rules = (*RULES, *TWINS)
    for k, (device, scheme) in enumerate(hardware):
        offset = 0.6 * ((k + 0.5) / len(hardware) - 0.5)
        last = {}
        for column in found.values():
            for q, curves in column.items():
                mine = q.name == ERRORS.name and "noise" not in q and q["device"] == device
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
    axes.set_ylim(low, 3.0 * high)  # room for the legend
    _plain_ticks(axes)
    axes.legend(fontsize="x-small", loc="upper left", ncols=2)


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
        enough = np.asarray(arrays[LAYERED_COSINES]) >= 0.9
        if enough.any():
            axes.axvspan(
                millivolts.min(), millivolts[enough].max(), color="C1", alpha=0.15, label="PC: good, no beta"
            )
        for row in result.rows:
            if row.id in THERMAL and row.ideal is not None:
                color, label = THERMAL[row.id]
                axes.axvline(1e3 * row.ideal, color=color, linestyle="--", linewidth=0.8, label=label)
        axes.legend(fontsize="x-small", loc="lower right")
    axes.set(xlabel="read noise, mV rms", ylabel="least beta for a cosine of 0.9", xscale="log", yscale="log")


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


def _at(arrays: object, rule: str, noise: float) -> Floats:
    assert isinstance(arrays, dict)
    return np.asarray(arrays[ERRORS.at(rule=rule, device="ideal", noise=noise)])


def _label(rule: str) -> str:
    return NAMES.get(rule, rule.upper().replace("CPL", "CpL"))

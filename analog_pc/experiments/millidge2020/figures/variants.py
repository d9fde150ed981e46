"""Test error by variant, alignment of learnt feedback over training, and the same on devices by pulses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from analog_pc.experiments.framework.alignment import Case, cosines_of, errors_of
from analog_pc.experiments.framework.quantity import Quantity
from analog_pc.experiments.framework.result import Array, Result
from analog_pc.experiments.millidge2020.leaking_devices import FOREVER, KINDS, Devices, device_quantity
from analog_pc.reporting.style import COLOURS, DASHES, FULL_WIDTH, HOLLOW, MARKERS, styled

SHOWN = (
    ("backpropagation", "bp"),
    ("PC", "pc"),
    ("BP, learnt feedback", "kp"),
    ("PC, learnt feedback", "pc-kp"),
    ("no f', gate 0.25", "pc-relaxed:gate=0.25"),
    ("no f', gate 1", "pc-relaxed:gate=1"),
    ("mixed errors, M learnt", "pc-relaxed:mixing=learnt"),
    ("M learnt, positive start", "pc-relaxed:mixing=positive"),
    ("mixed errors, M fixed", "pc-relaxed:mixing=fixed"),
    ("all three", "pc-kp:gate=0.25,mixing=learnt"),
)
BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.22)}
COLUMN = {"bp": "backprop", "kp": "backprop"}


@styled
def draw(result: Result) -> Figure:
    """Three panels."""
    figure = Figure(figsize=(FULL_WIDTH, 74.0 / 25.4), layout="constrained")
    errors, learnt, devices = figure.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
    _errors(errors, result)
    _learnt(learnt, result)
    _devices(devices, result)
    return figure


def _data(result: Result, rule: str) -> Mapping[Quantity, Array]:
    return result.data.get(COLUMN.get(rule, "ideal"), {})


def _errors(axes: Axes, result: Result) -> None:
    for k, depth in enumerate((1, 2)):
        found = [(row, _last(result, Case(rule, depth))) for row, (_, rule) in enumerate(SHOWN)]
        rows = [(row, 100.0 * each) for row, each in found if each is not None]
        if not rows:
            continue
        for row, each in rows:
            axes.plot([each.min(), each.max()], [row, row], color=COLOURS[k], lw=0.8)
        means = [float(each.mean()) for _, each in rows]
        label = f"{depth} hidden layer{'s' if depth > 1 else ''}"
        axes.plot(
            means,
            [row for row, _ in rows],
            ls="none",
            marker=MARKERS[k],
            color=COLOURS[k],
            label=label,
            **HOLLOW,
        )
    axes.set_yticks(range(len(SHOWN)), labels=[text for text, _ in SHOWN])
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="test error / %")
    axes.set_xticks([2, 5, 10, 20, 50, 100], labels=["2", "5", "10", "20", "50", "100"])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", lw=0.3, color="#dddddd")
    axes.legend(**BELOW, ncols=2)


def _last(result: Result, case: Case) -> Array | None:
    """Errors at the end, [seeds]."""
    found = _data(result, case.rule).get(errors_of(case))
    return None if found is None else found[:, -1]


def _learnt(axes: Axes, result: Result) -> None:
    for k, (text, rule) in enumerate((("BP", "kp"), ("PC", "pc-kp"))):
        for depth in (1, 2):
            found = _data(result, rule).get(cosines_of(Case(rule, depth)))
            if found is not None:
                label = f"{text}, {depth} hidden"
                axes.plot(found.mean(axis=0), color=COLOURS[k], ls=DASHES[2 * (depth - 1)], label=label)
    axes.set(xlabel="epoch", ylabel="cos($B$, $W^T$)", ylim=(-0.1, 1.02))
    axes.set_title("feedback weights as numbers")
    axes.legend(**BELOW, ncols=2)


def _devices(axes: Axes, result: Result) -> None:
    arrays = result.data.get("backprop", {})
    for k, kind in enumerate(KINDS):
        cosines = arrays.get(device_quantity("cosines", kind))
        pulses = arrays.get(device_quantity("pulses", kind))
        if cosines is not None and pulses is not None:
            axes.plot(
                pulses.mean(axis=0), cosines.mean(axis=0), color=COLOURS[k], ls=DASHES[k], label=_kind(kind)
            )
    axes.set(xlabel="pulses a device", ylabel="cos($B$, $W^T$)", ylim=(-0.1, 1.02))
    axes.set_title("feedback weights as ECRAM, BP")
    axes.legend(**BELOW)


def _kind(kind: Devices) -> str:
    decay = "no decay" if kind.lifetime == FOREVER else f"lifetime {kind.lifetime:g} batches"
    return f"spread {100.0 * kind.spread:g} %, {decay}"

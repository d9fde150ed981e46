"""Compact models: ngspice with netlists/models against the twins in Python.

ngspice is asked for small steps (trtol = 1e-3); a twin keeps 1e-10 of the range a step.  What is left falls
with trtol and is ngspice's: the README of netlists/models states it for every model and every test, and the
tests hold the statement.  After a wanted change of a model
``python tests/conformance/test_compact_models.py`` writes the files anew.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from analog_pc.devices.compact import (
    STANFORD_PKU,
    VTEAM,
    YAKOPCIC,
    CompactModel,
    InSeries,
    Waveform,
    Wires,
    half_selected,
    memristor_model,
    model_file,
    pulse_train,
    pulses_to_move,
    trajectory,
    write_pulse,
)
from analog_pc.simulators.spice.process import run_deck
from analog_pc.simulators.spice.rawfile import Plot

FOLDER = Path(__file__).parents[2] / "netlists" / "models"
OPTIONS = ".options reltol=1e-6 abstol=1e-15 vntol=1e-9 trtol=1e-3"
COMPARED = 100  # points of a run, spread over it


class Case(NamedTuple):
    """A model, a state to start from, pulses of either sign that write it, and their width in s."""

    model: CompactModel
    x: float
    up: float
    down: float
    width: float


FILES = {m.name: m for m in (YAKOPCIC["microsiemens"], VTEAM["thresholded"], STANFORD_PKU["published"])}
CASES = {
    "yakopcic": Case(FILES["yakopcic"], 0.2, 1.5, -1.5, 5e-6),
    "vteam": Case(FILES["vteam"], 0.5, 1.2, -1.2, 2e-8),
    "stanford_pku": Case(FILES["stanford_pku"], 1.3e-9, 1.3, -1.3, 2e-8),
}
OTHERS = {
    "yakopcic reversed": Case(dataclasses.replace(YAKOPCIC["author"], eta=-1.0), 0.6, 1.5, -1.5, 5e-6),
    "yakopcic jo": Case(YAKOPCIC["jo"], 0.3, 4.0, -2.0, 1e-1),
    "vteam exponential": Case(
        dataclasses.replace(VTEAM["thresholded"], resistance="exponential", p=3), 0.5, 1.2, -1.2, 2e-8
    ),
    "vteam memtorch": Case(VTEAM["memtorch"], 0.2, 0.1, -0.3, 1e-8),
    "stanford without f_min": Case(
        dataclasses.replace(STANFORD_PKU["published"], f_min=0.0), 1.3e-9, 1.3, -1.3, 2e-8
    ),
}  # fmt: skip


def stated() -> dict[tuple[str, str], tuple[float, float]]:
    """(model, test) -> (state, current): the rows of the table in the README."""
    rows = re.findall(
        r"^\| `(\w+)` \| ([\w-]+) \| (\S+) \| (\S+) \|", (FOLDER / "README.md").read_text(), re.MULTILINE
    )
    return {(model, what): (float(state), float(current)) for model, what, state, current in rows}


def run(lines: list[str], stop: float, step: float) -> Plot:
    """Times, node volts and source currents of a transient from given states."""
    tail = [OPTIONS, f".tran {step!r} {stop!r} 0 {step!r} uic", ".end", ""]
    return run_deck("\n".join(["compact models", *lines, *tail]), timeout=120.0)[0]


def column(plot: Plot, name: str) -> np.ndarray:
    return plot.data[:, plot.variables.index(name)]


def pwl(wave: Waveform) -> str:
    return "pwl(" + " ".join(f"{t!r} {v!r}" for t, v in np.transpose(wave.points).tolist()) + ")"


def apart(case: Case, wave: Waveform, ohms: float = 0.0) -> tuple[float, float]:
    """Largest distance of states, of the range, and of currents, of the largest one."""
    model = case.model
    moving = InSeries(model, ohms) if ohms else model
    lines = [
        model_file(model),
        f"V1 in 0 {pwl(wave)}",
        f"X1 p 0 s {model.name} x0={case.x * model.state_volts!r}",
    ]
    lines.append(f"R1 in p {ohms!r}" if ohms else "V2 in p 0")
    stop = float(wave.points[0][-1])
    plot = run(lines, stop, stop / 400.0)
    chosen = np.unique(np.linspace(0, len(plot.data) - 1, COMPARED).astype(int))
    times, kept = column(plot, "time")[chosen], wave.points[0]
    both = np.unique(np.concatenate([times, kept]))
    fine = Waveform(both, np.interp(both, *wave.points))
    x = trajectory(moving, case.x, fine)[np.searchsorted(both, times)]
    current = moving.current(np.interp(times, *wave.points), x)
    low, high = model.limits
    off = np.abs(column(plot, "v(s)")[chosen] / model.state_volts - x).max() / (high - low)
    assert np.ptp(x) > 0.05 * (high - low)  # there was something to agree on
    return float(off), float(np.abs(-column(plot, "i(v1)")[chosen] - current).max() / np.abs(current).max())


def sweep(case: Case) -> Waveform:
    """Up, through zero, down and back, in 40 widths; the ends of the ramps, 1.2 times a pulse, write most."""
    t = 10.0 * case.width
    return Waveform([0.0, t, 3.0 * t, 4.0 * t], [0.0, 1.2 * case.up, 1.2 * case.down, 0.0])


def up_and_down(case: Case) -> Waveform:
    """20 pulses up and 20 down, with edges of a tenth of their width."""
    heights = np.repeat([case.up, case.down], 20)
    return pulse_train(heights, case.width, gap=case.width, edge=0.1 * case.width)


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_twin_writes(name: str) -> None:
    assert (FOLDER / f"{name}.lib").read_text() == model_file(FILES[name])


@pytest.mark.parametrize("name", CASES)
def test_a_sweep(name: str) -> None:
    found, bound = apart(CASES[name], sweep(CASES[name])), stated()[name, "sweep"]
    print(name, "sweep", found)
    assert found[0] <= bound[0] <= 1e-2
    assert found[1] <= bound[1] <= 1e-2


@pytest.mark.parametrize("name", CASES)
def test_pulses_up_and_down(name: str) -> None:
    found, bound = apart(CASES[name], up_and_down(CASES[name])), stated()[name, "pulses"]
    print(name, "pulses", found)
    assert found[0] <= bound[0] <= 1e-2
    assert found[1] <= bound[1] <= 1e-2


@pytest.mark.parametrize("name", OTHERS)
def test_other_parameters(name: str) -> None:
    """Not in the README: 1e-3 is asked of all."""
    for wave in (sweep(OTHERS[name]), up_and_down(OTHERS[name])):
        found = apart(OTHERS[name], wave)
        print(name, found)
        assert max(found) <= 1e-3


@pytest.mark.parametrize("name", CASES)
def test_a_resistance_in_series(name: str) -> None:
    case = CASES[name]
    ohms = 0.1 / float(case.model.slope(case.up, case.x))
    found = apart(case, sweep(case), ohms)
    print(name, found)
    assert max(found) <= 1e-3


def array_deck(
    model: CompactModel, x: np.ndarray, ports: np.ndarray, wires: Wires, width: float
) -> list[str]:
    """rows x columns devices on wired lines, all ports driven by one pulse; ports as in `half_selected`."""
    rows, columns = x.shape
    edge = 1e-6 * width
    lines = [model_file(model)]
    for k, volts in enumerate(ports.tolist()):
        lines.append(
            f"Vp{k} port{k} 0 pwl(0 0 {edge!r} {volts!r} {edge + width!r} {volts!r} {2 * edge + width!r} 0)"
        )
    for i in range(rows):
        for j in range(columns):
            left = f"w{i}_{j - 1}" if j else f"port{i}"
            below = f"b{i + 1}_{j}" if i + 1 < rows else f"port{rows + j}"
            lines.append(f"Rw{i}_{j} {left} w{i}_{j} {wires.word_line_resistance!r}")
            lines.append(f"Rb{i}_{j} {below} b{i}_{j} {wires.bit_line_resistance!r}")
            start = float(x[i, j]) * model.state_volts
            lines.append(f"X{i}_{j} w{i}_{j} b{i}_{j} s{i}_{j} {model.name} x0={start!r}")
    return lines


@pytest.mark.parametrize("name", CASES)
def test_half_selection_in_an_array_with_wires(name: str) -> None:
    """3 x 4 devices whose lines take some of the voltage: states at the end, and voltages at the beginning.

    In the README the voltages, of V, stand in the column of the currents.
    """
    case = CASES[name]
    low, high = case.model.limits
    spread = np.random.default_rng(5).uniform(0.0, 0.2, (3, 4)) * (high - low)
    x = case.x + (spread if name != "stanford_pku" else -spread)
    lower = min(-case.model.thresholds[0], case.model.thresholds[1])
    volts = min(case.up, 1.96 * lower)  # V / 2 stays below both thresholds
    ohms = 0.03 / float(case.model.slope(volts, x).max())
    wires, width = Wires(ohms, ohms), 20.0 * case.width
    ports = half_selected(x.shape, 1, [1, 3], volts)
    plot = run(array_deck(case.model, x, ports, wires, width), width, width / 400.0)
    twin = write_pulse(case.model, x, ports, width, wires, parts=200)
    ends = [[column(plot, f"v(s{i}_{j})")[-1] for j in range(4)] for i in range(3)]
    first = np.searchsorted(column(plot, "time"), 1e-6 * width)
    seen = [
        [(column(plot, f"v(w{i}_{j})") - column(plot, f"v(b{i}_{j})"))[first] for j in range(4)]
        for i in range(3)
    ]
    off = np.abs(np.array(ends) / case.model.state_volts - twin.after).max() / (high - low)
    print(
        name,
        "half-select",
        off,
        np.abs(np.array(seen) - twin.volts).max() / volts,
        twin.state_change / (high - low),
    )
    assert off <= stated()[name, "half-select"][0] <= 1e-2
    assert np.abs(np.array(seen) - twin.volts).max() / volts <= stated()[name, "half-select"][1]
    chosen = np.zeros(x.shape, dtype=bool)
    chosen[1, [1, 3]] = True
    assert (np.abs(twin.state_change[chosen]) > 0.01 * (high - low)).all()
    assert (twin.state_change[~chosen] == 0.0).all()
    assert twin.volts[chosen].max() < 0.99 * volts


# States that V / 2, just above a threshold, disturbs; the Stanford model has to lose its threshold for that.
DISTURBED = {
    "yakopcic": (CASES["yakopcic"].model, 0.5, 0.67, 5e-6),
    "vteam": (CASES["vteam"].model, 0.5, 0.67, 2e-8),
    "stanford_pku": (OTHERS["stanford without f_min"].model, 0.5e-9, 0.9, 1e-8),
}


@pytest.mark.parametrize("name", DISTURBED)
def test_disturb_by_half_selection(name: str) -> None:
    """ngspice passes 1 % of the range with the counted pulse, and not before; 1e-3 of it are allowed."""
    model, x, volts, width = DISTURBED[name]
    count = int(pulses_to_move(model, x, volts, width))
    assert 3 <= count <= 400
    wave = pulse_train(np.full(count + 1, volts), width, gap=width, edge=1e-6 * width)
    device = f"X1 p 0 s {model.name} x0={x * model.state_volts!r}"
    plot = run([model_file(model), f"V1 p 0 {pwl(wave)}", device], float(wave.points[0][-1]), width / 4.0)
    states = np.interp(wave.points[0][::4], column(plot, "time"), column(plot, "v(s)")) / model.state_volts
    moved = np.abs(states - x) / (0.01 * (model.limits[1] - model.limits[0]))
    print(name, count, moved[count - 1 :])
    assert moved[count - 1] < 1.001
    assert moved[count] >= 0.999


def test_files_together_and_parameters_of_an_instance() -> None:
    """All files included in one deck; two sets of parameters side by side are two models."""
    wave = pulse_train([1.5, -1.2], 5e-6, edge=5e-7)
    models = [YAKOPCIC["microsiemens"], YAKOPCIC["author"], YAKOPCIC["oblea"]]
    lines = [f".include {FOLDER / name}.lib" for name in FILES] + [f"V1 p 0 {pwl(wave)}"]
    for k, m in enumerate(models):
        lines += [f"V{k + 2} p p{k} 0"]
        lines += [f"X{k} p{k} 0 s{k} yakopcic a1={m.a1!r} a2={m.a2!r} v_p={m.v_p!r} v_n={m.v_n!r} x0=0.4"]
    lines += ["Xv p 0 sv vteam", "Xs p 0 ss stanford_pku"]
    stop = float(wave.points[0][-1])
    plot = run(lines, stop, stop / 400.0)
    for k, m in enumerate(models):
        twin = trajectory(m, 0.4, wave)
        assert column(plot, f"v(s{k})")[-1] == pytest.approx(twin[-1], abs=1e-4)
        i = np.interp(4e-6, column(plot, "time"), column(plot, f"i(v{k + 2})"))
        x = trajectory(m, 0.4, Waveform([0.0, 5e-7, 4e-6], [0.0, 1.5, 1.5]))[-1]
        assert i == pytest.approx(float(m.current(1.5, x)), rel=1e-3)
    for node, name, start in (("v(sv)", "vteam", 0.5), ("v(ss)", "stanford_pku", 0.95e-9)):  # their defaults
        twin = trajectory(FILES[name], start, wave)[-1] * FILES[name].state_volts
        assert column(plot, node)[-1] == pytest.approx(twin, abs=1e-3)


@pytest.mark.parametrize("name", [*CASES, *OTHERS])
def test_two_expressions_are_the_subcircuit(name: str) -> None:
    """`memristor_model`, wired by hand, beside the file: the same numbers, so the same steps of ngspice."""
    case = {**CASES, **OTHERS}[name]
    law, start = memristor_model(case.model), case.x * case.model.state_volts
    wave = up_and_down(case)
    lines = [
        model_file(case.model).replace(f".subckt {case.model.name}", ".subckt other"),
        f".subckt {law.name} plus minus state", f"Bc plus minus I={law.current}", f"Br 0 state I={law.rate}",
        f"Cs state 0 1 ic={start!r}", "Rs state 0 1e12", ".ends",
        f"V1 p 0 {pwl(wave)}", "V2 p a 0", "V3 p b 0", f"X1 a 0 s other x0={start!r}", f"X2 b 0 t {law.name}",
    ]  # fmt: skip
    stop = float(wave.points[0][-1])
    plot = run(lines, stop, stop / 400.0)
    # Both are solved at the same points, to reltol a step at worst; what differs is rounding, amplified.
    np.testing.assert_allclose(column(plot, "v(s)"), column(plot, "v(t)"), rtol=1e-9, atol=1e-12)
    most = np.abs(column(plot, "i(v2)")).max()
    np.testing.assert_allclose(column(plot, "i(v2)"), column(plot, "i(v3)"), rtol=1e-8, atol=1e-10 * most)


def test_the_readme_shows_how() -> None:
    """The deck of the README runs as it stands, and says what is said of it."""
    text = (FOLDER / "README.md").read_text()
    deck = re.search(r"```spice\n(.*?)```", text, re.DOTALL).group(1)
    deck = deck.replace(".include ", f".include {FOLDER}/")
    plot, _ = run_deck(deck)
    wanted = float(re.search(r"ends at V\(s\) = (\d\.\d+)", text).group(1))
    assert column(plot, "v(s)")[-1] == pytest.approx(wanted, abs=5.1e-5)  # printed to four decimals


if __name__ == "__main__":
    for label, each in FILES.items():
        (FOLDER / f"{label}.lib").write_text(model_file(each))

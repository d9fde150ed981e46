"""Power of a chip: what the native simulator says by part, and Tellegen's sum over ngspice's branches.

Tellegen: what all resistors and devices dissipate is what all sources deliver, controlled ones included.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
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


def sources(deck: str) -> list[str]:
    """Every source that feeds a wire of the circuit, as ngspice names it: "e.xlayer1.xdrive_p_0.eout"."""
    blocks: dict[str, list[list[str]]] = {"": []}
    block = ""
    for line in deck.replace("\n+", " ").splitlines():
        words = line.split()
        if line.startswith(".subckt"):
            block = words[1]
            blocks[block] = []
        elif line.startswith(".ends"):
            block = ""
        elif words and words[0][0] in "EVBX":
            blocks[block].append(words)
    return [name.lower() for name in _within(blocks, "", "")]


def _within(blocks: dict[str, list[list[str]]], block: str, path: str) -> Iterator[str]:
    """The sources of a subcircuit at a path, those of the subcircuits in it too."""
    for words in blocks[block]:
        if words[0][0] == "X":
            yield from _within(blocks, words[-1], f"{path}{words[0]}.")
        elif not _inner(words) and not _device(words):
            yield f"{words[0][0]}.{path}{words[0]}" if path else words[0]


def _inner(words: list[str]) -> bool:
    """Whether a source drives the pole inside an amplifier: a signal, whose power is not of the circuit."""
    return words[:3] == ["Bstage", "0", "pole"]


def _device(words: list[str]) -> bool:
    """Whether a source is a device of a crossbar, a current between two wires: it takes power."""
    return words[0][0] == "B" and words[3].lower().startswith("i=") and "0" not in words[1:3]


def delivered(circuit: Circuit, compiled: CompiledNetwork, place: Path) -> float:
    """Watts that all sources deliver in plain ngspice: the sum of -V I over their branches."""
    stimuli = {name: volts[0] for name, volts in compiled.operating_point().stimuli.items()}
    deck = single_sample_deck(circuit, stimuli, compiled.start(0))
    names = sources(deck)
    asked: list[str] = []
    for name in names:
        asked.append(f"print @{name}[v]" if name[0] == "b" else f"print @{name}[p]")
        asked.append(f"print @{name}[i]")
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

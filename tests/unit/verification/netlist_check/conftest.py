"""One emitted netlist on ideal and one on real parts, and edits of them as a person makes them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analog_pc.compiler import CompiledNetwork, compile_network
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.technology import technology
from analog_pc.verification.netlists import write_sample_netlist


def compiled(name: str, activation: str = "tanh", phase: str = "learn") -> CompiledNetwork:
    """4-5-3 with biases and two precisions; one sample."""
    network = random_network((4, 5, 3), activation, seed=0, precision=[2.0, 0.5])
    network = network.with_parameters(network.W, [np.linspace(-0.2, 0.3, 5), np.linspace(0.1, 0.3, 3)])
    random = np.random.default_rng(0)
    inputs = random.normal(size=(1, 4))
    targets = random.normal(size=(1, 3))
    return compile_network(network, technology(name), inputs, targets if phase == "learn" else None)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder with network.cir and probes.json of a technology, activation and phase; each written once."""
    kept: dict[tuple[str, ...], Path] = {}

    def write(*what: str) -> Path:
        if what not in kept:
            kept[what] = tmp_path_factory.mktemp("written")
            write_sample_netlist(kept[what], compiled(*what), Native())
        return kept[what]

    return write


@pytest.fixture
def netlist(written: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """A copy of such a folder, to edit; its netlist."""

    def copy(*what: str) -> Path:
        for name in ("network.cir", "probes.json"):
            shutil.copy(written(*what) / name, tmp_path / name)
        return tmp_path / "network.cir"

    return copy


def scale_resistor(netlist: Path, block: str, name: str, factor: float) -> None:
    """Multiply one resistor of a subcircuit."""
    text = netlist.read_text()
    begin = text.index(f".subckt {block} ")
    end = text.index(".ends", begin)

    def changed(found: re.Match[str]) -> str:
        return f"{found[1]}{factor * float(found[2])!r}"

    edited, count = re.subn(rf"^({name} \S+ \S+ )(\S+)$", changed, text[begin:end], flags=re.MULTILINE)
    assert count == 1
    netlist.write_text(text[:begin] + edited + text[end:])


def add_line(netlist: Path, line: str) -> None:
    """Before the analysis."""
    text = netlist.read_text()
    assert text.count("\n.op\n") == 1
    netlist.write_text(text.replace("\n.op\n", f"\n{line}\n.op\n"))


def replace_amplifier(netlist: Path, kind: str, body: str) -> None:
    """An own ``.subckt`` in place of a kind of amplifier."""
    block = re.compile(rf"^\.subckt {kind} .*?^\.ends {kind}$", re.MULTILINE | re.DOTALL)
    own = f".subckt {kind} plus minus out\n{body}\n.ends {kind}"
    text, count = block.subn(lambda _: own, netlist.read_text())
    assert count == 1
    netlist.write_text(text)

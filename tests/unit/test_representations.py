"""What a prompt or a notebook shows of the public objects: one line that says what it is."""

from __future__ import annotations

import numpy as np

from analog_pc import Native, compile_network, random_network, relax, technology
from analog_pc.errors import MOST
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.technology import TECHNOLOGIES

RNG = np.random.default_rng(0)
NET = random_network((4, 3, 2), "tanh")
X = RNG.normal(size=(5, 4))


def test_one_line_each() -> None:
    compiled = compile_network(NET, technology("ideal"), X)
    solution = Native().simulate(compiled.circuit, compiled.operating_point())
    wave = compiled.decode_waveform(Native().simulate(compiled.circuit, compiled.transient(0, start="zero")))
    assert repr(NET) == "<PredictiveCodingNetwork 4-3-2 tanh>"
    assert repr(compiled) == "<CompiledNetwork 4-3-2 tanh on ideal, 5 samples>"
    assert repr(solution) == f"<Solution of 5 points, {len(solution.nodes)} nodes: converged>"
    assert repr(compiled.decode(solution)) == "<Equilibrium 4-3-2, 5 of 5 samples converged>"
    assert repr(relax(NET, X)) == "<Equilibrium 4-3-2, 5 of 5 samples converged>"
    assert repr(wave) == f"<Waveform 4-3-2, {len(wave.times)} times>"


def test_technologies() -> None:
    for name, found in TECHNOLOGIES.items():
        assert repr(found) == f"<Technology '{name}': {found.source}>"


def test_a_large_network_is_as_short() -> None:
    large = PredictiveCodingNetwork([RNG.normal(size=(200, 300)), RNG.normal(size=(10, 200))])
    assert repr(large) == "<PredictiveCodingNetwork 300-200-10 sigmoid>"
    assert len(repr(compile_network(large, technology("ideal"), RNG.normal(size=(2, 300))))) < MOST

"""probes.json says what the nodes of network.cir mean."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analog_pc.compiler import compile_network, write_netlist
from analog_pc.compiler.netlist_file import probes_json
from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL
from analog_pc.verify.netlists import sample_deck, write_sample_netlist

COMPILED = compile_network(random_network((3, 4, 2), "tanh"), IDEAL, np.full((2, 3), 200.0), np.zeros((2, 2)))


def test_scales_and_names() -> None:
    found = json.loads(probes_json(COMPILED))
    assert set(found) == {"volts_per_unit", "seconds_per_unit", "activities", "predictions", "eps"}
    assert found["volts_per_unit"] == COMPILED.scales.volts
    assert found["volts_per_unit"] <= IDEAL.supply / 200.0  # lowered for the large input, and said
    assert found["seconds_per_unit"] == IDEAL.seconds_per_unit
    assert found["activities"] == [["x0_0", "x0_1", "x0_2"], [f"x1_{i}" for i in range(4)], ["x2_0", "x2_1"]]
    assert found["predictions"] == [[], [f"mu1_{i}" for i in range(4)], ["mu2_0", "mu2_1"]]
    assert found["eps"] == [[], [f"eps1_{i}" for i in range(4)], ["eps2_0", "eps2_1"]]


def test_every_probe_is_a_node_of_the_deck() -> None:
    words = set(sample_deck(COMPILED, Native()).split())
    found = json.loads(probes_json(COMPILED))
    names = {n for kind in ("activities", "predictions", "eps") for layer in found[kind] for n in layer}
    assert len(names) == 3 + 4 + 2 + 2 * (4 + 2)
    assert names <= words


def test_both_files_are_written(tmp_path: Path) -> None:
    write_netlist(tmp_path, COMPILED, "* a deck\n")
    assert (tmp_path / "network.cir").read_text() == "* a deck\n"
    assert (tmp_path / "probes.json").read_text() == probes_json(COMPILED) + "\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        write_netlist(tmp_path / "gone", COMPILED, "")
    write_sample_netlist(tmp_path / "made" / "here", COMPILED, Native())
    assert (tmp_path / "made" / "here" / "network.cir").read_text() == sample_deck(COMPILED, Native())

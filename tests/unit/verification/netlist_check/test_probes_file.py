"""probes.json: what it holds of an emitted netlist, and what of it is refused."""

from __future__ import annotations

import copy
import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc.circuit import Outcome, Status
from analog_pc.compiler import compile_network
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import random_network, relax
from analog_pc.pcn.network_file import save_network
from analog_pc.simulators import Native
from analog_pc.technology import IDEAL, technology
from analog_pc.verification.netlist_check.probes_file import Probes, read_probes, to_json
from analog_pc.verification.netlist_check.reference import CROSS_CHECK
from analog_pc.verification.netlists import sample_deck, write_sample_netlist
from tests.unit.verification.netlist_check.conftest import compiled

COMPILED = compile_network(random_network((3, 4, 2), "tanh"), IDEAL, np.full((2, 3), 200.0), np.zeros((2, 2)))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wide") / "made" / "here"
    write_sample_netlist(folder, COMPILED, Native())
    return folder


def test_scales_and_names(wide: Path) -> None:
    found = json.loads((wide / "probes.json").read_text())
    assert found["volts_per_unit"] == list(COMPILED.scales.activity)
    assert found["volts_per_unit"][0] <= IDEAL.supply / 200.0  # lowered for the large input, and said
    assert found["seconds_per_unit"] == IDEAL.seconds_per_unit
    assert found["activities"] == [["x0_0", "x0_1", "x0_2"], [f"x1_{i}" for i in range(4)], ["x2_0", "x2_1"]]
    assert found["predictions"] == [[], [f"mu1_{i}" for i in range(4)], ["mu2_0", "mu2_1"]]
    assert found["eps"] == [[], [f"eps1_{i}" for i in range(4)], ["eps2_0", "eps2_1"]]
    assert found["network"]["sizes"] == [3, 4, 2]
    assert found["technology"] == "ideal"


def test_every_node_is_in_the_netlist(wide: Path) -> None:
    deck = (wide / "network.cir").read_text()
    assert deck == sample_deck(COMPILED, Native())
    words = set(deck.split())
    for probe in read_probes(wide / "probes.json").nodes:
        assert probe.node.removeprefix("xlayer1.").removeprefix("xlayer2.") in words


def test_ideal_parts_are_held_against_the_mathematics() -> None:
    circuit = compiled("ideal")
    rest = relax(circuit.network, clamps=circuit.clamps)
    found = written(circuit)
    assert found.reference is not None
    assert found.reference.samples == 1
    layers = {"x": rest.activities, "mu": rest.predictions, "eps": rest.eps}
    judged = [probe for probe in found.nodes if probe.tolerance is not None]
    assert {probe.quantity for probe in judged} == set(layers)
    for probe in judged:
        ideal = layers[probe.quantity][probe.layer][0, probe.index]
        # Both end within 1e-12 of the forces from rest, after steps of their own.
        assert probe.volts == pytest.approx((circuit.scales.activity[probe.layer] * ideal,), abs=1e-11)
        assert probe.tolerance is not None
        # The project's acceptance, of full scale; ngspice's stopping rule alone leaves 1e-9.
        assert 1e-9 < probe.tolerance / found.reference.full_scale[probe.quantity][probe.layer] <= 1e-6


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_signals_of_the_mathematics_are_those_of_the_circuit(activation: str, phase: str) -> None:
    """Native, with gain 1e9, knows nothing of the formulas behind rate, anti, back and anti_eps."""
    circuit = compiled("ideal", activation, phase)
    native = Native().simulate(circuit.circuit, circuit.operating_point((0,), every_node=True))
    for probe in written(circuit).nodes:
        node = probe.node.removeprefix("x") if "." in probe.node else probe.node
        assert native.voltage([node])[0, 0] == pytest.approx(probe.volts[0], abs=1e-8)


def test_real_parts_are_held_against_the_native_simulator() -> None:
    circuit = compiled("cmos65-rram")
    point = circuit.operating_point((0,), by_relaxation=True, every_node=True)
    native = Native().simulate(circuit.circuit, point)
    found = written(circuit)
    assert found.reference is not None
    largest = max(abs(probe.volts[0]) for probe in found.nodes if probe.quantity in ("x", "mu", "eps"))
    for probe in found.nodes:
        node = probe.node.removeprefix("x") if "." in probe.node else probe.node
        assert native.voltage([node])[0, 0] == probe.volts[0]
        judged = probe.quantity in ("x", "mu", "eps")
        assert probe.tolerance == (pytest.approx(CROSS_CHECK * largest) if judged else None)


def written(circuit: Any) -> Probes:
    """What is written of a circuit, read again."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample_netlist(Path(folder), circuit, Native())
        return read_probes(Path(folder) / "probes.json")


def test_weights_are_those_of_the_network() -> None:
    """R_f (plus - minus) is W, and its transpose in the array that feeds back."""
    circuit = compiled("ideal")
    layers = written(circuit).layers
    for number in (1, 2):
        forward = np.subtract(layers[number].forward_plus, layers[number].forward_minus)
        np.testing.assert_allclose(forward, circuit.network.W[number - 1], rtol=1e-9, atol=1e-12)
    transposed = np.subtract(layers[1].transposed_plus, layers[1].transposed_minus)
    np.testing.assert_allclose(transposed, circuit.network.W[1].T, rtol=1e-9, atol=1e-12)
    assert layers[0].transposed_plus == ()  # nothing feeds back into a clamped input
    assert [layer.precision for layer in layers] == [0.0, 2.0, 0.5]


class NoRest(Native):
    """A simulator that does not come to rest, or fails."""

    def __init__(self, fails: bool) -> None:
        super().__init__()
        self.fails = fails

    def simulate(self, circuit: Any, analysis: Any) -> Any:
        if self.fails:
            raise SimulationFailed("no")
        return replace(super().simulate(circuit, analysis), status=Status(Outcome.UNSTABLE))


@pytest.mark.parametrize("fails", [True, False])
def test_without_a_state_of_rest_real_parts_have_no_reference(fails: bool, tmp_path: Path) -> None:
    write_sample_netlist(tmp_path, compiled("breadboard"), NoRest(fails))
    found = read_probes(tmp_path / "probes.json")
    assert found.reference is None
    assert all(probe.volts == () and probe.tolerance is None for probe in found.nodes)


def test_the_hashes_are_those_of_the_files(tmp_path: Path) -> None:
    circuit = compiled("ideal")
    save_network(tmp_path / "net.npz", circuit.network)
    for source in (tmp_path / "net.npz", None):  # the content is the same in both cases
        write_sample_netlist(tmp_path, circuit, Native(), source)
        found = read_probes(tmp_path / "probes.json")
        for name, digest in (("net.npz", found.network.sha256), ("network.cir", found.netlist_sha256)):
            assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_the_text_reads_back_and_has_a_line_for_each_node(wide: Path) -> None:
    found = read_probes(wide / "probes.json")
    text = (wide / "probes.json").read_text()
    assert to_json(found) == text
    assert sum(line.startswith('  {"node"') for line in text.splitlines()) == len(found.nodes)


def test_both_files_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "probes.json").mkdir()  # cannot be replaced by a file
    with pytest.raises((BadInput, OSError)):
        write_sample_netlist(tmp_path, COMPILED, Native())
    assert not (tmp_path / "network.cir").exists()


# --- refused


def test_a_technology_file_of_another_name_is_written(tmp_path: Path) -> None:
    circuit = compile_network(COMPILED.network, technology("sonos"), np.ones((1, 3)))
    write_sample_netlist(tmp_path, circuit, Native())
    assert read_probes(tmp_path / "probes.json").technology == "sonos"


Change = Callable[[dict[str, Any]], object]
CHANGES: list[tuple[str, Change, str]] = [
    ("version", lambda p: p.update(schema_version=2), "version 2"),
    ("schema", lambda p: p.update(schema="other"), "'other'"),
    ("no schema", lambda p: p.pop("schema"), "schema"),
    ("no nodes", lambda p: p.pop("nodes"), "nodes"),
    ("text for volts", lambda p: p["nodes"][0].update(volts=["much"]), "volts"),
    ("unknown quantity", lambda p: p["nodes"][0].update(quantity="y"), "quantity"),
    ("two volts", lambda p: p["nodes"][0].update(volts=[0.1, 0.2]), "2 volts for 1 samples"),
    ("negative tolerance", lambda p: p["nodes"][0].update(tolerance=-1.0), "tolerance -1.0"),
    ("layer outside", lambda p: p["nodes"][0].update(layer=9), "layer 9"),
    ("index outside", lambda p: p["nodes"][0].update(index=-1), "index -1"),
    ("a node twice", lambda p: p["nodes"].append(copy.deepcopy(p["nodes"][0])), "appears twice"),
    ("a place twice", lambda p: p["nodes"].append(p["nodes"][0] | {"node": "n"}), "two nodes"),
    ("nothing judged", lambda p: p.update(nodes=[]), "names no activity"),
    ("layers", lambda p: p["layers"].pop(), "2 layers for a network of 3"),
    ("activation", lambda p: p["layers"][1].update(activation="swish"), "swish"),
    ("clamps", lambda p: p["layers"][1].update(clamped=[True]), "clamped"),
    ("precision", lambda p: p["layers"][1].update(precision=0.0), "precision"),
    ("volts per unit", lambda p: p["layers"][1].update(volts_per_unit=0.0), "volts_per_unit"),
    ("full scale", lambda p: p["reference"]["full_scale"].pop("mu"), "full_scale of mu"),
    ("matrix", lambda p: p["layers"][1]["forward_plus"].pop(), "forward_plus"),
    ("row", lambda p: p["layers"][2]["forward_minus"][0].pop(), "forward_minus"),
]


@pytest.mark.parametrize(("change", "words"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_what_contradicts_itself_is_refused(change: Change, words: str, wide: Path, tmp_path: Path) -> None:
    content = json.loads((wide / "probes.json").read_text())
    change(content)
    (tmp_path / "p.json").write_text(json.dumps(content))
    with pytest.raises(BadInput) as refused:
        read_probes(tmp_path / "p.json")
    assert words in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'p.json'}: ")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000, b"* a netlist\n", b'{"schema": 1}'],
)
def test_what_is_no_probes_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(BadInput, match="no probes file"):
        read_probes(tmp_path / "p.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.json: cannot be read"):
        read_probes(tmp_path / "gone.json")


def test_text_that_is_no_utf8_is_refused(wide: Path, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes((wide / "probes.json").read_bytes().replace(b'"x0_1"', b'"x0\x80"'))
    with pytest.raises(BadInput, match=r"p\.json: no probes file: not UTF-8: invalid start byte at byte"):
        read_probes(tmp_path / "p.json")

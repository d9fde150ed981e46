"""Options that are empty or without effect are refused, with the help of their own command."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_network(tmp_path / "net.npz", random_network((4, 3, 2), seed=0))
    np.savez(tmp_path / "s.npz", inputs=np.full((1, 4), 0.5), targets=np.array([[0.0, 1.0]]))
    return tmp_path


def refused(folder: Path, arguments: str, *words: str) -> None:
    """The arguments are separated by blanks, and `''` is an empty one."""
    asked = ["" if word == "''" else word for word in arguments.split()]
    before = sorted(path.name for path in folder.iterdir())
    with contextlib.chdir(folder):
        ended = CliRunner().invoke(main, asked, prog_name="analog-pc")
    assert isinstance(ended.exception, SystemExit), ended.exception
    assert ended.exit_code == 2, ended.output
    (line,) = ended.stderr.splitlines()
    for word in words:
        assert word in line
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        "verify net.npz --data ''",
        "verify net.npz --data s.npz --out ''",
        "verify ''",
        "verify --netlist ''",
        "verify net.npz --data s.npz --junit ''",
        "evaluate net.npz --data '' --technology pcm",
        "evaluate net.npz --data s.npz --technology pcm --out ''",
        "specify net.npz --data s.npz --technology pcm --fields ''",
        "study ''",
        "run bear --out ''",
        "run bear --data '' --out o",
        "train --out ''",
        "train --device '' --out o.npz",
        "train --checkpoint '' --device ecram --out o.npz",
        "import '' --out o.npz",
        "import net.npz --map '' --out o.npz",
        "netlist net.npz --stimuli '' --out o",
        "testbench net.npz --stimuli '' --out o",
        "devices ''",
    ],
)
def test_empty_values(arguments: str, folder: Path) -> None:
    refused(folder, arguments, "is empty", f"'analog-pc {arguments.split()[0]} --help'")


@pytest.mark.parametrize("command", ["train", "verify", "run", "import", "devices --nothing"])
def test_an_option_without_its_value_points_to_the_help_of_the_command(command: str, folder: Path) -> None:
    name = command.split()[0]
    asked = command if name == "devices" else f"{name} --out"
    refused(folder, asked, f"'analog-pc {name} --help' shows the options")


@pytest.mark.parametrize(
    "option",
    ["--cross-check 0", "--reference vacask", "--seeds 2", "--time-limit 5", "--only table", "--skip noise"],
)
def test_options_of_real_parts_on_ideal_ones(option: str, folder: Path) -> None:
    refused(folder, f"verify net.npz --data s.npz {option} --out o", option.split()[0], "real parts")


@pytest.mark.parametrize(
    "option", ["--data s.npz", "--samples 3", "--phases learn", "--transient", "--technology pcm", "--seed 1"]
)
def test_options_of_a_network_beside_a_netlist(option: str, folder: Path) -> None:
    refused(
        folder, f"verify --netlist n.cir {option}", option.split()[0], "has no effect with --netlist n.cir"
    )


def test_the_file_that_is_missing_is_named(folder: Path) -> None:
    refused(folder, "verify --netlist missing.cir", "missing.cir: ")
    refused(folder, "train --device ecram --resume --checkpoint c.npz --out o.npz", "c.npz: no such file")


@pytest.mark.parametrize("command", ["verify net.npz --data", "netlist net.npz --stimuli"])
def test_stimuli_without_a_sample(command: str, folder: Path) -> None:
    (folder / "nothing.npz").touch()
    refused(folder, f"{command} nothing.npz --out o", "nothing.npz: is empty (0 bytes)")
    np.savez(folder / "none.npz", inputs=np.zeros((0, 4)))
    refused(folder, f"{command} none.npz --out o", "inputs hold no sample: give at least one row")


def test_data_of_one_class_are_remarked(folder: Path) -> None:
    np.savez(folder / "one.npz", inputs=np.full((3, 4), 0.5), labels=np.array([1, 1, 1]))
    np.savez(folder / "two.npz", inputs=np.full((3, 4), 0.5), labels=np.array([0, 1, 1]))
    said = {}
    for name in ("one", "two"):
        asked = ["evaluate", "net.npz", "--data", f"{name}.npz", "--technology", "pcm", "--only", "chips"]
        with contextlib.chdir(folder):
            ended = CliRunner().invoke(main, [*asked, "--seeds", "2", "--out", name])
        assert ended.exit_code == 0, ended.output
        said[name] = " ".join(ended.stdout.split())
        page = " ".join((folder / name / "report.html").read_text().split())
        assert ("hold one class" in page) == (name == "one")
    assert "These data hold one class (label 1, 3 samples)" in said["one"]
    assert "hold one class" not in said["two"]

"""`analog-pc technologies`, and the option --technology of the other commands."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.technology import TECHNOLOGIES, load_technology, quantities
from analog_pc.technology.derived import derived_values
from analog_pc.technology.toml_file import defaulted

every = pytest.mark.parametrize("name", TECHNOLOGIES)


def cli(*arguments: object, width: int = 80) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(main, [str(a) for a in arguments])


def refused(result: Result, *words: str) -> None:
    """Exit 2, one line on stderr with all the words, nothing on stdout, no traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith("analog-pc: ")
    assert not [word for word in words if word not in result.stderr], result.stderr
    assert result.stdout == ""


def test_the_list_has_a_line_for_each() -> None:
    result = cli("technologies")
    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.stdout.splitlines()]
    for name, found in TECHNOLOGIES.items():
        assert f"{name} {found.source}" in [" ".join(line.split()) for line in lines]


@every
@pytest.mark.parametrize("width", [80, 120])
def test_an_explanation_says_every_value_meaning_and_source(name: str, width: int) -> None:
    found = TECHNOLOGIES[name]
    result = cli("technologies", name, width=width)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= width
    assert result.stdout.replace("µ", "").isascii()
    said = " ".join(result.stdout.split())
    assert said.startswith(f"{name}: {found.source}")
    for source in found.sources.values():
        assert source.text in said
    for field in quantities():
        assert field in said
    for figure in derived_values(found):
        assert figure.name in said
    assert said.count("unverified, ") == sum(not source.verified for source in found.sources.values())


def test_values_come_with_units() -> None:
    lines = [line.split("  ") for line in cli("technologies", "breadboard", width=120).stdout.splitlines()]
    shown = {cells[0]: next(c.strip() for c in cells[1:] if c.strip()) for cells in lines if len(cells) > 2}
    assert shown["g_min"] == "1 µS"
    assert shown["opamp_gain"] == "2e+05 V/V"
    assert shown["opamp_slew_rate"] == "16 MV/s"
    assert shown["programming_spread"] == "2 points"
    assert shown["unit of time"] == "8.5 µs"


@every
def test_toml_starts_an_own_file(name: str, tmp_path: Path) -> None:
    result = cli("technologies", name, "--toml")
    assert result.exit_code == 0, result.output
    (tmp_path / f"{name}.toml").write_text(result.stdout)
    found = load_technology(tmp_path / f"{name}.toml")
    assert found == TECHNOLOGIES[name]
    assert found.sources == TECHNOLOGIES[name].sources


def test_an_own_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "cmos65-rram"\nsource = "[red]mine[/red]"\nopamp_offset = 0.5e-3\n')
    result = cli("technologies", path)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("mine: [red]mine[/red]\n")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    at = lines.index("opamp_offset 500 µV input offset, standard deviation")
    assert lines[at + 1] == "unverified"


def test_what_is_off_is_named_at_the_end() -> None:
    end = cli("technologies", "ideal").stdout.split("at their default")[1]
    assert [field for field in defaulted(TECHNOLOGIES["ideal"]) if field not in end] == []
    assert "g_min" not in end


def test_help_lists_the_command() -> None:
    assert "technologies" in cli("--help").stdout
    assert "[NAME|FILE.toml]" in cli("technologies", "--help").stdout


# --- what is refused; every fault of a file is in tests/unit/technology/test_reading.py


def test_toml_of_which() -> None:
    refused(cli("technologies", "--toml"), "which technology?", "ideal, breadboard")


def test_an_unknown_name_and_a_missing_file(tmp_path: Path) -> None:
    refused(cli("technologies", "silicon"), "'silicon'", "ideal, breadboard", "NAME.toml")
    refused(cli("technologies", tmp_path / "no.toml"), str(tmp_path / "no.toml"), "no such file")


@pytest.mark.parametrize(("text", "words"), [
    ("a = = 1", "not TOML"),
    ('base = "ideal"\nopamp_gian = 1', "did you mean opamp_gain?"),
    ('base = "ideal"\nopamp_gain = "one"', "must be a number"),
    ('base = "ideal"\nopamp_gain = -1', "must be finite and > 0"),
    (f'base = "ideal"\nlevels = {10**400}', "beyond the range of numbers"),
], ids=["toml", "field", "type", "negative", "huge"])  # fmt: skip
@pytest.mark.parametrize("command", ["technologies", "verify", "netlist"])
def test_a_bad_file(command: str, text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    arguments = {
        "technologies": (path,),
        "verify": ("--technology", path, "--out", tmp_path / "out"),
        "netlist": (
            *(tmp_path / "net.npz", "--stimuli", "s.npz"),
            *("--technology", path, "--out", tmp_path / "out"),
        ),
    }  # fmt: skip
    refused(cli(command, *arguments[command]), str(path), words)
    assert list(tmp_path.iterdir()) == [path]


# --- the option


def test_a_netlist_of_an_own_technology(tmp_path: Path) -> None:
    save_network(tmp_path / "net.npz", random_network((3, 2), "tanh", seed=1))
    np.savez(tmp_path / "stimuli.npz", inputs=np.ones((1, 3)))
    (tmp_path / "mine.toml").write_text('base = "ideal"\nnode_capacitance = 3.25e-12\n')
    texts = []
    for technology in ("ideal", tmp_path / "mine.toml"):
        out = tmp_path / "out"
        result = cli("netlist", tmp_path / "net.npz", "--stimuli", tmp_path / "stimuli.npz",
                     "--technology", technology, "--out", out)  # fmt: skip
        assert result.exit_code == 0, result.output
        texts.append((out / "network.cir").read_text().lower())
    assert ["3.25e-12" in text for text in texts] == [False, True]


@pytest.mark.parametrize("command", ["verify", "netlist"])
def test_the_option_is_the_same_everywhere(command: str) -> None:
    said = " ".join(cli(command, "--help", width=100).stdout.split())
    assert "--technology NAME|FILE.toml Component values: one that 'analog-pc technologies' lists" in said
    assert "[default: ideal]" in said


def test_toml_is_toml() -> None:
    assert tomllib.loads(cli("technologies", "pcm", "--toml").stdout)["g_max"]["value"] == 25e-6


def test_a_process_that_is_not_shipped_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "cmos65-rram"\nprocess = "potato"\n')
    refused(cli("technologies", path), "process = 'potato', use one of", "cmos65")
    save_network(tmp_path / "net.npz", random_network((4, 3, 2), seed=0))
    out = tmp_path / "out"
    asked = (
        "evaluate",
        tmp_path / "net.npz",
        "--data",
        tmp_path / "no.npz",
        "--technology",
        path,
        "--out",
        out,
    )
    refused(cli(*asked), "process = 'potato'")
    assert not out.exists()

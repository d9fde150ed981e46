"""Bad files and options: one line, exit code 2, no traceback; every choice is named."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc.activations import ACTIVATIONS
from analog_pc.cli import main
from analog_pc.pcn import LEARNING_RULES
from analog_pc.technology import TECHNOLOGIES, technology
from analog_pc.technology.toml_file import technology_text
from analog_pc.training.in_situ import SCHEMES

TOOL = Path(sys.executable).parent / "analog-pc"
TRAIN = ("train", "--data", "iris", "--epochs", "1", "--out", "t.npz")
HEAD = "direction,pulse,siemens\n"


def call(folder: Path, *arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it: numpy's warnings reach the screen where nothing catches them."""
    command = [str(TOOL), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, text=True, timeout=120, **more)


def refused(folder: Path, *arguments: object, words: str = "") -> None:
    """In this process, which takes a tenth of the time; warnings are no faults, as for users."""
    with contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("default")
        ended = CliRunner().invoke(main, [str(a) for a in arguments])
    assert isinstance(ended.exception, SystemExit), ended.exception
    assert ended.exit_code == 2, ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert ended.stderr.startswith("analog-pc: ")
    assert len(ended.stderr) < 300
    assert words in ended.stderr
    assert ended.stdout == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "good.npz", W1=rng.normal(size=(3, 4)), W2=rng.normal(size=(2, 3)), activation="tanh")  # type: ignore[arg-type]
    np.savez(tmp_path / "stim.npz", inputs=rng.normal(size=(2, 4)), targets=rng.normal(size=(2, 2)))
    return tmp_path


NETWORKS: dict[str, tuple[dict[str, Any], str]] = {
    "a precision without an inverse": ({"precision": np.array([5e-324, 1e300])}, "layer 1 is 5e-324"),
    "weights whose products overflow": ({"W1": np.full((2, 4), 1e308), "W2": np.full((2, 2), 1e308)}, "W1"),
    "weights whose squares overflow": ({"W1": np.full((2, 4), 1e200)}, "W1 holds a value of 1e+200, at most"),
    "a float of 128 bits": ({"W1": np.full((2, 4), np.longdouble("1e4000"))}, "every value must be finite"),
    "dates": ({"W1": np.zeros((2, 4), "datetime64[s]")}, "W1 is of type <M8[s]"),
    "text": ({"W1": np.array([["1"] * 4] * 2)}, "W1 is not an array of numbers"),
    "records": ({"W1": np.zeros((2, 4), [("a", "f8")])}, "expected numbers or text"),
    "complex numbers": ({"W1": np.ones((2, 4), complex)}, "W1 is not an array of numbers"),
    "a long name": ({"activation": "t" * 1_000_000}, ", ".join(list(ACTIVATIONS)[2:])),
    "a name of several lines": ({"activation": "tanh\n\x1b[31mred"}, "unknown activation"),
    "an entry with a long name": ({"x" * 60_000: np.ones(1)}, "unknown entries"),
}  # fmt: skip


@pytest.mark.parametrize("what", NETWORKS)
def test_networks(what: str, folder: Path) -> None:
    changes, words = NETWORKS[what]
    given = {"W1": np.ones((2, 4)), "W2": np.ones((2, 2)), "activation": "identity", **changes}
    np.savez(folder / "n.npz", **given)
    refused(folder, "netlist", "n.npz", "--stimuli", "stim.npz", "--out", "o", words=words)


@pytest.mark.parametrize(
    ("central", "local", "value"), [(8, 6, 1), (10, 8, 99)], ids=["encrypted", "method 99"]
)
def test_zip_members_that_cannot_be_read(central: int, local: int, value: int, folder: Path) -> None:
    raw = bytearray((folder / "good.npz").read_bytes())
    raw[raw.find(b"PK\1\2") + central] = value
    raw[raw.find(b"PK\3\4") + local] = value
    (folder / "n.npz").write_bytes(raw)
    refused(
        folder, "netlist", "n.npz", "--stimuli", "stim.npz", "--out", "o", words="is encrypted, or compressed"
    )


def test_a_header_without_end(folder: Path) -> None:
    name = io.BytesIO()
    np.save(name, np.array("tanh"))
    with zipfile.ZipFile(folder / "n.npz", "w") as archive:
        text = b"(" * 8999 + b"\n"
        archive.writestr("W1.npy", b"\x93NUMPY\2\0" + struct.pack("<I", len(text)) + text)
        archive.writestr("activation.npy", name.getvalue())
    refused(folder, "netlist", "n.npz", "--stimuli", "stim.npz", "--out", "o", words="a header of 9000 bytes")


@pytest.mark.parametrize(
    "line",
    ["opamp_noise = 1e200", "opamp_gain = 1e31", "node_capacitance = 5e-324", "transposed_mismatch = 800.0"],
)
def test_technologies_that_no_number_can_follow(line: str, folder: Path) -> None:
    (folder / "t.toml").write_text(f'base = "ideal"\n{line}\n')
    refused(
        folder, "netlist", "good.npz", "--stimuli", "stim.npz", "--technology", "t.toml",
        "--phase", "learn", "--out", "o",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            HEAD + "up,0,1e308\n" + "".join(f"up,{k},1e-6\n" for k in range(1, 9)),
            "line 2: 1e308 siemens is not within 1e-30 ... 1e30 S",
        ),
        (HEAD + 'up,1,"' + "1" * 200_000 + '"\n', "line 2: is longer than"),
        (HEAD + 'up,1,"' + "1" * 900 + '"\n', "line 2: siemens must be"),
    ],
)
def test_curves(content: str, words: str, folder: Path) -> None:
    (folder / "c.csv").write_text(content)
    refused(folder, *TRAIN, "--device", "c.csv", words=words)


@pytest.mark.parametrize("shape", [(2**31, 2**31, 4), (0, 2**31, 2**31), (2**32 - 1,) * 4])
def test_images_of_sizes_beyond_the_file(shape: tuple[int, ...], folder: Path) -> None:
    sizes = struct.pack(f">{len(shape)}I", *shape)
    (folder / "x-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, len(shape)]) + sizes)
    refused(folder, "train", "--data", "x-images-idx3-ubyte", "--out", "t.npz", words="IDX header announces")


OPTIONS: dict[str, tuple[tuple[object, ...], str]] = {
    "a whole number": (("run", "bear", "--out", "o", "--seeds", "3.5"), "'3.5' is not a valid integer."),
    "a part": (("specify", "n.npz", "--data", "wine", "--loss", "abc"), "is no fraction, such as 0.01"),
    "a place": (("run", "bear", "--out", "/proc/x"), "/proc takes no new folder; give a place elsewhere"),
    "a rule": ((*TRAIN, "--rule", "ppc"), "unknown rule 'ppc': use one of pc, ipc, bp"),
    "another rule": ((*TRAIN, "--rule", "ipcc"), f"use one of {', '.join(LEARNING_RULES)}"),
    "a scheme": ((*TRAIN, "--scheme", "x"), f"use one of {', '.join(SCHEMES)}"),
    "an activation": ((*TRAIN, "--activation", "x"), f"use one of {', '.join(ACTIVATIONS)}"),
    "a technology": ((*TRAIN, "--technology", "x"), f"use one of {', '.join(TECHNOLOGIES)}"),
    "an experiment": (("run", "x", "--out", "o"), "`analog-pc run` without a name lists them"),
    "a phase": (("verify", "good.npz", "--data", "stim.npz", "--phases", "x"), "use predict or learn"),
    "a pulse": ((*TRAIN, "--device", "ecram", "--pulse", "1e200,1e200"), "pulse: volts = 1e+200"),
    "a deep setting": (("run", "bear", "--set", "rate=" + "[" * 5000, "--out", "o"), "--set rate="),
    "a deep list": (("run", "bear", "--set", f"rates={'[' * 300}{']' * 300}", "--out", "o"), "--set rates="),
    "a file as folder": (("verify", "good.npz", "--out", "stim.npz"), "stim.npz"),
    "no option": (("train",), "Missing option '--out'"),
    "another option": (("train", "--nothing"), "No such option '--nothing'"),
    "no command": (("nothing",), "No such command 'nothing'"),
    "a number that is none": ((*TRAIN, "--epochs", "x"), "'x' is not a valid integer"),
    "a long list": ((*TRAIN, "--layers", "4," * 10_000), "not a comma-separated list"),
    "a path that is too long": ((*TRAIN, "--data", "a/" * 5000), ""),
    "many inputs": ((*TRAIN, "--layers", f"4,{10**30},3"), ""),
    "a seed": (("verify", "good.npz", "--data", "stim.npz", "--seed", "-1", "--out", "o"), "--seed"),
}  # fmt: skip


@pytest.mark.parametrize("what", OPTIONS)
def test_options(what: str, folder: Path) -> None:
    arguments, words = OPTIONS[what]
    refused(folder, *arguments, words=words)


def test_a_full_disk_is_named(folder: Path) -> None:
    """As a small disk does: no file may be larger than 2 kB."""
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    program = limited + "from analog_pc.cli import main; main(sys.argv[1:])"
    assert call(folder, *TRAIN).returncode == 0  # numba's files are on the disk before it is full
    old = folder / "t.npz"
    old.write_text("old")
    ended = subprocess.run(
        [sys.executable, "-c", program, *TRAIN], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "0"},
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr == "analog-pc: t.npz: cannot be written: File too large\n"
    assert old.read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["good.npz", "stim.npz", "t.npz"]


def test_output_that_cannot_be_written(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = call(folder, "devices", stdout=full)
    assert (ended.returncode, ended.stderr) == (2, "analog-pc: standard output: No space left on device\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["technologies", "cmos65-rram", "--toml"],
        ["technologies", "pcm"],
        ["devices"],
        ["run"],
        ["--help"],
        ["--version"],
        ["train", "--help"],
        ["verify", "good.npz", "--data", "stim.npz", "--phases", "predict"],
        ["evaluate", "good.npz", "--data", "labels.npz", "--technology", "pcm", "--only", "chips"],
    ],
    ids=" ".join,
)
def test_a_reader_that_has_read_enough(folder: Path, arguments: list[str]) -> None:
    np.savez(folder / "labels.npz", inputs=np.zeros((2, 4)), labels=np.array([0, 1]))
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        ended = call(folder, *arguments, stdout=closed)
    assert (ended.returncode, ended.stderr) == (141, "")  # as SIGPIPE: a verdict that nobody read is no pass


def test_standard_output_that_is_closed(folder: Path) -> None:
    program = "import sys; sys.stdout = None; from analog_pc.cli import main; main(['technologies', 'pcm'])"
    ended = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("taken", "arguments", "name"),
    [
        ("good.npz", ["netlist", "{0}", "--stimuli", "stim.npz", "--out", "o"], "network.cir"),
        ("stim.npz", ["netlist", "good.npz", "--stimuli", "{0}", "--out", "o"], "probes.json"),
        ("good.npz", ["testbench", "{0}", "--stimuli", "stim.npz", "--out", "o"], "waveforms.npz"),
        ("good.npz", ["verify", "{0}", "--data", "stim.npz", "--out", "o"], "report.json"),
        ("good.npz", ["evaluate", "{0}", "--data", "l.npz", "--technology", "pcm", "--out", "o"], "cost.csv"),
        (
            "own.toml",
            ["evaluate", "good.npz", "--data", "l.npz", "--technology", "{0}", "--out", "o"],
            "proposal.toml",
        ),
    ],
    ids=["network", "stimuli", "testbench", "verify", "evaluate", "technology"],
)
def test_a_folder_of_results_takes_no_input(
    folder: Path, taken: str, arguments: list[str], name: str
) -> None:
    """The input has a name that the command writes, or clears away, in its own --out."""
    np.savez(folder / "l.npz", inputs=np.zeros((2, 4)), labels=np.array([0, 1]))
    (folder / "own.toml").write_text(technology_text(technology("pcm")))
    (folder / "o").mkdir()
    place = folder / "o" / name
    (folder / taken).rename(place)
    before = place.read_bytes()
    asked = [argument.format(f"o/{name}") for argument in arguments]
    refused(folder, *asked, words=f"o/{name}: is read by this command and would be overwritten")
    assert place.read_bytes() == before
    assert [path.name for path in (folder / "o").iterdir()] == [name]


def test_a_technology_and_labels_beside_images_are_inputs_too(folder: Path) -> None:
    (folder / "own.toml").write_text(technology_text(technology("pcm")))
    refused(folder, *TRAIN[:-1], "own.toml", "--technology", "own.toml", words="--out own.toml: is read")
    images = np.zeros((20, 2, 2), dtype=np.uint8)
    head = b"\0\0\x08"
    (folder / "x-images-idx3").write_bytes(
        head + b"\3" + struct.pack(">3I", *images.shape) + images.tobytes()
    )
    labels = folder / "x-labels-idx1"
    labels.write_bytes(head + b"\1" + struct.pack(">I", 20) + bytes([0, 1] * 10))
    before = labels.read_bytes()
    refused(
        folder,
        "train",
        "--data",
        "x-images-idx3",
        "--out",
        labels.name,
        words=f"--out {labels.name}: is read",
    )
    assert labels.read_bytes() == before


@pytest.mark.parametrize("junit", ["o", "o/report.html", "o/report.json", "o/netlists/learn/network.cir"])
def test_junit_takes_no_place_of_the_report(folder: Path, junit: str) -> None:
    refused(
        folder, "verify", "good.npz", "--data", "stim.npz", "--out", "o", "--junit", junit,
        words=f"--junit {junit}: is written by --out o already",
    )  # fmt: skip
    assert not (folder / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--data", "d.npz", "--out", "d.npz"], "--out d.npz: is read by this command"),
        (
            ["train", "--device", "ecram", "--checkpoint", "c.npz", "--out", "c.npz"],
            "--checkpoint c.npz: is written by --out already",
        ),
        (["verify", "--netlist", "n.cir", "--junit", "n.cir"], "--junit n.cir: is read by this command"),
        (["verify", "--netlist", "n.cir", "--junit", "probes.json"], "--junit probes.json: is read"),
    ],
)
def test_an_output_is_no_input_and_no_other_output(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    for name in ("d.npz", "n.cir", "probes.json"):
        (tmp_path / name).write_text("mine")
    ended = call(tmp_path, *arguments)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == dict.fromkeys(
        ("d.npz", "n.cir", "probes.json"), "mine"
    )


def test_numerical_warnings_are_told_in_one_line(folder: Path) -> None:
    program = """
import numpy as np, warnings, click
from analog_pc.cli import main
@main.command("overflow")
def overflow():
    for power in (np.exp, np.exp2): power(np.array([1e4]))
    print("done")
main(["overflow"])
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0
    assert ended.stdout == "done\n"
    (line,) = ended.stderr.splitlines()
    assert line.startswith("analog-pc: remark: 2 numerical warnings, the first: overflow encountered in ")

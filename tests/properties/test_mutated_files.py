"""Files with random faults, through the command line: an answer or one line, never a traceback.

Slow; so many mutations of every kind of file as MUTATIONS says (100), with seeds from FIRST_SEED (0) on::

    MUTATIONS=1430 pytest -m slow tests/properties/test_mutated_files.py        10,000 files
"""

from __future__ import annotations

import gzip
import io
import os
import re
import signal
import struct
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.technology import IDEAL
from analog_pc.technology.toml_file import technology_text

Random = np.random.Generator
COUNT = int(os.environ.get("MUTATIONS", "100"))
FIRST = int(os.environ.get("FIRST_SEED", "0"))
SECONDS = 60  # a file that takes longer is a fault
LONGEST = 300  # characters of a refusal

NUMBERS = (
    "0", "-0.0", "-1", "1", "1e308", "-1e308", "1e-308", "5e-324", "1e200", "1e31", "1e-31", "1e400", "nan",
    "inf", "-inf", "2147483648", "9223372036854775808", "9" * 400, "0x10", "1_000", "\u0661", "''", "true",
    "[]", "{}",
    "[[1, 2]]", "1979-05-27", '"text"', '"' + "x" * 5000 + '"', "[" * 400 + "]" * 400,
)  # fmt: skip
VALUES = (0.0, -1.0, np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 1e200, 1e100, 1e-200, 2.0**63)
TYPES = (
    "?", "i1", "u8", "f2", "f4", ">f8", "c16", "longdouble", "S3", "U2", "U5000", "M8[s]", "m8[D]", "V7", "O",
    "f8,i4",
)  # fmt: skip


# --- faults of bytes


def flipped(raw: bytes, rng: Random) -> bytes:
    found = bytearray(raw)
    for _ in range(rng.integers(1, 9)):
        found[rng.integers(len(found))] = rng.integers(256)
    return bytes(found)


def cut(raw: bytes, rng: Random) -> bytes:
    return raw[: rng.integers(len(raw))]


def doubled(raw: bytes, rng: Random) -> bytes:
    first, last = sorted(rng.integers(len(raw), size=2))
    return raw[:last] + raw[first:]


def removed(raw: bytes, rng: Random) -> bytes:
    first, last = sorted(rng.integers(len(raw), size=2))
    return raw[:first] + raw[last:]


def numbered(raw: bytes, rng: Random) -> bytes:
    """Extreme whole numbers in the place of others."""
    where = rng.integers(max(len(raw) - 8, 1))
    width = int(rng.choice([1, 2, 4, 8]))
    fill = bytes([int(rng.choice([0, 1, 127, 128, 255]))]) * width
    return raw[:where] + fill + raw[where + width :]


BYTES = (flipped, cut, doubled, removed, numbered)


def any_bytes(raw: bytes, rng: Random) -> bytes:
    return BYTES[rng.integers(len(BYTES))](raw, rng) if raw else raw


# --- faults of what the bytes mean


def arrays(raw: bytes, rng: Random) -> bytes:
    """An npz with other arrays, and right checksums."""
    with np.load(io.BytesIO(raw)) as archive:
        found: dict[str, Any] = {name: archive[name] for name in archive.files}
    for _ in range(rng.integers(1, 4)):
        name = str(rng.choice(sorted(found)))
        found |= {name: other_array(found[name], rng)}
        if rng.random() < 0.2:
            found.pop(name)
        if rng.random() < 0.2:
            found[str(rng.choice(["W9", "b1", "W0", "labels", "x" * 3000, "a/b", "", "\n", "images"]))] = (
                np.ones(rng.integers(4))
            )
        if not found:
            break
    out = io.BytesIO()
    (np.savez if rng.random() < 0.5 else np.savez_compressed)(out, **found)
    return out.getvalue()


def other_array(array: np.ndarray, rng: Random) -> np.ndarray:
    kind = rng.integers(5)
    if kind == 0:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # complex numbers lose their imaginary part
            try:
                return array.astype(str(rng.choice(TYPES)))
            except (TypeError, ValueError):
                return np.zeros(array.shape, str(rng.choice(TYPES)))
    if kind == 1:
        shape = tuple(int(n) for n in rng.integers(0, 5, size=rng.integers(0, 5)))
        return np.zeros(shape, array.dtype)
    if kind == 2 and array.size and array.dtype.kind in "fiu":
        changed = array.copy()
        with np.errstate(all="ignore"):
            changed.flat[rng.integers(array.size)] = np.array(rng.choice(VALUES)).astype(array.dtype)
        return changed
    if kind == 3:
        return np.array(str(rng.choice(["", "relu", "nothing", "x" * 100_000, "][", "{}", "null"])))
    return array.T if array.ndim > 1 else np.concatenate([np.atleast_1d(array)] * 2)


def member(raw: bytes, rng: Random) -> bytes:
    """An npz with faults within a member, and right checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = rng.integers(len(old.namelist()))
        for k, name in enumerate(old.namelist()):
            content = old.read(name)
            if k == chosen:
                content = header(content, rng) if rng.random() < 0.7 else any_bytes(content, rng)
            new.writestr(name, content)
    return out.getvalue()


def header(content: bytes, rng: Random) -> bytes:
    """An npy file with another header."""
    text = content[10 : 10 + struct.unpack("<H", content[8:10])[0]].decode()
    other = str(
        rng.choice(
            [
                re.sub(r"\([^)]*\)", f"({', '.join(map(str, rng.choice([0, 1, 2**31, 2**62], 3)))})", text),
                re.sub(
                    r"'<\w+'", f"'{rng.choice(['O', '|O', '<f3', '>f16', 'V9', '<M8[s]', '<U99999'])}'", text
                ),
                "(" * 9000,
                "{" * 100,
                any_bytes(text.encode(), rng).decode("latin-1"),
            ]
        )
    )
    return (
        b"\x93NUMPY\2\0" + struct.pack("<I", len(other)) + other.encode("latin-1") + content[10 + len(text) :]
    )


def words(raw: bytes, rng: Random) -> bytes:
    """Text with other numbers, lines or names."""
    lines = raw.decode().split("\n")
    for _ in range(rng.integers(1, 4)):
        k = rng.integers(len(lines))
        kind = rng.integers(4)
        if kind == 0:
            found = list(re.finditer(r"[-\d.]+(e-?\d+)?", lines[k]))
            if found:
                one = found[rng.integers(len(found))]
                lines[k] = lines[k][: one.start()] + str(rng.choice(NUMBERS)) + lines[k][one.end() :]
        elif kind == 1:
            lines.pop(k)
        elif kind == 2:
            lines.insert(k, lines[rng.integers(len(lines))])
        else:
            lines[k] = any_bytes(lines[k].encode(), rng).decode("utf-8", "replace")
        if not lines:
            break
    return "\n".join(lines).encode()


def zipped(raw: bytes, rng: Random) -> bytes:
    """A gzip of a file with faults, or with faults itself."""
    if rng.random() < 0.5:
        return gzip.compress(any_bytes(raw, rng))
    return any_bytes(gzip.compress(raw), rng)


def named(raw: bytes, rng: Random) -> bytes:
    """A safetensors file with another header, of the right length."""
    length = struct.unpack("<Q", raw[:8])[0]
    header = words(raw[8 : 8 + length].replace(b",", b",\n"), rng)
    return struct.pack("<Q", len(header)) + header + raw[8 + length :]


# --- what reads the files


def network(folder: Path) -> tuple[str, list[str]]:
    return "net.npz", ["netlist", "net.npz", "--stimuli", "stim.npz", "--out", "out"]


def stimuli(folder: Path) -> tuple[str, list[str]]:
    return "stim.npz", ["netlist", "net.npz", "--stimuli", "stim.npz", "--out", "out"]


def technology(folder: Path) -> tuple[str, list[str]]:
    return "real.toml", [
        "netlist", "net.npz", "--stimuli", "stim.npz", "--technology", "real.toml", "--out", "out",
    ]  # fmt: skip


TRAIN = ["train", "--layers", "4,3", "--epochs", "1", "--batch", "200", "--out", "trained.npz"]


def curve(folder: Path) -> tuple[str, list[str]]:
    return "curve.csv", [*TRAIN, "--data", "iris", "--device", "curve.csv"]


def checkpoint(folder: Path) -> tuple[str, list[str]]:
    return "ck.npz", [*TRAIN, "--data", "iris", "--device", "ecram", "--checkpoint", "ck.npz", "--resume"]


def images(folder: Path) -> tuple[str, list[str]]:
    return "x-images-idx3-ubyte", [*TRAIN, "--data", "x-images-idx3-ubyte"]


def dataset(folder: Path) -> tuple[str, list[str]]:
    return "data.npz", [*TRAIN, "--data", "data.npz"]


def safetensors_model(folder: Path) -> tuple[str, list[str]]:
    return "m.safetensors", [
        "import", "m.safetensors", "--map", "fc{i}.weight", "--activation", "tanh", "--out", "out.npz",
    ]  # fmt: skip


def npz_model(folder: Path) -> tuple[str, list[str]]:
    return "mlp.npz", ["import", "mlp.npz", "--out", "out.npz"]


def onnx_model(folder: Path) -> tuple[str, list[str]]:
    return "m.onnx", ["import", "m.onnx", "--out", "out.npz"]


def probes(folder: Path) -> tuple[str, list[str]]:
    return "circuit/probes.json", [*JUDGE, "--out", "out"]


def netlist(folder: Path) -> tuple[str, list[str]]:
    return "circuit/network.cir", [*JUDGE, "--out", "out"]


JUDGE = ["verify", "--netlist", "circuit/network.cir", "--timeout", "20", "--junit", "judged.xml"]
NPZ = (arrays, arrays, member, member, any_bytes)
KINDS: dict[
    str, tuple[Callable[[Path], tuple[str, list[str]]], tuple[Callable[[bytes, Random], bytes], ...]]
] = {
    "network": (network, NPZ),
    "stimuli": (stimuli, NPZ),
    "technology": (technology, (words, words, any_bytes)),
    "curve": (curve, (words, words, any_bytes)),
    "checkpoint": (checkpoint, NPZ),
    "images": (images, (any_bytes, numbered, zipped)),
    "data set": (dataset, NPZ),
    "safetensors": (safetensors_model, (any_bytes, numbered, named, named)),
    "npz of another tool": (npz_model, NPZ),
    "onnx": (onnx_model, (any_bytes, numbered)),
    "probes": (probes, (words, words, numbered, any_bytes)),
    "netlist": (netlist, (words, words, any_bytes)),
}


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def write_all(folder: Path) -> None:
    """Sound files of every kind, in the current folder."""
    rng = np.random.default_rng(0)
    save_network("net.npz", random_network((4, 3, 2), "tanh", seed=1, precision=[1.0, 2.0]))
    np.savez("stim.npz", inputs=rng.normal(size=(3, 4)), targets=rng.normal(size=(3, 2)))
    Path("real.toml").write_text(technology_text(IDEAL) + "\n[opamp_offset]\nvalue = 1e-3\n")
    up = [f"up,{k},{1e-6 + 1e-7 * k}" for k in range(12)]
    down = [f"down,{k},{2.1e-6 - 1e-7 * k}" for k in range(12)]
    Path("curve.csv").write_text("\n".join(["direction,pulse,siemens", *up, *down, ""]))
    pixels = rng.integers(0, 256, size=(30, 2, 2), dtype=np.uint8)
    sizes = struct.pack(">III", *pixels.shape)
    Path("x-images-idx3-ubyte").write_bytes(b"\0\0\x08\3" + sizes + pixels.tobytes())
    labels = (np.arange(30) % 3).astype(np.uint8)
    Path("x-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1" + struct.pack(">I", 30) + labels.tobytes())
    np.savez("data.npz", inputs=rng.normal(size=(30, 4)), labels=labels.astype(np.int64))
    write_models(rng)
    made = [*TRAIN, "--data", "iris", "--device", "ecram", "--checkpoint", "ck.npz"]
    assert CliRunner().invoke(main, made).exit_code == 0
    circuit = ["netlist", "net.npz", "--stimuli", "stim.npz", "--phase", "learn", "--out", "circuit"]
    assert CliRunner().invoke(main, circuit).exit_code == 0


def write_models(rng: Random) -> None:
    """Files of other tools: 4-3-2 tanh."""
    weights = [rng.normal(size=(3, 4)), rng.normal(size=(2, 3))]
    tensors = {f"fc{k}.weight": w for k, w in enumerate(weights)}
    tensors["fc0.bias"] = np.ones(3)
    safetensors.numpy.save_file(tensors, "m.safetensors")
    coefs: dict[str, Any] = {f"coefs_{k}": w.T for k, w in enumerate(weights)}
    np.savez("mlp.npz", **coefs, intercepts_0=np.ones(3), activation="tanh", out_activation_="softmax")
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("Gemm", ["f", "fc0.weight", "fc0.bias"], ["a"], transB=1, alpha=0.5),
        helper.make_node("Tanh", ["a"], ["h"]),
        helper.make_node("Gemm", ["h", "fc1.weight"], ["z"], transB=1),
        helper.make_node("Softmax", ["z"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", None]) for name in ("x", "y")]
    constants = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    Path("m.onnx").write_bytes(helper.make_model(graph).SerializeToString())


class TooLong(BaseException):
    """A command that does not end."""


def _late(number: int, frame: FrameType | None) -> None:
    raise TooLong


def fault(arguments: list[str]) -> str:
    """What is wrong with how the command line takes it; "" where nothing is."""
    before = signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # as users have them: the command line has to deal with them
            result = CliRunner().invoke(main, arguments)
    except TooLong:
        return f"takes more than {SECONDS} s"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        last = traceback.extract_tb(result.exc_info[2])[-1] if result.exc_info else None
        return f"{type(result.exception).__name__}: {result.exception}"[:200] + f" at {last}"
    lines = result.stderr.splitlines()
    if result.exit_code == 2 and (len(lines) != 1 or len(result.stderr) >= LONGEST):
        return (
            f"exit code 2 with {len(lines)} lines of {len(result.stderr)} characters: {result.stderr[:200]}"
        )
    if result.exit_code not in (0, 1, 2, 3) or len(lines) > 2:
        return f"exit code {result.exit_code}: {result.stderr[:200]}"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files(kind: str, tmp_path: Path) -> None:
    read, mutations = KINDS[kind]
    with inside(tmp_path):
        write_all(tmp_path)
        name, arguments = read(tmp_path)
        whole = Path(name).read_bytes()
        assert fault(arguments) == ""  # the sound file
        faults = []
        for seed in range(FIRST, FIRST + COUNT):
            rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
            Path(name).write_bytes(mutations[rng.integers(len(mutations))](whole, rng))
            found = fault(arguments)
            if found:
                faults.append(f"seed {seed}: {found}")
    assert not faults, f"{len(faults)} of {COUNT}:\n" + "\n".join(faults[:20])

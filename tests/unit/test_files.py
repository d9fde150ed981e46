"""Files are read without trust, and written whole or not at all."""

from __future__ import annotations

import gc
import io
import os
import pickle
import resource
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.files import (
    most_expanded,
    read_bytes,
    read_npz,
    write_bytes,
    write_npz,
    write_text,
    write_together,
)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_text_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "one µ\n")
    write_text(path, "two µ\n")
    assert path.read_bytes() == "two µ\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_the_umasks(tmp_path: Path, umask: None) -> None:
    write_text(tmp_path / "a", "")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert os.umask(0o027) == 0o027  # and the umask is as before


def test_content_that_cannot_be_made_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, x=np.ones(3))
    before = path.read_bytes()

    class Stubborn:
        def __array__(self, *_: object, **__: object) -> np.ndarray:
            raise RuntimeError("will not")

    with pytest.raises(RuntimeError, match="will not"):
        write_npz(path, a=np.ones(1000), b=Stubborn())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


WRITER = """
import sys
from analog_pc.files import write_bytes
content = bytes(range(256)) * 4096
print("ready", flush=True)
while True:
    write_bytes(sys.argv[1], content)
"""


@pytest.mark.parametrize("named", [False, True])
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(named: bool, tmp_path: Path) -> None:
    """Writers, killed after random times.  A hidden file may be left, and all but the ones that needed a name
    from the start are whole, and gone after the next write."""
    rng = np.random.default_rng(0)
    program = WRITER
    if named:
        program = "import os\nif hasattr(os, 'O_TMPFILE'): del os.O_TMPFILE\n" + program
    path = tmp_path / "ck.npz"
    for _ in range(3 if named else 20):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
        )
        with writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.02))
            writer.kill()
        if path.exists():
            assert path.read_bytes() == bytes(range(256)) * 4096
            path.unlink()
        if not named:
            left = list(tmp_path.iterdir())  # one, if it was killed between its two names
            assert [file.read_bytes() for file in left] == [bytes(range(256)) * 4096] * len(left)
            write_bytes(path, b"next")
            assert list(tmp_path.iterdir()) == [path]
            path.unlink()


def test_what_a_power_failure_left_goes_with_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"

    class PowerFailure(BaseException):
        pass

    def fails(*_: object) -> None:
        raise PowerFailure

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fails)
        with pytest.raises(PowerFailure):
            write_text(path, "new")
    (left,) = tmp_path.iterdir()
    assert left.read_text() == "new"  # whole, under another name
    write_text(path, "newer")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "newer"


def test_a_file_and_its_name_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    flush, name = os.fsync, os.replace

    def flushed(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        flush(handle)

    def named(*paths: Path) -> None:
        done.append("name")
        name(*paths)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", named)
    write_text(tmp_path / "a", "text")
    assert done == ["file", "name", "folder"]


def test_file_systems_without_nameless_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    write_text(tmp_path / "a", "one")
    write_text(tmp_path / "a", "two")
    assert (tmp_path / "a").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


FULL = """
import resource, sys
from analog_pc.errors import BadInput
from analog_pc.files import write_npz
import numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_npz(sys.argv[1], x=np.ones(100_000))
except BadInput as refused:
    print(refused)
"""


def test_a_full_disk_names_its_path_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, x=np.ones(3))
    ended = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True)
    assert ended.stdout == f"{path}: cannot be written: File too large\n"
    assert ended.stderr == ""
    assert list(tmp_path.iterdir()) == [path]
    assert read_npz(path)["x"].size == 3


def test_files_that_belong_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second of two cannot be written, neither of this call nor of the one before is there."""
    (tmp_path / "out").mkdir()
    write_together(tmp_path / "out", {"a": b"one", "b": b"one"})
    assert (tmp_path / "out" / "b").read_bytes() == b"one"
    name = os.replace

    def refuse(source: Path, target: Path) -> None:
        if target.name == "b":
            raise OSError(28, "No space left on device")
        name(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(BadInput, match="out/b: cannot be written: No space left on device"):
        write_together(tmp_path / "out", {"a": b"two", "b": b"two"})
    assert list((tmp_path / "out").iterdir()) == []


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    for path in (Path("/dev/null"), tmp_path):
        with pytest.raises(BadInput, match=f"{path}: cannot be written: is no regular file"):
            write_text(path, "")


def test_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone/a: cannot be written: No such file or directory"):
        write_text(tmp_path / "gone" / "a", "")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file/a: cannot be written: Not a directory"):
        write_text(tmp_path / "file" / "a", "")


def test_npz_round_trip(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "name": np.array("tanh"), "flag": np.array(True)}
    write_npz(tmp_path / "a.npz", **arrays)
    found = read_npz(tmp_path / "a.npz")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


# --- refusals of read_npz


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as refused:
        read_npz(path)
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_missing_and_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.npz").endswith("no such file")
    assert refusal(tmp_path).endswith("is a folder, not an npz file")


def test_single_array(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones(3))
    assert "single array" in refusal(tmp_path / "a.npy")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"\x93NUMPY", b"hello\n" * 100, bytes(1000)])
def test_garbage(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    message = refusal(tmp_path / "a.npz")
    words = {b"": "is empty (0 bytes)", b"\x93NUMPY": ""}.get(content, "damaged or not an npz")
    assert words in message
    assert "pickle" not in message
    gc.collect()


def test_flipped_bytes_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, x=np.arange(100.0))
    raw = bytearray(path.read_bytes())
    raw[400] ^= 0xFF  # in the numbers: the checksum of the entry tells
    path.write_bytes(raw)
    assert "damaged" in refusal(path)


def test_damaged_compressed_entry(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).normal(size=200))
    with zipfile.ZipFile(path) as archive:
        entry = archive.infolist()[0]
        first = entry.header_offset + 30 + len(entry.filename) + len(entry.extra)
    raw = bytearray(path.read_bytes())
    raw[first + 20 : first + 60] = b"\xff" * 40
    path.write_bytes(raw)
    assert "damaged" in refusal(path)


def test_a_damaged_npz_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda event: seen.append(event.exc_value))
    path = tmp_path / "a.npz"
    write_npz(path, x=np.ones(100))
    path.write_bytes(path.read_bytes()[:500])
    refusal(path)
    gc.collect()
    assert seen == []


def test_pickles_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "bare.npz").write_bytes(pickle.dumps({"a": [1, 2]}))
    assert "pickled Python objects, which are never loaded" in refusal(tmp_path / "bare.npz")
    np.savez(tmp_path / "object.npz", x=np.array([{}], dtype=object))
    assert "pickled Python objects, which are never loaded" in refusal(tmp_path / "object.npz")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        stream = io.BytesIO()
        np.save(stream, np.array([None], dtype=object), allow_pickle=True)
        archive.writestr("x.npy", stream.getvalue())
    assert "pickled" in refusal(tmp_path / "zip.npz")


# --- sizes are bounded before memory is taken


def npy(kind: str, shape: str, content: bytes = b"", order: str = "False") -> bytes:
    """An npy file with a header of one's own."""
    text = f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + content


def zipped(path: Path, method: int = zipfile.ZIP_STORED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as stream:
        count = 300 * 2**20
        stream.write(npy("'|u1'", f"({count},)"))
        for _ in range(300):
            stream.write(bytes(2**20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "would expand to" in refusal(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB
    assert path.stat().st_size < 500_000


def test_what_is_stored_may_be_large() -> None:
    assert most_expanded(10**12) >= 10**12
    assert most_expanded(1000) == 256 * 2**20


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("'<f8'", "(1099511627776,)"),
        ("'<f8'", "(4294967296, 4294967296)"),
        ("'<f8'", f"({'9' * 3000},)"),
        ("'<U99999999'", "(9,)"),
        ("'<f8'", "(1,)"),
        ("'<f8'", "()"),
    ],
)
def test_shapes_that_the_file_does_not_hold(kind: str, shape: str, tmp_path: Path) -> None:
    message = refusal(zipped(tmp_path / "a.npz", x=npy(kind, shape, bytes(4))))
    assert "bytes of numbers, the file holds 4" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "shape", ["(0, 4611686018427387904)", f"({'0, ' * 100})", "(0, 99999999999999999999)"]
)
def test_shapes_of_nothing_that_numpy_cannot_hold(shape: str, tmp_path: Path) -> None:
    assert "damaged" in refusal(zipped(tmp_path / "a.npz", x=npy("'<f8'", shape)))


@pytest.mark.parametrize("text", ["(" * 9000, "{'descr': " + "[" * 3000, "-" * 4000, "", "\0" * 100])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_headers_of_another_kind(text: str, version: int, tmp_path: Path) -> None:
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    content = b"\x93NUMPY" + bytes([version, 0]) + length + text.encode()
    assert "header" in refusal(zipped(tmp_path / "a.npz", x=content))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(2, "datetime64[s]"), "is of type <M8[s], expected numbers or text"),
        (np.zeros(2, "timedelta64[ms]"), "is of type <m8[ms], expected numbers or text"),
        (np.zeros(2, [("a", "f8"), ("b", "i4")]), "expected numbers or text"),
        (np.zeros(2, "V8"), "is of type |V8, expected numbers or text"),
    ],
)
def test_dates_and_records(array: np.ndarray, words: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=array)
    assert words in refusal(tmp_path / "a.npz")


def test_fortran_order_other_byte_orders_and_scalars(tmp_path: Path) -> None:
    given = {
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(2.5),
        "bytes": np.array([b"a", b"bc"]),
        "nothing": np.array(""),
        "complex": np.array([1j]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **given)  # type: ignore[arg-type]
        found = read_npz(tmp_path / "a.npz")
        for name, array in given.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype
            assert found[name].flags.writeable


def test_members_that_are_no_plain_arrays(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", zipfile.ZIP_BZIP2, x=npy("'<f8'", "(1,)", bytes(8)))
    assert "compressed by other than" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert "'notes.txt', which is no array" in refusal(path)


def test_pipes_and_devices(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").endswith("is no regular file")
    assert refusal(Path("/dev/zero")).endswith("is no regular file")
    with pytest.raises(BadInput, match="/dev/zero: larger than 1000 bytes"):
        read_bytes("/dev/zero", 1000)


def test_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    """numpy would make a string of it that Python cannot handle (a SystemError in str.lower)."""
    path = tmp_path / "a.npz"
    for order in "<>":
        text = np.array("tanh").astype(f"{order}U4")
        np.savez(path, name=text)
        assert read_npz(path)["name"] == "tanh"
        codes = np.frombuffer(text.tobytes(), f"{order}u4").copy()
        codes[2] = sys.maxunicode + 1
        np.savez(path, name=codes.view(f"{order}U4").reshape(()))
        with pytest.raises(BadInput, match="name holds text that is no Unicode"):
            read_npz(path)

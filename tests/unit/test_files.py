"""Files are read without trust, and written whole or not at all."""

from __future__ import annotations

import gc
import io
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.files import read_npz, replacing, write_npz, write_text


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


def test_the_file_appears_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path  # a rename across file systems is no rename
        assert temporary.name.startswith(".a.")
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_nothing(fault: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a"

    def half() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise fault

    with pytest.raises(fault):
        half()
    assert list(tmp_path.iterdir()) == []


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
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
    assert "damaged or not an npz" in message
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

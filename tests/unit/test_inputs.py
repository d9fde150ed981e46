"""A file that a command has read is not written or removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.files import read_npz, withdraw, write_npz, write_together
from analog_pc.inputs import forget_input, inputs_kept


def test_what_was_read_inside_is_neither_written_nor_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(path, x=np.arange(3))
    before = path.read_bytes()
    link = tmp_path / "link.npz"
    link.symlink_to(path)
    with inputs_kept():
        read_npz(link)
        for attempt in (
            lambda: write_npz(path, x=np.zeros(1)),
            lambda: withdraw(tmp_path, ["b.npz", "a.npz"]),
            lambda: write_together(tmp_path, {"b.npz": b"", "a.npz": b""}),
        ):
            (tmp_path / "b.npz").write_text("other")
            with pytest.raises(BadInput, match=r"a.npz: is read by this command"):
                attempt()
            assert path.read_bytes() == before
            assert (tmp_path / "b.npz").read_text() == "other"
        forget_input(path)
        write_npz(path, x=np.zeros(1))
        read_npz(path)
    write_npz(path, x=np.ones(1))  # outside, as a library call may

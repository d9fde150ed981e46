"""Waveforms as files hold what was decoded, in volts and in activities."""

from __future__ import annotations

import csv
import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analog_pc import BadInput, Native, compile_network, files, random_network, technology
from analog_pc.results import write_waveform

NET = random_network((4, 3, 2), "tanh", seed=1)
COMPILED = compile_network(NET, technology("ideal"), np.ones((1, 4)), np.ones((1, 2)))
WAVE = COMPILED.decode_waveform(Native().simulate(COMPILED.circuit, COMPILED.transient(0)))


def test_both_files_hold_the_same(tmp_path: Path) -> None:
    written = write_waveform(tmp_path, "learn", WAVE, COMPILED)
    assert [path.name for path in written] == ["learn.csv", "learn.npz"]
    with (tmp_path / "learn.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    with np.load(tmp_path / "learn.npz") as arrays:
        assert set(arrays.files) == {
            "time", "energy", "x0", "x1", "x2", "mu1", "mu2", "eps1", "eps2", "volts_per_unit",
            "seconds_per_unit",
        }  # fmt: skip
        np.testing.assert_array_equal(arrays["time"], WAVE.times * COMPILED.scales.seconds)
        np.testing.assert_array_equal(arrays["x1"], WAVE.activities[1])
        np.testing.assert_array_equal(arrays["eps2"], WAVE.eps[2])
        for kind, buses in (("x", COMPILED.probes.activities), ("mu", COMPILED.probes.predictions)):
            for layer, bus in enumerate(buses):
                for k, node in enumerate(bus):
                    column = [float(row[f"{node} (V)"]) for row in rows]
                    np.testing.assert_array_equal(
                        column, arrays["volts_per_unit"][layer] * arrays[f"{kind}{layer}"][:, k]
                    )
        np.testing.assert_array_equal([float(row["time (s)"]) for row in rows], arrays["time"])
        np.testing.assert_array_equal([float(row["energy"]) for row in rows], arrays["energy"])


def test_neither_is_left_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = files._write_whole

    def full(path: Path, *rest: Any) -> None:
        if path.suffix == ".npz":
            raise OSError(errno.ENOSPC, "No space left on device")
        usual(path, *rest)

    monkeypatch.setattr(files, "_write_whole", full)
    with pytest.raises(BadInput, match=r"learn\.npz: cannot be written: No space left"):
        write_waveform(tmp_path, "learn", WAVE, COMPILED)
    assert list(tmp_path.iterdir()) == []

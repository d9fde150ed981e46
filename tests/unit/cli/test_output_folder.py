"""One run at a time writes into a folder; the lock of a dead one is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analog_pc.cli.main import main
from analog_pc.cli.output_folder import claimed
from analog_pc.errors import BadInput
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network

HOLDER = """
import sys
from pathlib import Path
from analog_pc.cli.output_folder import claimed

with claimed(Path(sys.argv[1])):
    print("claimed", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_until_the_first_one_is_dead(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    save_network(tmp_path / "net.npz", random_network((2, 3, 1), seed=0))
    np.savez(tmp_path / "s.npz", inputs=np.full((1, 2), 0.5))
    command = ["netlist", f"{tmp_path}/net.npz", "--stimuli", f"{tmp_path}/s.npz", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "claimed\n"
        refused = CliRunner().invoke(main, command)
        assert refused.exit_code == 2
        assert refused.stderr.startswith(f"analog-pc: --out {out}: another run writes into it")
        assert len(refused.stderr.splitlines()) == 1
        assert list(out.iterdir()) == []
        holder.kill()
        holder.wait()
    assert CliRunner().invoke(main, command).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["network.cir", "probes.json"]


def test_an_empty_folder_goes_again_and_a_used_one_stays(tmp_path: Path) -> None:
    with claimed(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert not (tmp_path / "a").exists()
    with claimed(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "file").touch()
    assert (tmp_path / "a" / "b" / "file").exists()
    (tmp_path / "mine").mkdir()
    with claimed(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(BadInput, match=r"--out .*file/out: cannot be made"),
        claimed(tmp_path / "file" / "out"),
    ):
        pass

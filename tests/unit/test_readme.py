"""The ten lines of the README do what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_ten_lines(tmp_path: Path) -> None:
    found = re.search(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    code = found.group(1)
    assert len(code.splitlines()) == 10
    (tmp_path / "ten.py").write_text(code)
    command = [sys.executable, "ten.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = dict(line.split() for line in done.stdout.splitlines())
    assert set(rows) == {"x", "mu", "eps", "energy", "dW"}
    assert all(0.0 < float(residual) <= 1e-6 for residual in rows.values()), rows  # the project's acceptance

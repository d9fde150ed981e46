"""The numbered scripts of examples/ run, and their own assertions hold."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
MOST_LINES = 60


def test_scripts_are_numbered_and_short() -> None:
    assert [name[:3] for name in SCRIPTS] == [f"{k:02d}_" for k in range(1, len(SCRIPTS) + 1)]
    assert len(SCRIPTS) >= 12
    for name in SCRIPTS:
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert len(text.splitlines()) < MOST_LINES, name
        title, underline = text.splitlines()[1:3]  # as the gallery of the documents needs it
        assert underline == "=" * len(title), name


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    plt.close("all")
    assert capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []

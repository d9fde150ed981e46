"""The tutorials of the documents do what they say: their blocks run in order, in one folder for each page.

A `toml` block is a file whose first line names it, `sh` and `python` blocks run as they stand, and every line
of a `text` block must be in the output of the block before it, where `...` stands for anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "getting_started.md", *sorted((DOCS / "tutorials").glob("*.md"))]
BLOCK = re.compile(r"^```(sh|python|toml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(kind: str, text: str, folder: Path) -> str:
    command = [sys.executable, "-c", text] if kind == "python" else ["sh", "-e", "-c", text]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "80"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, (text, done.stdout, done.stderr)
    return done.stdout


def check_output(shown: str, output: str) -> None:
    """Each line in its order; white space of tables counts once."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    rest = iter(lines)
    for line in shown.splitlines():
        pattern = re.escape(" ".join(line.split())).replace(r"\.\.\.", ".*")
        assert any(re.fullmatch(pattern, found) for found in rest), (line, output)


def test_there_are_six_tutorials_beside_the_two_of_commands_alone() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    toctree = index.split(":caption: Tutorials")[1].split("```")[0]
    assert len([line for line in toctree.split() if not line.startswith(":")]) == len(PAGES) - 1 + 2


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs(page: Path, tmp_path: Path) -> None:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert {"sh", "text"} <= {kind for kind, _ in blocks}
    output = ""
    for kind, text in blocks:
        if kind == "toml":
            name = text.splitlines()[0].removeprefix("# ")
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind == "text":
            check_output(text, output)
        else:
            output = run(kind, text, tmp_path)

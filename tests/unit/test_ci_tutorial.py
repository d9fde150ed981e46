"""docs/ci.md: its commands run as they stand, its workflow and its tests too."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest_plugins = ["pytester"]
PAGE = Path(__file__).parents[2] / "docs" / "ci.md"


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outside = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
    return subprocess.run(
        command, cwd=folder, env={**outside, "PATH": path, **environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder after all shell commands of the page, and what each block printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    done = run([sys.executable, "-c", blocks("python")[0]], folder)
    assert done.returncode == 0, done.stderr
    said = []
    for block in blocks("sh"):
        done = run(["sh", "-c", block], folder)
        assert done.returncode == 0, (block, done.stdout, done.stderr)
        said.append(done.stdout)
    return folder, said


def test_the_commands_do_what_the_page_says(followed: tuple[Path, list[str]]) -> None:
    _, (written, own, wrong, elsewhere) = followed
    assert "circuit/network.cir: PASS: 28 of 28 nodes agree with the ideal reference" in written
    assert "circuit/edited.cir: PASS" in own
    (shown,) = (block for block in blocks("") if block.startswith("circuit/wrong.cir"))
    for line in shown.splitlines():
        pattern = re.escape(line).replace(r"\.\.\.", ".*")
        assert re.search(f"^{pattern}$", wrong, re.MULTILINE), wrong
    assert wrong.endswith("exit code 1\n")
    assert "the circuit computes what the network says" in elsewhere


def test_the_table_names_every_field_of_probes_json(followed: tuple[Path, list[str]]) -> None:
    folder, _ = followed
    table = PAGE.read_text().split("## What probes.json holds")[1]
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert named == set(json.loads((folder / "circuit" / "probes.json").read_text()))


def test_the_workflow_runs(followed: tuple[Path, list[str]]) -> None:
    folder, _ = followed
    (text,) = blocks("yaml")
    workflow: dict[Any, Any] = yaml.safe_load(text)
    assert workflow[True] == ["push", "pull_request"]  # YAML 1.1 reads the key "on" as true
    steps = workflow["jobs"]["spice"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    (command,) = (step["run"] for step in steps if step.get("run", "").startswith("analog-pc"))
    page = folder / "page.md"
    done = run(shlex.split(command), folder, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    assert done.returncode == 0, done.stderr
    assert page.read_text().startswith("### edited.cir: PASS")
    kept = next(step["with"]["path"] for step in steps if "upload" in step.get("uses", ""))
    assert {path.name for path in folder.glob(kept)} == {"verify", "verify.xml"}


def test_the_tests_of_the_page_pass(
    followed: tuple[Path, list[str]], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = followed
    (pytester.path / "circuit").symlink_to(folder / "circuit")
    pytester.makepyfile(blocks("python")[1])
    result = pytester.runpytest_inprocess("-p", "analog_pc.pytest_plugin", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)

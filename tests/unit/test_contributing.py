"""CONTRIBUTING.md is true: its floors are those of the linter, and the places that it names exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import analog_pc

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FOLDERS = ("tests/", "docs/", "examples/", "analysis/", "netlists/", ".ci/")
REFERENCE = re.compile(r"`([\w./-]+/[\w./-]+|[\w-]+\.(?:py|md|toml|rst))(?:: (\w+))?`")


def cells(section: str) -> list[list[str]]:
    """Rows of the table of a section, without its head."""
    table = TEXT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in rows[1:]]


def place(path: str) -> Path:
    """The file or folder that a path of the documents means."""
    inside = ROOT / "analog_pc" / path
    return inside if not path.startswith((*FOLDERS, "analog_pc/")) and inside.exists() else ROOT / path


def test_the_floors_are_those_of_the_linter() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (c for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == "floors")
    kept = [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    assert [set(re.findall(r"`(\w+)`", row[1])) for row in cells("Floors")] == kept
    assert [int(row[0]) for row in cells("Floors")] == list(reversed(range(len(kept))))


@pytest.mark.parametrize("row", cells("Where do I add ...?"), ids=lambda row: row[0])
def test_a_place_to_add_something_exists(row: list[str]) -> None:
    found = REFERENCE.findall(" ".join(row[1:]))
    assert found
    for path, name in found:
        assert place(path).exists(), path
        if name:
            pattern = rf"^(?:def |class )?{name}\b"
            assert re.search(pattern, place(path).read_text(encoding="utf-8"), re.MULTILINE), (path, name)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_files_of_the_package_that_a_page_names_exist(page: Path) -> None:
    for path in re.findall(r"`(analog_pc/[\w./*-]+)`", page.read_text(encoding="utf-8")):
        assert list(ROOT.glob(path)), path


def test_the_reference_lists_every_public_name() -> None:
    page = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    listed = re.findall(r"^   (\w+)$", page, re.MULTILINE)
    assert sorted([*listed, "EXPERIMENTS"]) == analog_pc.__all__
    assert "``EXPERIMENTS``" in page

"""Component values: complete, cited, in their units, and refused in one line where they are not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from analog_pc.cost.components import (
    ASSUMED_PROCESS,
    FOLDER,
    GRADES,
    PROCESS,
    check_process,
    process_of,
    read_catalogue,
    shipped,
)
from analog_pc.errors import BadInput
from analog_pc.technology import TECHNOLOGIES, technology

FILES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", FILES)
def test_every_value_has_a_source_and_a_grade(name: str) -> None:
    for component in shipped(name).components.values():
        assert component.source.isascii()
        assert component.source == " ".join(component.source.split())
        assert component.grade in GRADES
        if "from memory" in component.source or component.source.startswith(("rule of thumb", "chosen")):
            assert component.grade == "C"


@pytest.mark.parametrize("name", [name for name in FILES if name != "digital"])
def test_a_process_has_all_values_in_their_units(name: str) -> None:
    check_process(shipped(name))
    assert set(shipped(name).components) <= set(PROCESS)


@pytest.mark.parametrize("name", list(TECHNOLOGIES))
def test_every_technology_has_its_process(name: str) -> None:
    assert process_of(TECHNOLOGIES[name]).name == TECHNOLOGIES[name].process
    check_process(process_of(TECHNOLOGIES[name]))


def test_an_own_technology_has_the_process_of_its_base(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "ecram"\n')
    assert process_of(technology(path)).name == "ecram130"
    path.write_text('base = "ecram"\nprocess = "cmos40"\n')
    assert process_of(technology(path)).name == "cmos40"
    path.write_text('base = "ecram"\nprocess = "gaas"\n')
    with pytest.raises(BadInput, match="process = 'gaas', use one of"):
        process_of(technology(path))


def test_a_technology_without_a_process_is_taken_for_65_nm_and_told_so() -> None:
    unknown = dataclasses.replace(TECHNOLOGIES["ecram"], process="")
    found = process_of(unknown)
    assert found.name == ASSUMED_PROCESS
    assert found.components == shipped("cmos65").components


def test_an_own_file_changes_a_few_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "cmos65"\n'
        'amplifier_area = { value = 1e-9, unit = "m^2", source = "own layout", grade = "A", year = 2026 }\n'
    )
    found = read_catalogue(path)
    assert found.name == "mine"
    assert found.value("amplifier_area") == 1e-9
    assert found["amplifier_area"].year == 2026
    assert found.value("cell_area") == shipped("cmos65").value("cell_area")
    check_process(found)


@pytest.mark.parametrize(("text", "said"), [
    ("node = 3.0", "node: must be a table"),
    ('node = { value = "x", unit = "m", source = "s", grade = "A" }', "node: value = 'x'"),
    ('node = { value = -1.0, unit = "m", source = "s", grade = "A" }', "node: value = -1.0"),
    ('node = { value = 1.0, unit = "m", grade = "A" }', "node: has no source"),
    ('node = { value = 1.0, unit = "m", source = "s", grade = "D" }', "node: grade = 'D'"),
    ('node = { value = 1.0, unit = "m", source = "s", grade = "A", x = 1 }', "node: unknown key 'x'"),
    ('base = "gaas"', "unknown cost catalogue 'gaas'"),
    ("node =", "not TOML"),
])  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        check_process(read_catalogue(path))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_value_and_a_wrong_unit_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('node = { value = 6e-8, unit = "m", source = "s", grade = "A" }')
    with pytest.raises(BadInput, match="missing cell_area"):
        check_process(read_catalogue(path))
    path.write_text('base = "cmos65"\nnode = { value = 65.0, unit = "nm", source = "s", grade = "A" }')
    with pytest.raises(BadInput, match="node is in 'nm', must be in 'm'"):
        check_process(read_catalogue(path))
    with pytest.raises(BadInput, match="no such file"):
        read_catalogue(tmp_path / "none.toml")

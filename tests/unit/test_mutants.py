"""What the mutation run changes (analysis/mutants.py), and which machine code it takes for stale."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "analysis"))
from mutants import sites
from mutation import mutate, remove_machine_code

SOURCE = '''
@kernel(cache=True)
def f(x: Vector[3], *, most: int = 4) -> Literal[5]:
    """Six."""
    for k in range(most):
        x[k] += x[1] * 0.5
    if not x[:most] and most < 7:
        raise BadInput(f"most = {most + 1}" + "!" * 8)
    return -x
'''


def test_behaviour_is_changed_and_messages_are_not() -> None:
    count = len(list(sites(ast.parse(SOURCE))))
    found = []
    for number in range(count):
        tree = ast.parse(SOURCE)
        site = list(sites(tree))[number]
        before = ast.unparse(site.node)
        site.change()
        found.append((site.kind, before, ast.unparse(site.node)))
    assert found == [
        ("constant", "4", "5"),
        ("index", "range(most)", "range(most - 1)"),
        ("operator", "x[k] += x[1] * 0.5", "x[k] -= x[1] * 0.5"),
        ("operator", "x[1] * 0.5", "x[1] / 0.5"),
        ("index", "1", "2"),
        ("constant", "0.5", "1.0"),
        ("boolean", "not x[:most] and most < 7", "not x[:most] or most < 7"),
        ("boolean", "not x[:most]", "not not x[:most]"),
        ("index", ":most", ":most + 1"),
        ("comparison", "most < 7", "most <= 7"),
        ("constant", "7", "8"),
        ("return", "return -x", "return None"),
        ("sign", "-x", "+x"),
    ]


def test_a_mutant_is_found_where_its_line_has_moved(tmp_path: Path) -> None:
    package = tmp_path / "analog_pc"
    (package / "__pycache__").mkdir(parents=True)
    place = {"path": "analog_pc/a.py", "line": 1, "column": 4, "nth": 1}
    record = {**place, "kind": "operator", "source": "b = c + d - e"}
    (package / "a.py").write_text("a = 1\n\nb = c + d - e\n")
    assert mutate(tmp_path, record)
    assert (package / "a.py").read_text() == "a = 1\nb = c - d - e\n"
    assert (record["before"], record["after"]) == ("c + d", "c - d")
    assert not mutate(tmp_path, record)


def test_machine_code_of_what_imports_a_changed_file_is_removed(tmp_path: Path) -> None:
    package = tmp_path / "analog_pc"
    (package / "__pycache__").mkdir(parents=True)
    sources = {"a": "", "b": "from analog_pc.a import f", "c": "from analog_pc import b", "d": "import numpy"}
    for name, text in sources.items():
        (package / f"{name}.py").write_text(text)
        (package / "__pycache__" / f"{name}.f-1.py311.nbi").touch()
    remove_machine_code(package, "analog_pc/b.py")
    assert sorted(path.name[0] for path in package.glob("__pycache__/*.nbi")) == ["a", "d"]
